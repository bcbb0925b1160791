"""Hours of a week as people keep it: which days are free, which dates are holidays, and how far the clock is from UTC.

No time zones with summer time: an offset that changes moves every hour of the week by one, twice a year.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache

from schemas.days import DAYS, Days
from schemas.events import MINUTE_NS

HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS
WEEK_NS = 7 * DAY_NS
PROFILE_NS = 6 * HOUR_NS  # from one profile to the next; what closed since is judged again at a start
MONDAY_NS = 4 * DAY_NS  # 1970-01-05 was a Monday
WEEK_HOURS = 168
EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday


def week_of(at_ns: int) -> int:
    """Start of the week, Monday 00:00 UTC."""
    return (at_ns - MONDAY_NS) // WEEK_NS * WEEK_NS + MONDAY_NS


class Calendar:
    """`weekend` are names of days, `holidays` dates as 2026-03-20, `utc_offset` hours east of Greenwich.

    Raises ValueError that names the day or date it cannot read.
    """

    def __init__(self, weekend: Iterable[str], holidays: Iterable[str], utc_offset: float) -> None:
        wrong = [name for name in weekend if name not in DAYS]
        if wrong:
            raise ValueError(f"weekend holds {wrong[0]!r}; days are {', '.join(DAYS)}")
        if not -14 <= utc_offset <= 14:
            raise ValueError(f"utc_offset is in hours, from -14 to 14, not {utc_offset}")
        self.free = {DAYS.index(name) for name in weekend}
        self.holidays = {_days(text) for text in holidays}
        self.offset_ns = round(utc_offset * HOUR_NS)

    @staticmethod
    def of(days: Days) -> Calendar:
        """The calendar of the settings."""
        return Calendar(days.weekend, days.holidays, days.utc_offset)

    def hour(self, at_ns: int) -> tuple[int | None, tuple[bool, int]]:
        """Hour of the week (0 is Monday midnight; None on a holiday), and (is it a free day, hour of the day).

        >>> Calendar(("friday", "saturday"), ("1970-01-05",), 0.0).hour(25 * HOUR_NS)
        (97, (True, 1))
        """
        hours = (at_ns + self.offset_ns) // HOUR_NS
        day, hour = divmod(hours, 24)
        weekday = (day + EPOCH_WEEKDAY) % 7
        if day in self.holidays:
            return None, (True, hour)
        return weekday * 24 + hour, (weekday in self.free, hour)


@cache
def _days(text: str) -> int:
    """Days since 1970 of a date."""
    try:
        return (date.fromisoformat(text) - date(1970, 1, 1)).days
    except ValueError as e:
        raise ValueError(f"holidays holds {text!r}; a date is written 2026-03-20") from e


BANK = Calendar(("friday", "saturday"), (), 0.0)  # where nothing else is said: days off as in Qatar, hours in UTC
