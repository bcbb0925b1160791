"""The rate of false alarms as it is, not as it was promised: healthy days drawn into weeks, judged by the same code.

Whole days are drawn (block bootstrap), weekdays for weekdays and weekends for weekends where both were seen, so that
the rhythm within a day stays. A first week is judged but not counted, in which the judge learns what is usual. Whoever
calls leaves out days in which something real was confirmed; every alert on what is left counts as false.

When it does not work: with few days the same ones come again and again, and the judge knows them by heart; a fault that
nobody confirmed counts as a false alarm; what no day contains (a holiday) is not measured.

Reference: H. Künsch, "The jackknife and the bootstrap for general stationary observations", Annals of Statistics, 1989.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from monitors.judge import Judge
from monitors.prepared import Prepared
from monitors.week import DAY_NS, MONDAY_NS, WEEK_NS, Calendar
from schemas.alerts import PAGE, Alert
from schemas.rules import Rule
from schemas.settings import Settings
from schemas.summaries import Summary, SummaryKey

FEWEST_DAYS = 3
Minutes = Mapping[int, Mapping[SummaryKey, Summary]]  # minute_ns -> what was counted


@dataclass(frozen=True, slots=True)
class Realised:
    """False tickets (pages among them) and pages of one model in so many weeks drawn from so many days."""

    model: str
    versions: int
    days: int
    weeks: int
    tickets: int
    pages: int


def days_of(minutes: Minutes, without: Iterable[int] = ()) -> dict[int, Minutes]:
    """Whole days since 1970; the first and the last one, which are not whole, and those of `without` are left out."""
    days: dict[int, dict[int, Mapping[SummaryKey, Summary]]] = {}
    for minute_ns, summaries in minutes.items():
        days.setdefault(minute_ns // DAY_NS, {})[minute_ns] = summaries
    left_out = {*without, *([min(days), max(days)] if days else [])}
    return {day: dict(found) for day, found in sorted(days.items()) if day not in left_out}


def realise(
    model: str,
    days: Mapping[int, Minutes],
    known: Iterable[Prepared],
    settings: Settings,
    rules: tuple[Rule, ...],
    weeks: int,
    seed: int,
    seen: Callable[[int], None] = lambda week: None,
) -> Realised | None:
    """Judge `weeks` drawn weeks; `seen` is called after each. None with fewer than three days."""
    if len(days) < FEWEST_DAYS:
        return None
    judge = Judge(settings, rules, settings.kafka.partitions)
    for prepared in known:
        judge.know(prepared)
    rng, calendar = np.random.default_rng(seed), Calendar.of(settings.calendar)
    first = ((max(days) + 1) * DAY_NS - MONDAY_NS + WEEK_NS) // WEEK_NS * WEEK_NS + MONDAY_NS
    last: dict[str, Alert] = {}
    for week in range(weeks + 1):
        for weekday in range(7):
            start = first + week * WEEK_NS + weekday * DAY_NS
            for minute_ns, summaries in _moved(days[_drawn(days, weekday, rng, calendar)], start):
                for alert in judge.close(minute_ns, summaries).alerts:
                    last[alert.id] = alert
        seen(week)
    counted = first + WEEK_NS
    opened = [alert for alert in last.values() if alert.opened_ns is not None and alert.opened_ns >= counted]
    versions = len({key.version for day in days.values() for summaries in day.values() for key in summaries})
    return Realised(model, versions, len(days), weeks, len(opened), sum(alert.level == PAGE for alert in opened))


def _drawn(days: Mapping[int, Minutes], weekday: int, rng: np.random.Generator, calendar: Calendar) -> int:
    """A day of the same kind, weekend or not; any day where there is none."""
    same = [day for day in days if calendar.hour(day * DAY_NS)[1][0] == (weekday in calendar.free)]
    return int(rng.choice(same or list(days)))


def _moved(day: Minutes, start_ns: int) -> Iterable[tuple[int, dict[SummaryKey, Summary]]]:
    """The minutes of a day as if it had begun at `start_ns`, in order."""
    for minute_ns in sorted(day):
        at = start_ns + minute_ns % DAY_NS
        yield at, {key._replace(minute_ns=at): summary for key, summary in day[minute_ns].items()}
