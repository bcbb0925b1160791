"""An `Action`: what a person did to something that is stored, who it was and why. Written once, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

APPROVE = "approve"


@dataclass(frozen=True, slots=True)
class Action:
    """One act. `kind` and `subject` say on what, such as ("baseline", its id); `value` what was chosen, if anything."""

    at_ns: int
    action: str
    kind: str
    subject: str
    actor: str
    reason: str
    value: str = ""

    @property
    def id(self) -> str:
        """Hash of all of it."""
        parts = (str(self.at_ns), self.action, self.kind, self.subject, self.actor, self.reason, self.value)
        return blake2b("\x1f".join(parts).encode(), digest_size=8).hexdigest()
