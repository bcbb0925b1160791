"""Which receivers an incident goes to: by team, level, model, criticality, family, and the time of day. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from schemas.incidents import Incident
from schemas.modelinfo import ModelInfo
from schemas.receivers import DAYS, HOURS, Receiver, Route

MINUTE_NS = 60_000_000_000
DAY_MINUTES = 1440


def routed(
    incident: Incident,
    infos: Iterable[ModelInfo],
    routes: tuple[Route, ...],
    receivers: Mapping[str, Receiver],
    now_ns: int,
) -> tuple[str, ...]:
    """Names of receivers, each once, in the order of the routes. `infos` are of its models."""
    known = tuple(infos)
    if not routes:
        routes = (Route(receivers=tuple(receivers)),)
    found: dict[str, None] = {}
    for route in routes:
        if takes(route, incident, known, now_ns):
            found |= dict.fromkeys(route.receivers)
    return tuple(found)


def takes(route: Route, incident: Incident, infos: tuple[ModelInfo, ...], now_ns: int) -> bool:
    """Whether all that the route names fits."""
    return (
        incident.level in route.levels
        and (not route.teams or any(info.team in route.teams for info in infos))
        and (not route.criticality or any(info.criticality in route.criticality for info in infos))
        and (not route.families or incident.family in route.families)
        and (not route.models or any(fnmatchcase(m, p) for m in incident.models for p in route.models))
        and in_time(route, now_ns)
    )


def in_time(route: Route, now_ns: int) -> bool:
    """Whether the time of day and the day of the week fit; the day is that on which the hours began."""
    minutes = now_ns // MINUTE_NS
    minute, day = minutes % DAY_MINUTES, minutes // DAY_MINUTES
    found = HOURS.fullmatch(route.hours)
    if found:
        first, last = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
        over = last <= first
        if not (first <= minute < last or (over and (minute >= first or minute < last))):
            return False
        day -= over and minute < last
    # 1970-01-01 was a Thursday.
    return not route.days or DAYS[(day + 3) % 7] in route.days
