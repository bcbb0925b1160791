"""The demo's clock: it starts on a past morning, runs faster than the wall, and becomes the wall clock on meeting it.

It is read, never waited for. The wall clock is injected.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from schemas.events import MINUTE_NS

HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS
BANK_ZONE = timezone(timedelta(hours=3))
WEEKEND = (4, 5)  # Friday and Saturday, as datetime.weekday counts
OPENING_HOUR = 9
SHORTEST_SPAN_NS = 3 * HOUR_NS


def last_opening(now_ns: int) -> int:
    """The last working day's 09:00 in the bank's zone, ns, at least three hours before `now_ns`.

    The live phase starts there, because trouble is best seen when all callers are at work.
    """
    day = datetime.fromtimestamp((now_ns - SHORTEST_SPAN_NS) // 1_000_000_000, BANK_ZONE)
    if day.hour < OPENING_HOUR:
        day -= timedelta(days=1)
    while day.weekday() in WEEKEND:
        day -= timedelta(days=1)
    opening = day.replace(hour=OPENING_HOUR, minute=0, second=0, microsecond=0)
    return int(opening.timestamp()) * 1_000_000_000


class Clock:
    """Simulated time, ns UTC: it stands at `start_ns` until `go()`, then runs `speed` simulated minutes a second.

    It never overtakes the wall clock; once they meet it is the wall clock.
    """

    def __init__(self, start_ns: int, speed: float = 1.0, wall: Callable[[], int] = time.time_ns) -> None:
        self.start_ns = start_ns
        self.speed = speed
        self._wall = wall
        self._begun: int | None = None

    def go(self) -> None:
        """Start to run."""
        self._begun = self._wall()

    def now_ns(self) -> int:
        """What time it is in the bank."""
        if self._begun is None:
            return self.start_ns
        wall = self._wall()
        return min(wall, self.start_ns + int((wall - self._begun) * self.speed * 60))
