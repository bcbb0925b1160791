"""A principal that was silent for a week or more, and now asks more than anybody does, itself included.

The busier of its first two hours after the silence against the busiest hour of each of the others, and its own. Who
asked another version of the model meanwhile did not sleep.

Blind spots. Whoever wakes gently, or at another version first, or slept for less than a week; principals that
were forgotten because more are heard than are counted by name. The second month-end of a client is quiet, its
first is not.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from monitors.abuse import WEEK, Access, Found
from monitors.activity import Activity

METRIC = "abuse.woken"


def seen(access: Access) -> Iterable[Found]:
    """Those of this pane whom nobody had heard for a week until the last two hours."""
    woken = [name for name in sorted(access.asked) if name in access.known and _slept(access.known[name], access.hour)]
    week = range(access.hour - WEEK + 1, access.hour - 1)
    woken = [name for name in woken if access.moved(name).isdisjoint(week)]
    before = sum(_woke(activity, access.hour) for activity in access.known.values()) if woken else 0
    for name in woken:
        hours = access.known[name].hours
        many = max(count for hour, count in hours.items() if hour >= access.hour - 1)
        own = max(count for hour, count in hours.items() if hour < access.hour - 1)
        silent = access.hour - max(hour for hour in hours if hour < access.hour - 1)
        yield access.heavy(METRIC, name, many, own, before, f"silent for {silent // 24} days before")


def _slept(activity: Activity, hour: int) -> bool:
    earlier = [then for then in activity.hours if then < hour - 1]
    return bool(earlier) and earlier[-1] <= hour - WEEK and earlier[-1] != next(reversed(activity.hours))


def _woke(activity: Activity, hour: int) -> bool:
    """Whether it came back after a week within the last one, before the last two hours."""
    return any(a <= b - WEEK and hour - WEEK <= b < hour - 1 for a, b in pairwise(activity.hours))
