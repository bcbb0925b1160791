"""Weeks as people write them, 2026-W47: Monday 00:00 to Monday 00:00, UTC, of event time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from monitors.week import MONDAY_NS, WEEK_NS
from schemas.errors import UsageError

SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Week:
    """One ISO week."""

    from_ns: int

    @property
    def until_ns(self) -> int:
        return self.from_ns + WEEK_NS

    @property
    def name(self) -> str:
        """As in 2026-W47."""
        year, week, _ = datetime.fromtimestamp(self.from_ns // SECOND_NS, UTC).isocalendar()
        return f"{year}-W{week:02}"

    @property
    def days(self) -> str:
        """First and last day, for a person."""
        first, last = (datetime.fromtimestamp(ns // SECOND_NS, UTC) for ns in (self.from_ns, self.until_ns - SECOND_NS))
        return f"{first.day} {first:%b} to {last.day} {last:%b %Y}"

    def back(self, weeks: int) -> Week:
        """So many weeks earlier."""
        return Week(self.from_ns - weeks * WEEK_NS)


def week_of(text: str) -> Week:
    """The week of that name.

    >>> week_of("2026-W47").days, week_of("2026-W47").name
    ('16 Nov to 22 Nov 2026', '2026-W47')

    Raises UsageError that says how weeks are written.
    """
    wrong = UsageError(f"{text!r} is no week; a week is written as 2026-W47 (ISO 8601)")
    try:
        monday = datetime.strptime(f"{text}-1", "%G-W%V-%u").replace(tzinfo=UTC)
    except ValueError as e:
        raise wrong from e
    found = week_at(int(monday.timestamp()) * SECOND_NS)
    if found.name != text:  # such as W53 of a year that has 52
        raise wrong
    return found


def week_at(at_ns: int) -> Week:
    """The week in which a moment lies."""
    return Week((at_ns - MONDAY_NS) // WEEK_NS * WEEK_NS + MONDAY_NS)
