"""Whole hours are asked about once a day of them has taught what is usual; an open hour outlives a restart."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from monitors.limits import Limits
from monitors.modelstate import ModelState
from monitors.usual import Usual
from monitors.written import written_of
from schemas.events import MINUTE_NS
from schemas.summaries import SummaryKey
from tests.support.traffic import MONDAY, RULES, minute_of, small_settings

HOUR_NS = 60 * MINUTE_NS
WEEK_NS = 7 * 24 * HOUR_NS


def taught(surprising: float = 0.5) -> Usual:
    """A day of healthy hours with honest p-values, one of which was `surprising`."""
    usual = Usual()
    for hour, p in enumerate(np.random.default_rng(1).uniform(0.05, 1, 23).tolist() + [surprising]):
        usual.add("rule", hour * HOUR_NS, p, confirmed=False)
    return usual


def test_the_first_day_teaches_and_can_raise_nothing() -> None:
    usual = Usual()
    for hour in range(23):
        usual.add("rule", hour * HOUR_NS, 0.5, confirmed=False)
        assert usual.hourly("rule", hour * HOUR_NS, WEEK_NS) == inf
    usual.add("rule", 23 * HOUR_NS, 0.5, confirmed=False)
    assert usual.hourly("rule", 24 * HOUR_NS, WEEK_NS) == 1.0


def test_the_strangest_healthy_hour_says_how_wrong_the_p_values_are() -> None:
    assert taught().hourly("rule", 0, WEEK_NS) < 2
    assert taught(1e-40).hourly("rule", 0, WEEK_NS) == pytest.approx(92 / 3.75, rel=0.15)  # ln 1e40 over ln 24 + 0.58
    assert taught(1e-40).scale("rule", 0, WEEK_NS) < 2


def state() -> ModelState:
    return ModelState("m", "", 0, MONDAY * 10**9, Limits.of(small_settings(), 1), RULES, "hash")


def fed(into: ModelState, minutes: range) -> None:
    for i in minutes:
        at = MONDAY * 10**9 + i * MINUTE_NS
        into.add(SummaryKey("m", "", "", at, ""), minute_of(np.random.default_rng(i), 20), None)
        if i % 5 == 4:
            into.end_pane(at + MINUTE_NS)


def events(state: ModelState) -> int:
    total = state.hourly.held.total
    return 0 if total is None else total.n


def test_an_hour_is_counted_whole_once_and_survives_a_restart_in_its_middle() -> None:
    whole = state()
    fed(whole, range(30))
    again = state()
    again.restore(written_of(whole.dump()), {})
    for each in (whole, again):
        fed(each, range(30, 55))
        assert (events(each), each.hourly.held.panes) == (55 * 20, 11)
    assert whole.dump() == again.dump()
    fed(again, range(55, 60))
    assert events(again) == 0


def test_a_judge_without_rules_about_hours_keeps_no_hour() -> None:
    plain = ModelState("m", "", 0, 0, Limits.of(small_settings(), 1), tuple(r for r in RULES if not r.hourly), "hash")
    fed(plain, range(30))
    assert events(plain) == 0


def test_no_rule_about_hours_may_wake_anybody() -> None:
    assert {rule.level for rule in RULES if rule.hourly} == {"ticket"}
