"""The judge through a week: what it writes down is what it goes on from, and gaps cost no more than they say."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from monitors.detectors import load
from monitors.judge import LONGEST_GAP_PANES, Judge, Outcome
from monitors.prepared import Prepared
from monitors.week import MONDAY_NS, PROFILE_NS, WEEK_NS
from schemas.alerts import Alert
from schemas.events import MINUTE_NS
from schemas.readings import Reading
from schemas.settings import Settings
from schemas.signals import BREACH
from schemas.summaries import Summary, SummaryKey
from tests.support.traffic import RULES, learn_from, minute_of, small_settings, traffic


def minutes_of_three_days() -> list[tuple[int, dict[SummaryKey, Summary]]]:
    """Saturday noon to Tuesday noon: two models, one slow from Sunday evening on, one silent on Tuesday."""
    start = (MONDAY_NS + 2800 * WEEK_NS) // MINUTE_NS - 36 * 60
    rng = np.random.default_rng(3)
    closes = []
    for i in range(0, 72 * 60, 2):
        minute = (start + i) * MINUTE_NS
        summaries = {}
        for model in ("a", "b"):
            if model == "a" and i > 60 * 60:
                continue
            slow = model == "b" and i > 30 * 60
            summaries[SummaryKey(model, "1", "", minute, "")] = minute_of(rng, 60, slow=slow)
        closes.append((minute, summaries))
    return closes


def plain(outcome: Outcome) -> list[Any]:
    """Everything that is stored or told, comparable."""
    return [
        [(r.series, r.at_ns, r.n, r.value, r.p, r.effect) for r in outcome.readings],
        outcome.signals,
        outcome.alerts,
        [baseline.id for baseline in outcome.baselines],
        outcome.profiles,
    ]


def test_a_judge_rebuilt_from_any_profile_goes_on_as_the_one_that_never_stopped() -> None:
    settings: Settings = small_settings(baseline_events=600)
    running = Judge(settings, RULES)
    outcomes = {minute: running.close(minute, summaries) for minute, summaries in minutes_of_three_days()}
    written = [o.profiles for o in outcomes.values() if o.profiles]
    monday = MONDAY_NS + 2800 * WEEK_NS
    assert [profiles[0].at_ns for profiles in written] == [monday + i * PROFILE_NS for i in range(-5, 6)]

    for profiles in written[2:6]:
        at = profiles[0].at_ns
        rebuilt = Judge(settings, RULES)
        for outcome in outcomes.values():
            for baseline in outcome.baselines:
                rebuilt.know(Prepared(baseline))
        rebuilt.load([profile.state for profile in profiles], at - MINUTE_NS)
        later = [(m, s) for m, s in minutes_of_three_days() if m >= at]
        assert any(outcomes[m].alerts for m, _ in later)
        for minute, summaries in later:
            again, before = plain(rebuilt.close(minute, summaries)), plain(outcomes[minute])
            if minute == at:  # this close also ended the last pane before, which the profile already holds
                again, before = again[3:4], before[3:4]
            assert again == before


def test_a_profile_written_and_read_is_the_same_profile() -> None:
    judge = Judge(small_settings(baseline_events=600), RULES)
    for minute, summaries in minutes_of_three_days()[:400]:
        judge.close(minute, summaries)
    at = (judge.last_ns or 0) + MINUTE_NS
    first = judge.turn(at)
    assert judge.turn(at) == first


def test_a_long_gap_is_judged_at_its_beginning_and_its_end_only() -> None:
    judge = Judge(small_settings(), RULES)
    rng = np.random.default_rng(0)
    start = MONDAY_NS + 2800 * WEEK_NS
    judge.close(start, {SummaryKey("a", "1", "", start, ""): minute_of(rng, 60)})
    decades = start + 20 * 365 * 24 * 60 * MINUTE_NS
    ends = {r.at_ns for r in judge.close(decades, {}).readings}
    assert len(ends) == LONGEST_GAP_PANES + 1
    assert max(ends) <= decades + 5 * MINUTE_NS
    assert min(ends) == start + 5 * MINUTE_NS


def test_more_models_than_the_limit_are_counted_under_other() -> None:
    judge = Judge(small_settings().replace("line", max_models=10), RULES)
    rng = np.random.default_rng(0)
    minute = MONDAY_NS + 2800 * WEEK_NS
    for i in range(200):
        judge.close(minute + i * MINUTE_NS, {SummaryKey(f"m{i}", "", "", minute, ""): minute_of(rng, 5)})
    assert len(judge.states) == 11
    assert ("(other)", "") in judge.states


def test_a_slow_ramp_is_told_by_a_judge_that_rebuilds_its_detectors() -> None:
    """Blocks of 10 panes and rebuilds every 72: what a detector says must not depend on where either begins."""
    latency = next(rule for rule in RULES if rule.id == "latency_level")
    given = {"block": 10, "blocks": 14}
    rule = msgspec.structs.replace(latency, metric="output.score_mean", detector="two_baselines", parameters=given)
    rows = [{key: row[key] for key in row if key != "features"} for row in traffic(60)]
    judge, baseline, rng = Judge(small_settings(), (rule,)), learn_from(rows), np.random.default_rng(5)
    judge.know(Prepared(baseline))
    usual = baseline.vectors["score_sum"][0] / sum(baseline.vectors["score"])
    readings: list[Reading] = []
    alerts: list[Alert] = []
    breaches, profiles = [], 0
    for pane in range(720):
        minute, summary = MONDAY_NS + 2800 * WEEK_NS + pane * 5 * MINUTE_NS, minute_of(rng, 200)
        summary.vectors["score_sum"][0] = 200 * (usual + rng.normal(0, 5_000) + 25 * max(0, pane - 288))
        outcome = judge.close(minute, {SummaryKey("card", "1", "", minute, baseline.id): summary})
        readings += [reading for reading in outcome.readings if reading.series.metric == rule.metric]
        breaches += [signal.at_ns for signal in outcome.signals]
        alerts, profiles = alerts + outcome.alerts, profiles + len(outcome.profiles)
    assert profiles > 8
    alone = load("two_baselines", given)
    assert breaches == [reading.at_ns for reading in readings if alone.update(reading).verdict == BREACH]
    assert readings[288].at_ns < breaches[0] < readings[500].at_ns
    assert {alert.state for alert in alerts} == {"open"}, "a shift that lasts was called over"
