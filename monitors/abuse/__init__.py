"""Abuse of access, one module each: who uses a model as nobody does, whatever is asked of it?

Every kind compares one principal with what principals of this model did within the last week, by rank: p is
(1 + as many as did so much) / (1 + all that were looked at). That holds whatever the law of their volumes is, as long
as the principal could be any of them; and it is never smaller than one in those looked at, so none of these opens a
ticket by itself: back-fills, late jobs and new partners do all of it. `allowed` is where one false suspicion a week of
a kind is expected, before its rule asks how large the effect is. No budget of tickets or pages is spent.

A kind has a `METRIC` and `seen(access)`. A new one is a new file here; kinds do not import each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pkgutil import iter_modules
from statistics import median
from typing import Any, Protocol, cast

from monitors.activity import Activity

DAY = 24
WEEK = 7 * DAY
SURE = 0.05  # p beyond which nobody is suspected, however seldom such a thing is looked at


@dataclass(frozen=True, slots=True)
class Found:
    """What was seen of one principal: `value` against `expected`, `n` events; suspected where p is within `allowed`."""

    metric: str
    principal: str
    n: int
    value: float
    expected: float
    p: float
    allowed: float
    effect: float
    why: str
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Access:
    """Who asked a model version in a pane, beside its last week. Hours are counted since 1970.

    `asked`: of the pane, events, unusual and failed ones of each; `known` and `failed`: with this pane, the events and
    the failed ones of each by hour. `contacts`: the models that a principal has just asked for the first time.
    `elsewhere`: who was heard by other versions of the model, one mapping for each of these.
    """

    hour: int
    first_hour: int  # when the model was first heard
    asked: Mapping[str, Sequence[int]]
    known: Mapping[str, Activity]
    failed: Mapping[str, Mapping[int, int]]
    contacts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    others_contacts: Sequence[int] = ()  # of each other principal, how many models it asked first within one hour
    elsewhere: Sequence[Mapping[str, Activity]] = ()

    def moved(self, principal: str) -> set[int]:
        """Hours at which other versions heard it: with a release clients move on, and are who they were."""
        return {hour for known in self.elsewhere if principal in known for hour in known[principal].hours}

    @cached_property
    def busiest(self) -> dict[str, int]:
        """The busiest hour of everybody who is known for a day."""
        return {
            name: max(activity.hours.values())
            for name, activity in self.known.items()
            if activity.hours and began(activity) <= self.hour - DAY
        }

    def heavy(self, metric: str, principal: str, many: int, own: int, before: int, what: str) -> Found:
        """`many` events within an hour, against the busiest hours of others and its `own` busiest one until now.

        `before`: how many were looked at for the same within the week.
        """
        others = [most for name, most in self.busiest.items() if name != principal]
        usual = max(own, median(others)) if others else float(own)
        p, allowed = rank(many, others), min(SURE, 1 / (1 + before))
        why = (
            f"{many} events within an hour, {what}; {sum(o >= many for o in others)} of {len(others)} ever had as many"
        )
        return Found(metric, principal, many, many, usual, p, allowed, many / usual if usual else 0.0, why)


class Kind(Protocol):
    """What every module of this folder offers."""

    METRIC: str

    def seen(self, access: Access) -> Iterable[Found]:
        """Who is looked at in this pane, suspected or not."""


def began(activity: Activity) -> int:
    """The first hour that is remembered."""
    return next(iter(activity.hours))


def rank(value: float, others: Iterable[float]) -> float:
    """The chance that one of so many alike has as much as `value`, whatever their law is.

    >>> rank(5, [1, 2, 9])
    0.5
    """
    seen = list(others)
    return (1 + sum(other >= value for other in seen)) / (1 + len(seen))


KINDS: tuple[Kind, ...] = tuple(
    cast(Kind, import_module(f"{__name__}.{name}")) for name in sorted(m.name for m in iter_modules(__path__))
)
METRICS = tuple(kind.METRIC for kind in KINDS)
