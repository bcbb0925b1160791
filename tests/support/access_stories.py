"""How clients use a model, hour by hour: nine working days of twenty-four desks and a night job, and what then happens.

Requests have no features here, only who sent how many and how many failed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from monitors.judge import Judge
from schemas.alerts import Alert
from schemas.events import MINUTE_NS
from schemas.summaries import SummaryKey
from tests.support.traffic import MONDAY, RULES, minute_of, small_settings

Asked = dict[str, list[int]]  # events, unusual, failed of each
HOUR_NS = 60 * MINUTE_NS
DAYS, NOW = 9, 8 * 24 + 3  # whole days; the hour of the story, at night
DAY_NOW = 8 * 24 + 10


def usual(hour: int) -> Asked:
    """Desks by day, some busier than others; a job every night at two."""
    asked: Asked = {}
    if 8 <= hour % 24 < 18:
        asked |= {f"desk-{i:02d}": [4 + i + hour % 3, 0, 0] for i in range(24)}
    if hour % 24 == 2:
        asked["night"] = [300, 0, 0]
    return asked


def told(change: Callable[[int, str], Asked], models: tuple[str, ...] = ("card",)) -> list[Alert]:
    """Alerts of nine days; `change(hour, model)` is what comes beside the usual, or instead of it."""
    judge = Judge(small_settings().replace("line", pane_minutes=60), RULES)
    alerts: dict[str, Alert] = {}
    for hour in range(DAYS * 24):
        minute_ns = MONDAY * 1_000_000_000 + hour * HOUR_NS
        minutes = {}
        for model in models:
            asked = usual(hour) | change(hour, model)
            if asked:
                made = minute_of(np.random.default_rng(hour), sum(row[0] for row in asked.values()))
                made.principals = asked
                minutes[SummaryKey(model, "", "", minute_ns, "")] = made
        alerts |= {alert.id: alert for alert in judge.close(minute_ns, minutes).alerts}
    return [alert for alert in alerts.values() if alert.family == "abuse"]


def at(when: int, **asked: list[int]) -> Callable[[int, str], Asked]:
    """That in one hour, in every model."""
    return lambda hour, model: {name.replace("_", "-"): row for name, row in asked.items()} if hour == when else {}


def both(one: Callable[[int, str], Asked], other: Callable[[int, str], Asked]) -> Callable[[int, str], Asked]:
    return lambda hour, model: one(hour, model) | other(hour, model)


MODELS = tuple(f"model-{i}" for i in range(5))
STORIES: dict[str, tuple[Callable[[int, str], Asked], tuple[str, ...]]] = {
    "abuse_newcomer": (at(NOW, stranger=[900, 0, 0]), ("card",)),
    "abuse_woken": (both(at(3, sleeper=[20, 0, 0]), at(DAY_NOW, sleeper=[900, 0, 0])), ("card",)),
    "abuse_odd_hours": (at(NOW + 1, desk_07=[200, 0, 0]), ("card",)),
    "abuse_failures": (at(DAY_NOW, desk_07=[80, 0, 75]), ("card",)),
    "abuse_models": (at(NOW, stranger=[5, 0, 0]), MODELS),
}


@cache
def story(rule: str) -> tuple[Alert, ...]:
    return tuple(told(*STORIES[rule]))


@cache
def healthy() -> tuple[Alert, ...]:
    """Nothing but the usual, with a back-fill by day that is no larger than a night's, a late job, and an outage."""
    outage = {f"desk-{i:02d}": [10, 0, 9] for i in range(24)}

    def change(hour: int, model: str) -> Asked:
        asked = outage if hour == DAY_NOW - 1 else {}
        more = {"backfill": [280, 0, 0]} if hour == DAY_NOW else {}
        return asked | more | ({"night": [300, 0, 0]} if hour == 7 * 24 + 6 else {})

    return tuple(told(change, ("card", "other-card")))
