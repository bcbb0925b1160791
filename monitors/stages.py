"""What the pager does with an incident: a list of stages, read from top to bottom. Pure.

Each stage looks at the `Case` and either decides, with a reason, or lets it pass (None):

    silence  nobody is told while a silence or a maintenance window holds; what ends is
    group    what was told under another id is ended, and told once
    wait     a moment, so that what breaks together is told together
    repeat   the first time, what is worse, what is over, what spreads, what nobody acknowledges; all else is an update

`route` (monitors.routing) and `deliver` (streams.delivering) follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from schemas.actions import Action, window_of
from schemas.alerts import LEVELS, PAGE, WITHDRAWN
from schemas.incidents import MERGED, Incident
from schemas.pages import ACKNOWLEDGED, ESCALATION, REMINDER, RESOLVE, SPREAD, TRIGGER, UPDATE

NOTHING = ""
YOUNG_NS = 10 * 60 * 1_000_000_000


@dataclass(slots=True)
class Case:
    """An incident and what the pager did with it. Times are the pager's own, ns."""

    incident: Incident
    known_ns: int
    told_ns: int | None = None  # when it was last told loudly; None: never
    told_number: int = -1
    told_level: str = ""
    first_told_ns: int | None = None
    ended: bool = False  # its end was told
    escalated: bool = False
    acknowledged: str = ""  # by whom
    told_acknowledged: bool = False
    verdict: str = ""
    held: Action | None = None

    @property
    def over(self) -> bool:
        """Whether nobody need care any more."""
        return not self.incident.open or bool(self.verdict)


class Pace(NamedTuple):
    """How patient the pager is, ns; 0 turns repeating or escalating off."""

    wait_ns: int
    repeat_ns: int
    escalate_ns: int


class Decision(NamedTuple):
    """`kind` of page to send now, or NOTHING; why; and when to look again by itself, if ever."""

    kind: str
    reason: str
    again_ns: int | None = None


def decide(case: Case, pace: Pace, now_ns: int) -> Decision:
    """The first stage that decides."""
    for stage in STAGES:
        found = stage(case, pace, now_ns)
        if found is not None:
            return found
    return Decision(NOTHING, "nothing is new", _next(case, pace))


def silence(case: Case, pace: Pace, now_ns: int) -> Decision | None:
    """Kept back while a person said so, except the end of what was told."""
    if case.held is None or (case.told_ns is not None and case.over):
        return None
    return Decision(NOTHING, f"{case.held.action} by {case.held.actor}", window_of(case.held.value)[1])


def group(case: Case, pace: Pace, now_ns: int) -> Decision | None:
    """An incident that became part of another one is told under that one's id."""
    if case.incident.state == MERGED and case.told_ns is None:
        return Decision(NOTHING, f"told as {case.incident.merged}")
    return None


def wait(case: Case, pace: Pace, now_ns: int) -> Decision | None:
    """A first page waits a moment for what belongs to it."""
    until = case.known_ns + pace.wait_ns
    if case.told_ns is None and now_ns < until:
        return Decision(NOTHING, "waits for what belongs to it", until)
    return None


def repeat(case: Case, pace: Pace, now_ns: int) -> Decision | None:
    """Whether there is something to say, and how loudly."""
    # It has never been told: also what is over by now, because it was.
    if case.told_ns is None:
        return Decision(TRIGGER, "first page", now_ns)
    # It is over, and that was not told.
    if case.over:
        return None if case.ended else Decision(RESOLVE, _end(case))
    # It is open again after its end was told, or worse than it was told.
    if case.ended:
        return Decision(TRIGGER, "open again", now_ns)
    if LEVELS.index(case.incident.level) > LEVELS.index(case.told_level):
        return Decision(TRIGGER, f"raised from {case.told_level} to {case.incident.level}", now_ns)
    # Whoever was told of one model does not know of an outage; but a page so young is still being answered.
    if case.incident.grown > case.told_number and now_ns - case.told_ns > YOUNG_NS:
        return Decision(TRIGGER, case.incident.reason, now_ns)
    if case.acknowledged and not case.told_acknowledged:
        return Decision(ACKNOWLEDGED, f"{case.acknowledged} looks into it", now_ns)
    # It reached other models: a receiver that knows no keys would not hear of them as an update.
    if case.incident.spread > case.told_number:
        return Decision(SPREAD, case.incident.reason, now_ns)
    # Something changed that wakes nobody.
    if case.incident.number > case.told_number:
        return Decision(UPDATE, case.incident.reason, now_ns)
    if case.acknowledged or case.incident.level != PAGE:
        return None
    # Nobody has acknowledged a page for so long.
    first = case.first_told_ns if case.first_told_ns is not None else case.told_ns
    if pace.escalate_ns and not case.escalated and now_ns >= first + pace.escalate_ns:
        return Decision(ESCALATION, "nobody has acknowledged it", now_ns)
    if pace.repeat_ns and now_ns >= case.told_ns + pace.repeat_ns:
        return Decision(REMINDER, "still open, and nobody has acknowledged it", now_ns + pace.repeat_ns)
    return None


def _end(case: Case) -> str:
    """Why nobody need care any more."""
    if case.incident.state == MERGED:
        return f"it is part of {case.incident.merged} now"
    if case.incident.early == WITHDRAWN:
        return case.incident.reason
    return f"closed: {case.verdict}" if case.verdict else "all its alerts have resolved"


STAGES = (silence, group, wait, repeat)


def _next(case: Case, pace: Pace) -> int | None:
    """When a page that nobody acknowledges is told again, or to others."""
    if case.over or case.acknowledged or case.incident.level != PAGE or case.told_ns is None:
        return None
    first = case.first_told_ns if case.first_told_ns is not None else case.told_ns
    times = [case.told_ns + pace.repeat_ns] if pace.repeat_ns else []
    if pace.escalate_ns and not case.escalated:
        times.append(first + pace.escalate_ns)
    return min(times, default=None)
