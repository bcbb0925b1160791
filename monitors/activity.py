"""How often somebody is heard: events and pauses per hour over the last week, and how surprising a silence is.

Who is heard in bursts (batch jobs) pauses for long between them however many events a burst has; so a silence is as
likely as the likelier of two things: no event of a steady stream, and a pause that goes on minute after minute as
pauses have done. What is expected now is the lowest hourly count around the same hour of day on any day of the last
week, so that nights, weekends and holidays do not look like silence. Before a week has been seen nobody knows the
weekend: then it is the lowest count of any hour so far, which watches only those who never pause. Before a day the
answer is None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp

from monitors.week import HOUR_NS
from schemas.events import MINUTE_NS

Pauses = list[tuple[int, int, int]]  # hour, silent minutes that ended in it, in how many pauses
WrittenActivity = tuple[list[tuple[int, int]], int, Pauses]  # hour and events; last_ns
KEPT = 7 * 24 + 1  # hours: the same hour a week ago, and the one before it


@dataclass(slots=True)
class Activity:
    """Events per hour, by hours since 1970. `last_ns` is the end of the last minute that had any.

    `pauses` has per hour the silent minutes of the pauses that ended in it, and how many pauses those were.
    """

    hours: dict[int, int] = field(default_factory=dict)
    last_ns: int = 0
    pauses: dict[int, tuple[int, int]] = field(default_factory=dict)

    def heard(self, minute_ns: int) -> None:
        """A minute had events; minutes come in order, and may come more than once."""
        silent = (minute_ns - self.last_ns) // MINUTE_NS
        if self.last_ns and silent > 0:
            hour = minute_ns // HOUR_NS
            minutes, times = self.pauses.get(hour, (0, 0))
            self.pauses[hour] = minutes + silent, times + 1
        self.last_ns = max(self.last_ns, minute_ns + MINUTE_NS)

    def add(self, hour: int, events: int, end_ns: int) -> None:
        """Count events of a pane that lies in `hour`; forget what is older than is asked for."""
        if events:
            self.hours[hour] = self.hours.get(hour, 0) + events
            self.last_ns = max(self.last_ns, end_ns)
        if len(self.hours) > KEPT and next(iter(self.hours)) < hour - KEPT:  # they stand in order of time
            for old in [h for h in self.hours if h < hour - KEPT]:
                del self.hours[old]
        if len(self.pauses) > KEPT and next(iter(self.pauses)) < hour - KEPT:
            for old in [h for h in self.pauses if h < hour - KEPT]:
                del self.pauses[old]

    def dump(self) -> WrittenActivity:
        """Plain data, sorted."""
        return sorted(self.hours.items()), self.last_ns, [(h, *each) for h, each in sorted(self.pauses.items())]

    @staticmethod
    def load(written: WrittenActivity) -> Activity:
        return Activity(dict(written[0]), written[1], {hour: (minutes, times) for hour, minutes, times in written[2]})

    def lowest_per_hour(self, hour: int, first_hour: int) -> int | None:
        """The lowest hourly count that is usual at this hour, over the full hours since `first_hour`."""
        seen = hour - first_hour - 1
        if seen < 24:
            return None
        if seen < 7 * 24:
            full = [count for then, count in self.hours.items() if first_hour < then < hour]
            return min(full) if len(full) == seen else 0
        return min(self.hours.get(then, 0) for then in _around(hour, first_hour))

    def surprise(self, minutes: float, usual: int, hour: int, first_hour: int) -> float:
        """The chance of a silence so long, where `usual` is the lowest hourly count."""
        steady = (60 / (60 + minutes)) ** usual
        known = [self.pauses[then] for then in _around(hour, first_hour) if then in self.pauses]
        silent, times = sum(each[0] for each in known), sum(each[1] for each in known)
        # Of the silent minutes so far, how many were followed by another; one more as a steady stream would have it.
        goes_on = (silent - times + exp(-usual / 60)) / (silent + 1)
        return float(max(steady, goes_on ** max(0.0, minutes - 1)))


def _around(hour: int, first_hour: int) -> Sequence[int]:
    """The same hour, the one before and the one after, of each day of the last week; before a week, all hours."""
    if hour - first_hour - 1 < 7 * 24:
        return range(first_hour + 1, hour + 1)
    around = (hour - 24 * day + near for day in range(1, 8) for near in (-1, 0, 1))
    return [then for then in around if first_hour < then < hour]
