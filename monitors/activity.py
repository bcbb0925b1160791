"""How often somebody is heard: events per hour over the last week, and from it how surprising a silence is.

What is expected now is the lowest hourly count around the same hour of day on any day of the last week, so that
nights, weekends and holidays do not look like silence. Before a week has been seen nobody knows the weekend: then it is
the lowest count of any hour so far, which watches only those who never pause. Before a day the answer is None.
"""

from __future__ import annotations

from dataclasses import dataclass, field

WrittenActivity = tuple[list[tuple[int, int]], int]  # hour and events; last_ns
KEPT = 7 * 24 + 1  # hours: the same hour a week ago, and the one before it


@dataclass(slots=True)
class Activity:
    """Events per hour, by hours since 1970. `last_ns` is the end of the last minute that had any."""

    hours: dict[int, int] = field(default_factory=dict)
    last_ns: int = 0

    def add(self, hour: int, events: int, end_ns: int) -> None:
        """Count events of a pane that lies in `hour`; forget what is older than is asked for."""
        if events:
            self.hours[hour] = self.hours.get(hour, 0) + events
            self.last_ns = max(self.last_ns, end_ns)
        if len(self.hours) > KEPT and next(iter(self.hours)) < hour - KEPT:  # they stand in order of time
            for old in [h for h in self.hours if h < hour - KEPT]:
                del self.hours[old]

    def dump(self) -> WrittenActivity:
        """Plain data, sorted."""
        return sorted(self.hours.items()), self.last_ns

    @staticmethod
    def load(written: WrittenActivity) -> Activity:
        return Activity(dict(written[0]), written[1])

    def lowest_per_hour(self, hour: int, first_hour: int) -> int | None:
        """The lowest hourly count that is usual at this hour, over the full hours since `first_hour`."""
        seen = hour - first_hour - 1
        if seen < 24:
            return None
        if seen < 7 * 24:
            full = [count for then, count in self.hours.items() if first_hour < then < hour]
            return min(full) if len(full) == seen else 0
        around = (hour - 24 * day + near for day in range(1, 8) for near in (-1, 0, 1))
        return min(self.hours.get(then, 0) for then in around if first_hour < then < hour)
