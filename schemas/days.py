"""Which days are free, as a TOML file of the user's says it: weekend, holidays, and how far the clock is from UTC.

    weekend = ["friday", "saturday"]
    utc_offset = 3

    [holidays]
    "National Day" = 2026-12-18
    "Eid al-Fitr" = [2026-03-20, 2026-03-21, 2026-03-22]

Holidays may also be a plain list of dates. No time zones with summer time: an offset that changes would move every hour
of the week by one, twice a year.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import msgspec

from schemas.errors import SettingError, unknown
from schemas.tomlfile import NotToml, read_toml

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MOST = 10_000  # holidays


class Days(msgspec.Struct, frozen=True):
    """`holidays` are dates such as 2026-03-20, sorted; `utc_offset` is hours east of Greenwich."""

    weekend: tuple[str, ...] = ("friday", "saturday")
    holidays: tuple[str, ...] = ()
    utc_offset: float = 0.0


USUAL = Days()  # where settings name no calendar


def read_days(path: str) -> Days:
    """Read a calendar file. Raises SettingError that names the file, what came and what would be right."""
    try:
        data = read_toml(path)
    except OSError as e:
        raise SettingError(f"cannot read the calendar {path} (judge.calendar): {e.strerror}") from e
    except NotToml as e:
        raise SettingError(str(e)) from e
    for key in data:
        if key not in Days.__struct_fields__:
            raise SettingError(f"{path}: {unknown('key', key, Days.__struct_fields__)}")
    holidays = sorted({_date(each, path) for each in _holidays(data.get("holidays", []), path)})
    if len(holidays) > MOST:
        raise SettingError(f"{path}: {len(holidays):,} holidays are too many; at most {MOST:,}")
    return Days(
        _weekend(data.get("weekend", USUAL.weekend), path), tuple(holidays), _offset(data.get("utc_offset", 0.0), path)
    )


def _weekend(value: Any, path: str) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise SettingError(f'{path}: weekend must be a list of days, as ["friday", "saturday"]; got {value!r}')
    days = tuple(str(each).lower() for each in value)
    for day in days:
        if day not in DAYS:
            raise SettingError(f"{path}: weekend: {unknown('day', day, DAYS)}")
    if len(set(days)) == len(DAYS):
        raise SettingError(f"{path}: weekend names all seven days; then there is no working day to compare with")
    return tuple(sorted(set(days), key=DAYS.index))


def _holidays(value: Any, path: str) -> Iterator[Any]:
    """Dates one by one, of a list or of a table name -> date or dates."""
    if isinstance(value, dict):
        for dates in value.values():
            yield from dates if isinstance(dates, list) else [dates]
    elif isinstance(value, list):
        yield from value
    else:
        raise SettingError(f"{path}: holidays must be a table of names with dates, or a list of dates; got {value!r}")


def _date(value: Any, path: str) -> str:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise SettingError(f"{path}: holidays holds {value!s}; a date is written 2026-03-20") from None


def _offset(value: Any, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -14 <= value <= 14:
        raise SettingError(f"{path}: utc_offset is in hours, from -14 to 14, not {value!r}")
    return float(value)
