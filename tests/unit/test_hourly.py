"""Sums of up to an hour: asked about once a day of them has taught what is usual; what is open outlives a restart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf

import numpy as np
import pytest

from monitors.hourly import Hourly
from monitors.ledger import Ledger
from monitors.limits import Limits
from monitors.modelstate import ModelState
from monitors.purse import Budget
from monitors.quiet import silence
from monitors.usual import Usual
from monitors.written import written_of
from schemas.events import MINUTE_NS
from schemas.readings import Reading, Series
from schemas.summaries import SummaryKey
from tests.support.surprises import surprise
from tests.support.traffic import MONDAY, RULES, minute_of, small_settings

HOUR_NS = 60 * MINUTE_NS
WEEK_NS = 7 * 24 * HOUR_NS


def taught(surprising: float = 0.5) -> Usual:
    """A day of healthy hours with honest p-values, one of which was `surprising`."""
    usual = Usual()
    for hour, p in enumerate(np.random.default_rng(1).uniform(0.05, 1, 23).tolist() + [surprising]):
        usual.add("rule", hour * HOUR_NS, surprise(a=p), confirmed=False)
    return usual


def test_the_first_day_teaches_and_can_raise_nothing() -> None:
    usual = Usual()
    for pane in range(287):
        usual.add("rule", pane * 5 * MINUTE_NS, surprise(a=0.5), confirmed=False)
        assert usual.hourly("rule", "a", pane * 5 * MINUTE_NS, WEEK_NS, 12) == inf
    usual.add("rule", 287 * 5 * MINUTE_NS, surprise(a=0.5), confirmed=False)
    assert usual.hourly("rule", "a", 24 * HOUR_NS, WEEK_NS, 12) == 1.0


def test_the_strangest_healthy_hour_says_how_wrong_the_p_values_are() -> None:
    assert taught().hourly("rule", "a", 0, WEEK_NS, 1) < 2
    # ln 1e40 over ln 24 + 0.58
    assert taught(1e-40).hourly("rule", "a", 0, WEEK_NS, 1) == pytest.approx(92 / 3.75, rel=0.15)
    assert taught(1e-40).scale("rule", "a", 0, WEEK_NS) < 2


def test_the_first_panes_of_a_change_are_no_measure_of_the_next() -> None:
    usual = taught()
    for pane in range(11):
        usual.add("rule", 24 * HOUR_NS + pane * 5 * MINUTE_NS, surprise(a=1e-10 ** (pane + 1)), False, late=12)
    assert usual.hourly("rule", "a", 25 * HOUR_NS, WEEK_NS, 1) < 2
    for pane in range(11, 24):
        usual.add("rule", 24 * HOUR_NS + pane * 5 * MINUTE_NS, surprise(a=0.5), False, late=12)
    assert usual.hourly("rule", "a", 26 * HOUR_NS, WEEK_NS, 1) > 20, "an hour later they are, if nobody was told"


def state() -> ModelState:
    return ModelState("m", "", 0, MONDAY * 10**9, Limits.of(small_settings(), 1), RULES, "hash")


def fed(into: ModelState, minutes: range, rate: int = 20) -> None:
    for i in minutes:
        at = MONDAY * 10**9 + i * MINUTE_NS
        into.add(SummaryKey("m", "", "", at, ""), minute_of(np.random.default_rng(i), rate), None)
        if i % 5 == 4:
            into.end_pane(at + MINUTE_NS)


def sums(state: ModelState) -> list[tuple[int, int]]:
    """Panes and events of both together and of the open one."""
    held = state.hourly.both, state.hourly.open
    return [(each.panes, 0 if each.total is None else each.total.n) for each in held]


def test_a_period_is_half_an_hour_and_is_asked_about_with_the_one_before() -> None:
    whole = state()
    fed(whole, range(55))
    assert sums(whole) == [(11, 1100), (5, 500)]
    fed(whole, range(55, 65))
    assert sums(whole) == [(7, 700), (1, 100)]


def test_a_period_waits_for_its_events() -> None:
    thin = state()
    fed(thin, range(120), rate=6)
    assert sums(thin) == [(24, 720), (7, 210)]
    assert thin.hourly.span == 24


def spans(of: ModelState, panes: int, events: Callable[[int], int]) -> list[int]:
    """After each pane, with so many events in its first minute."""
    found = []
    for pane in range(panes):
        at = MONDAY * 10**9 + pane * 5 * MINUTE_NS
        if events(pane):
            made = minute_of(np.random.default_rng(pane), events(pane))
            of.add(SummaryKey("m", "", "", at, ""), made, None)
        of.end_pane(at + 5 * MINUTE_NS)
        found.append(of.hourly.span)
    return found


def test_the_span_of_thin_traffic_stands_still_while_its_sums_grow_and_shrink() -> None:
    """A period of it takes 17 panes; what was learnt enough to ask about is not unlearnt at every other turn."""
    assert set(spans(state(), 150, lambda pane: 30)[34:]) == {34}


def test_silent_panes_make_no_span_longer() -> None:
    """Nothing is asked after them. Here every other third of a day is a night."""
    assert set(spans(state(), 600, lambda pane: 30 * (pane // 96 % 2))[34 + 96 :]) == {34}


def test_where_traffic_grows_the_span_follows_after_two_periods() -> None:
    found = spans(state(), 150, lambda pane: 30 if pane < 68 else 200)
    assert (found[72], found[73], found[79], found[-1]) == (34, 23, 12, 12)


def test_open_sums_survive_a_restart_in_their_middle() -> None:
    whole = state()
    fed(whole, range(50))
    again = state()
    again.restore(written_of(whole.dump()), {})
    for each in (whole, again):
        fed(each, range(50, 95))
        assert sums(each) == [(7, 700), (1, 100)]
    assert whole.dump() == again.dump()


def told(by: ModelState, panes: int, p: float, baseline: str) -> list[str]:
    """States of an hourly rule's alert that so many sums, each of this p, changed."""
    rule, found = by.ledger.rules["score_drift_hourly"], []
    for _ in range(panes):
        by.pane_end_ns += 5 * MINUTE_NS
        reading = Reading(Series("m", "", rule.metric), by.pane_end_ns, 5000, 0.4, 0.0, p, 0.4, baseline)
        pane = by._pane(by.pane_end_ns, silence())
        alerts = by._judge([reading], lambda tests: Budget(1e-6, 0.0, ""), pane, by.hourly.tester)[1]
        found += [alert.state for alert in alerts]
    return found


