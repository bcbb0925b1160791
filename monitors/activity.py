"""How often somebody is heard: events per hour over the last week, and from it how surprising a silence is.

The rate expected now is the lowest hourly rate seen around the same hour of day on any day of the last week, so that
nights, weekends and holidays do not look like silence. It needs one full day; before that the answer is None.
"""

from __future__ import annotations

from dataclasses import dataclass, field

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
        if len(self.hours) > KEPT:
            for old in [h for h in self.hours if h < hour - KEPT]:
                del self.hours[old]

    def rate_per_minute(self, hour: int, first_hour: int) -> float | None:
        """Lowest rate around this hour of the day over the days since `first_hour`; None before a day has passed."""
        rates = []
        for day in range(1, 8):
            for near in (-1, 0, 1):
                then = hour - 24 * day + near
                if first_hour < then < hour:
                    rates.append(self.hours.get(then, 0) / 60)
        return min(rates) if rates else None
