"""How much reason there is to look at one principal: points of the alerts that name it, which fade with time.

An alert gives points by the level it reached; they halve every week. Who was named for several techniques has tried
more than one thing, so each further one adds half of all points again. The sum lies in [0, 1): 1 - exp(-points / 10).

It is an order in which to look, no probability: the levels' error rates are those of the alerts. It knows only what was
alerted, so whoever is quiet has none, and a principal that was named falsely keeps the points until they fade, unless a
person closed the alert as false or expected: then it has none of it.

Source: risk-based alerting as SIEMs have it; weights and half-life are ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp

from schemas.actions import EXPECTED, FALSE_ALARM
from schemas.alerts import PAGE, SUSPECTED, TICKET

POINTS = {SUSPECTED: 1.0, TICKET: 4.0, PAGE: 10.0}
HALF_NS = 7 * 86_400 * 1_000_000_000
FURTHER = 0.5  # of all points, for every technique beyond the first
SCALE = 10.0
HARMLESS = (EXPECTED, FALSE_ALARM)  # verdicts of people


@dataclass(frozen=True, slots=True)
class Named:
    """One alert that names a principal. `at_ns` is when it last had evidence; `verdict` a person's, or ""."""

    level: str
    family: str
    technique: str
    at_ns: int
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Risk:
    """`value` in [0, 1); `points` are what is left of all alerts' today, before techniques."""

    value: float
    points: float
    techniques: tuple[str, ...]
    alerts: int


def risk(named: Iterable[Named], now_ns: int) -> Risk:
    """Of one principal, in whatever order. Evidence of the future counts as of now.

    >>> day = 86_400 * 1_000_000_000
    >>> one = Named("ticket", "evasion", "AML.T0043", 0)
    >>> round(risk([one], 0).value, 2), round(risk([one], 7 * day).value, 2)
    (0.33, 0.18)
    """
    counted = [each for each in named if each.verdict not in HARMLESS]
    points = sum(POINTS.get(each.level, 0.0) * 0.5 ** (max(0, now_ns - each.at_ns) / HALF_NS) for each in counted)
    techniques = tuple(sorted({each.technique or each.family for each in counted}))
    spread = points * (1 + FURTHER * max(0, len(techniques) - 1))
    return Risk(1 - exp(-spread / SCALE), points, techniques, len(counted))