def troubled() -> ModelState:
    """After a day and an hour that were well, an alert is open."""
    model = state()
    model.pane_end_ns = MONDAY * 10**9
    assert told(model, 25 * 12, 0.5, "") == []
    assert told(model, 3, 1e-60, "")[0] == "open"
    return model


def test_an_alert_outlives_its_baseline_until_sums_are_well_by_the_new_one() -> None:
    """What is usual by that is not known yet; p as it is suffices, since dividing makes it larger only."""
    model = troubled()
    model.usual = Usual()
    assert told(model, 6, 1e-9, "new") == [], "too little is known to say"
    assert told(model, 12, 0.5, "new") == ["resolved"]


def test_panes_are_counted_by_a_new_baseline_while_an_alert_by_the_old_one_is_open() -> None:
    model = troubled()
    model.usual = Usual()
    model.ledger.standings = {
        key: replace(each, alert=each.alert and replace(each.alert, baseline="old"))
        for key, each in model.ledger.standings.items()
    }
    assert told(model, 26 * 12, 0.03, "") == ["resolved"], "of sums that are always a little strange"


@pytest.mark.parametrize("events", [100, 30])
def test_what_another_rule_told_is_left_out_until_no_sum_holds_anything_of_it(
    events: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a period takes longer than half an hour."""
    hourly, ledger, last = Hourly(RULES, 5), Ledger(RULES, "hash"), 20
    for pane in range(80):
        monkeypatch.setattr(ledger, "confirmed", lambda rule, pane=pane: rule == "score_drift" and pane <= last)
        hourly.add(minute_of(np.random.default_rng(pane), events), {})
        hourly.read([], ledger)
        oldest = pane + 1 - hourly.both.panes
        assert set(hourly.told) == ({"output.score_psi"} if oldest <= last else set())
        hourly.turn()
    assert hourly.told == {}


def test_a_judge_without_rules_about_hours_keeps_no_sum() -> None:
    plain = ModelState("m", "", 0, 0, Limits.of(small_settings(), 1), tuple(r for r in RULES if not r.hourly), "hash")
    fed(plain, range(30))
    assert sums(plain) == [(0, 0), (0, 0)]


def test_no_rule_about_hours_may_wake_anybody() -> None:
    assert {rule.level for rule in RULES if rule.hourly} == {"ticket"}
