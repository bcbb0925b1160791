"""An `Incident`: alerts that belong together, as they stand; what a person is paged with.

`monitors.incidents` makes them, `streams.correlating` numbers their changes. Times are event time, ns UTC.
"""

from __future__ import annotations

from dataclasses import dataclass

OPEN, OVER, MERGED = "open", "resolved", "merged"
SELF = "self-"  # what ids of incidents begin with that are about Mirqab or about what models are, not their traffic
MANY = 3  # models from which on it is another thing than the trouble of one
STATES = (OPEN, OVER, MERGED)
ALERT, RELEASE, SCHEMA, SILENCE, PRINCIPAL, SHARED = "alert", "release", "schema", "silence", "principal", "shared"
CAUSES = {
    SCHEMA: "inputs changed their shape",
    SILENCE: "logs fell silent",
    RELEASE: "a new version was released",
    PRINCIPAL: "one principal, several alerts",
    SHARED: "several models at once",
    ALERT: "one model",
}


@dataclass(frozen=True, slots=True)
class Incident:
    """Alerts that belong together. `lead` is the alert that says it best; `explained` are those its cause explains."""

    id: str
    state: str  # open, resolved, or merged: into `merged`, when an alert that came late tied two together
    level: str  # ticket or page: the highest of its alerts
    cause: str  # one of CAUSES
    family: str  # of the lead
    rule: str  # of the lead
    model: str  # of the lead
    lead: str
    alerts: tuple[str, ...]
    explained: tuple[str, ...]
    models: tuple[str, ...]
    principals: tuple[str, ...]
    opened_ns: int
    updated_ns: int
    resolved_ns: int | None
    title: str
    p: float | None
    effect: float | None
    n: int
    reason: str = ""  # what this change was
    number: int = 0  # of this change: 0, 1, 2, …
    merged: str = ""
    spread: int = 0  # the last change in which it reached models that were not in it before
    early: str = ""  # told: it rests on what was told before its minute closed; withdrawn: that did not hold
    grown: int = 0  # the change in which it reached MANY models; 0 if it began so, or has not

    @property
    def open(self) -> bool:
        """Whether somebody should still care."""
        return self.state == OPEN
