"""How often rules fired: each alert once, at the highest level it reached, in the week in which it reached it.

The same count is made of alerts as they were recorded and of those that other rules would have given, so that the two
can stand side by side. It counts; it does not say which is better.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from monitors.week import week_of
from schemas.alerts import LEVELS


class Told(NamedTuple):
    """One transition of an alert, as far as counting needs it. `level` is the level after it, or "resolved"."""

    id: str
    rule: str
    model: str
    at_ns: int
    level: str
    summary: str


class Count(NamedTuple):
    """How many alerts of a rule reached a level in a week: with other rules, and as it was."""

    week_ns: int
    rule: str
    level: str
    would: int
    was: int


def highest(told: Iterable[Told], since_ns: int, until_ns: int) -> dict[str, Told]:
    """Of each alert the transition that first brought it to its highest level, if that lies in the time asked for.

    What came at `until_ns` or later has not happened yet.
    """
    reached: dict[str, Told] = {}
    for each in sorted(told, key=lambda one: (one.at_ns, one.id)):
        if each.at_ns >= until_ns or each.level not in LEVELS:
            continue
        before = reached.get(each.id)
        if before is None or LEVELS.index(each.level) > LEVELS.index(before.level):
            reached[each.id] = each
    return {id: each for id, each in reached.items() if each.at_ns >= since_ns}


def side_by_side(would: Mapping[str, Told], was: Mapping[str, Told]) -> list[Count]:
    """Per week, rule and level; sorted by week, then the most serious first."""
    counted = [Counter((week_of(t.at_ns), t.rule, t.level) for t in side.values()) for side in (would, was)]
    keys = sorted({*counted[0], *counted[1]}, key=lambda key: (key[0], -LEVELS.index(key[2]), key[1]))
    return [Count(*key, counted[0][key], counted[1][key]) for key in keys]


def totals(counts: Iterable[Count]) -> list[Count]:
    """The same over all weeks, per rule and level; `week_ns` is 0."""
    would: Counter[tuple[str, str]] = Counter()
    was: Counter[tuple[str, str]] = Counter()
    for count in counts:
        would[count.rule, count.level] += count.would
        was[count.rule, count.level] += count.was
    keys = sorted({*would, *was}, key=lambda key: (-LEVELS.index(key[1]), key[0]))
    return [Count(0, *key, would[key], was[key]) for key in keys]
