"""A `Page`: what a receiver is told of one incident, and the `Answer` it gives.

Every text in it is cleaned (`monitors.pagetext`): no raw text from logs. `key` is the same for every page of an
incident, so that a receiver can tell a repetition from news.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

TRIGGER, UPDATE, ACKNOWLEDGED, RESOLVE = "trigger", "update", "acknowledge", "resolve"
REMINDER, ESCALATION, HEARTBEAT, UNDELIVERED = "reminder", "escalation", "heartbeat", "undelivered"
REPORT = "report"  # a weekly report by mail: no page, and no incident
SPREAD = "spread"  # an update that no receiver is spared: it reached other models
KINDS = (TRIGGER, UPDATE, SPREAD, ACKNOWLEDGED, RESOLVE, REMINDER, ESCALATION, HEARTBEAT, UNDELIVERED)
CRITICAL, HIGH, MEDIUM, LOW = "critical", "high", "medium", "low"
SEVERITIES = (LOW, MEDIUM, HIGH, CRITICAL)
ACCEPTED, AGAIN, NEVER, HELD = "accepted", "again", "never", "held"


class Answer(NamedTuple):
    """`again`: the same page may be accepted later, after at least `after` seconds if that is known.

    `reached` is False where nobody was there to answer, so that nothing else need be tried there now.
    """

    word: str
    detail: str = ""
    after: float | None = None
    reached: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    """One thing to tell. Times are ns UTC; `resolved_ns` None while it is open."""

    key: str
    number: int
    kind: str
    line: str  # one line: what, on which model, how sure, since when, how big, what to do first, where to look
    title: str  # the first part of it
    severity: str
    level: str
    model: str
    models: int
    alerts: int
    team: str
    owner: str
    rule: str
    family: str
    technique: str
    first_step: str
    url: str
    opened_ns: int
    at_ns: int
    resolved_ns: int | None
    p: float | None = None
    effect: float | None = None
    n: int = 0
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Whether a receiver may close what it opened."""
        return self.kind == RESOLVE
