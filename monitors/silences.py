"""Which act keeps an incident from being told: a silence or a maintenance window in force. Pure.

The newest act on the same subject counts, so `unsilence` ends what came before it. A maintenance window says that
troubles are expected; an attack is told all the same. A pattern of models must fit every model of an incident.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from schemas.actions import MAINTENANCE, SILENCE, UNSILENCE, Action, window_of
from schemas.alerts import ATTACKS
from schemas.incidents import Incident

KEEPING = (SILENCE, MAINTENANCE)


def in_force(actions: Iterable[Action], now_ns: int) -> list[Action]:
    """Silences and maintenance windows that hold at `now_ns`, the oldest first."""
    last: dict[tuple[str, str], Action] = {}
    for each in sorted(actions, key=lambda a: (a.at_ns, a.id)):
        if each.action in (*KEEPING, UNSILENCE):
            last[each.kind, each.subject] = each
    return [a for a in last.values() if a.action in KEEPING and holds(a, now_ns)]


def holds(action: Action, now_ns: int) -> bool:
    """Whether its time is now."""
    first, last = window_of(action.value)
    return first <= now_ns < last


def silenced(incident: Incident, held: Iterable[Action]) -> Action | None:
    """The act that keeps this incident from being told, of those in force; None if none does."""
    for each in held:
        if each.action == MAINTENANCE and incident.family in ATTACKS:
            continue
        fits = {
            "incident": incident.id == each.subject,
            "model": all(fnmatchcase(model, each.subject) for model in incident.models),
            "rule": fnmatchcase(incident.rule, each.subject),
        }
        if fits.get(each.kind, False):
            return each
    return None
