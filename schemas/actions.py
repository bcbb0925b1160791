"""An `Action`: what a person did to something that is stored, who it was and why. Written once, never changed.

| action | kind and subject | value |
|---|---|---|
| approve | baseline, rule, incident: its id | – |
| acknowledge | incident: its id | – |
| verdict | incident or alert: its id | one of VERDICTS |
| note | incident or alert: its id | – |
| silence | incident (id), model or rule (a pattern) | `from..until`, ns: nobody is told meanwhile |
| maintenance | model (a pattern) | `from..until`, ns: troubles are expected, attacks are told all the same |
| reveal | principal: its name or pseudonym | how many texts, or names, were shown |
| reveal | alert: its id | how many masked excerpts its page showed |
| open | report: its kind, model and week or incident | – |
| export | evidence: its period; audit: chain | – |
| erase | principal: its name | how many keys were deleted |
| rewrap | master: name of the new master key | how many keys were wrapped again |
| push | grafana: its address | `done`, `kept` (what was edited by hand) or `failed`; version; hash of what it ships |
| unsilence | as the silence or maintenance that it ends | – |
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

from schemas.errors import UsageError, unknown

APPROVE, ACKNOWLEDGE, VERDICT, NOTE = "approve", "acknowledge", "verdict", "note"
REVEAL, ERASE, REWRAP, EXPORT, OPENED = "reveal", "erase", "rewrap", "export", "open"
ACCESS = (REVEAL, ERASE, REWRAP, EXPORT, OPENED)  # what touches stored data of persons, or takes evidence away
PUSH, DONE, KEPT, FAILED = "push", "done", "kept", "failed"
SILENCE, MAINTENANCE, UNSILENCE = "silence", "maintenance", "unsilence"
REAL = ("attack", "drift", "fault")
EXPECTED, FALSE_ALARM = "expected", "false alarm"
VERDICTS = (*REAL, EXPECTED, FALSE_ALARM)
LONGEST_NAME, LONGEST_REASON = 256, 4096


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
        return blake2b("\x1f".join(parts).encode("utf-8", "replace"), digest_size=8).hexdigest()


def act(at_ns: int, action: str, kind: str, subject: str, *, actor: str, reason: str, value: str = "") -> Action:
    """An act that says who and why. Raises UsageError where one of them is empty or too long."""
    actor, reason = actor.strip(), reason.strip()
    for what, text, longest in (("name", actor, LONGEST_NAME), ("reason", reason, LONGEST_REASON)):
        if not text:
            raise UsageError(f"the {what} is empty; say who does this, and why: it is kept with the {kind}")
        if len(text) > longest:
            raise UsageError(f"the {what} has {len(text):,} characters; at most {longest:,} are kept")
    if action == VERDICT and value not in VERDICTS:
        raise UsageError(unknown("verdict", value, VERDICTS))
    return Action(at_ns, action, kind, subject, actor, reason, value)


def closing(at_ns: int, incident: str, alerts: Iterable[str], *, actor: str, reason: str, value: str) -> list[Action]:
    """The verdict on an incident, and the same one on each of its alerts: what their like is counted by."""
    subjects = [("incident", incident), *(("alert", id) for id in alerts)]
    return [act(at_ns, VERDICT, kind, id, actor=actor, reason=reason, value=value) for kind, id in subjects]


def window(from_ns: int, until_ns: int) -> str:
    """The value of a silence or maintenance. Raises UsageError where it would end before it begins."""
    if until_ns <= from_ns:
        raise UsageError("it would end before it begins; give an end that lies later")
    return f"{from_ns}..{until_ns}"


def window_of(value: str) -> tuple[int, int]:
    """The time a silence or maintenance says; empty where it says none.

    >>> window_of("5..9"), window_of("soon")
    ((5, 9), (0, 0))
    """
    first, _, last = value.partition("..")
    try:
        return int(first), int(last)
    except ValueError:
        return 0, 0
