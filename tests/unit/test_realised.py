"""The realised rate: healthy days give none, confirmed days are left out, too few days are no answer."""

from __future__ import annotations

import numpy as np

from monitors.prepared import Prepared
from monitors.realised import Minutes, days_of, realise
from monitors.week import DAY_NS
from schemas.events import MINUTE_NS
from schemas.summaries import SummaryKey
from tests.support.traffic import MONDAY, RULES, learn_from, minute_of, small_settings, traffic

KNOWN = Prepared(learn_from(traffic(60, 100, seed=99)))


def stored(days: int, slow_days: frozenset[int] = frozenset()) -> Minutes:
    """Every fifth minute of some days, 40 events each; on slow days an hour is slow, each time another one."""
    rng = np.random.default_rng(1)
    found = {}
    for day in range(days):
        for minute in range(0, 1440, 5):
            at = MONDAY * 1_000_000_000 + day * DAY_NS + minute * MINUTE_NS
            slow = day in slow_days and minute // 60 == (7 * day) % 24
            found[at] = {SummaryKey("card", "1", "", at, ""): minute_of(rng, 120, slow=slow)}
    return found


def test_the_first_and_the_last_day_and_confirmed_ones_are_left_out() -> None:
    days = days_of(stored(6), without=[MONDAY // 86400 + 2])
    assert [day - MONDAY // 86400 for day in days] == [1, 3, 4]
    assert days_of({}) == {}


def test_healthy_days_have_no_false_alarm_and_equal_seeds_equal_answers() -> None:
    days = days_of(stored(6))
    weeks: list[int] = []
    found = [realise("card", days, [KNOWN], small_settings(), RULES, 1, 5, seen=weeks.append) for _ in range(2)]
    assert found[0] == found[1]
    assert found[0] is not None
    assert (found[0].days, found[0].weeks, found[0].tickets, found[0].pages) == (4, 1, 0, 0)
    assert weeks == [0, 1, 0, 1]


def test_two_days_are_too_few() -> None:
    assert realise("card", days_of(stored(4)), [KNOWN], small_settings(), RULES, 1, 5) is None
