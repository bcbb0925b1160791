"""What the detectors of our own promise in numbers, and that the judge can rebuild them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from scipy.integrate import quad

from monitors import checks, ranks, testing
from monitors.bets import EXPONENTS, WAYS, bet, power_bet
from monitors.detectors import load
from monitors.purse import Budget, Purse
from monitors.week import HOUR_NS, Calendar
from schemas.errors import RuleError
from schemas.readings import Reading, Series
from schemas.rules import Rule, load_rule
from schemas.signals import BREACH, NOT_ENOUGH, QUIET

RULE = load_rule(Path(__file__).parents[2] / "monitors/rules/latency_level.toml")
AMPLE = Purse(1000.0, 10.0, 1, 5, budgeted=True).every_pane


def rule(detector: str, **parameters: float | str) -> Rule:
    return msgspec.structs.replace(RULE, metric="output.score_mean", detector=detector, parameters=parameters, min_n=1)


@pytest.mark.parametrize("one", [power_bet, *(lambda p, eps=eps: eps * p ** (eps - 1) for eps in EXPONENTS)])
def test_every_bet_is_fair(one: Callable[[float], float]) -> None:
    """Integrated over u where p = u**8, which takes the pole at 0 away."""
    area, _ = quad(lambda u: one(u**8) * 8 * u**7, 0, 1)
    assert area == pytest.approx(1, abs=1e-6)


def test_ranks_among_earlier_values_are_uniform() -> None:
    rng, hits = random.Random(4), 0
    for _ in range(4000):
        earlier = sorted(rng.choice((1.0, 2.0, 2.5)) for _ in range(19))
        hits += ranks.online_p(earlier, rng.choice((1.0, 2.0, 2.5)), "both", rng.random()) <= 0.1
    assert 340 < hits < 460  # 400 expected, three standard deviations of 19


@pytest.mark.parametrize("side", ranks.SIDES)
def test_a_conformal_p_keeps_its_promise(side: str) -> None:
    rng, hits = random.Random(5), 0
    for _ in range(4000):
        calibration = sorted(round(rng.gauss(0, 1), 1) for _ in range(59))
        hits += ranks.frozen_p(calibration, round(rng.gauss(0, 1), 1), side, rng.random()) <= 0.1
    assert hits <= 400 + 3 * 19


def test_ties_are_broken_by_who_and_when() -> None:
    one = checks.calm(1)[0]
    assert ranks.chance(one) == ranks.chance(replace(one, value=7.0))
    assert ranks.chance(one) != ranks.chance(replace(one, at_ns=one.at_ns + 1))
    assert ranks.chance(one) != ranks.chance(replace(one, series=Series("card", "1", "latency.p50", "age")))


def test_conformal_says_when_a_level_is_out_of_reach() -> None:
    detector = load("conformal", {"alpha": 1e-4, "memory": 60})
    said = checks.told(detector, checks.joined(checks.calm(60), checks.shifted(1)))[-1]
    assert (said.verdict, said.reason[-14:]) == (NOT_ENOUGH, "memory = 20000")
    assert load("conformal", {"min_n": 5000}).update(checks.calm(1)[0]).verdict == NOT_ENOUGH


@pytest.mark.parametrize(("way", "of"), [("sr", "value"), ("cusum", "value"), *((way, "p") for way in WAYS)])
def test_evidence_adds_up_to_an_alarm(way: str, of: str) -> None:
    detector = load("e_process", {"way": way, "of": of, "run_length": 500})
    said = checks.told(detector, checks.joined(checks.calm(120), checks.shifted(40)))
    assert [each.verdict for each in said].count(BREACH) == 1
    assert BREACH not in [each.verdict for each in said[:120]]


def test_wealth_cannot_overflow() -> None:
    wealth = 1.0
    for _ in range(9):
        wealth = bet(wealth, 0.0, "wealth")
    assert wealth == 1e100


def test_the_mean_run_is_no_shorter_than_said() -> None:
    runs = []
    for seed in range(40):
        rng = random.Random(seed)
        detector = load("e_process", {"run_length": 100, "first": 20})
        series = Series(str(seed), "", "m")
        for i in range(3000):
            if detector.update(Reading(series, i, 9, rng.gauss(0, 1))).verdict == BREACH:
                break
        runs.append(i - 20)
    assert sum(runs) / len(runs) >= 100


def test_a_weekly_rhythm_is_expected_and_a_holiday_is_a_free_day() -> None:
    rng = random.Random(2)
    calendar = Calendar(("friday", "saturday"), (), 0.0)

    def readings(holiday: int) -> list[Reading]:
        made = []
        for i in range(24 * 42):
            free = calendar.hour(i * HOUR_NS)[1][0] or i // 24 == holiday
            level = 10 if free else 50 + 10 * (8 <= i % 24 < 16)
            made.append(Reading(Series("m", "", "volume"), i * HOUR_NS, 9, level + rng.gauss(0, 1)))
        return made

    given = {"residuals": 300, "memory": 672}
    # 1970-02-09 was a Monday, day 39 since the epoch.
    plain, told = load("seasonal", given), load("seasonal", {**given, "holidays": ["1970-02-09"]})
    said = [(plain.update(each), told.update(each)) for each in readings(holiday=39)]
    assert [i // 24 for i, (one, _) in enumerate(said) if one.verdict == BREACH] == [39]
    assert [i for i, (_, other) in enumerate(said) if other.verdict == BREACH] == []
    assert {one.verdict for one, _ in said[: 24 * 14]} == {NOT_ENOUGH}
    assert said[24 * 38][0].verdict == QUIET


def test_slow_poisoning_is_told_by_the_frozen_baseline() -> None:
    rng = random.Random(3)
    detector = load("two_baselines", {"block": 24, "blocks": 7})
    series = Series("m", "", "output.score_mean")
    drift = [Reading(series, i, 9, rng.gauss(0.5, 0.1) + i * 1e-4, 0.5) for i in range(24 * 60)]
    told = [i for i, each in enumerate(checks.told(detector, drift)) if each.verdict == BREACH]
    assert told == list(range(told[0], len(drift))), "as long as it lasts"
    assert 24 * 14 < told[0] < 24 * 40
    assert detector.update(replace(drift[0], expected=None)).verdict == NOT_ENOUGH


@pytest.mark.parametrize(
    ("name", "given", "says"),
    [
        ("conformal", {"memory": 3}, "memory >= 20"),
        ("conformal", {"side": "left"}, "up, down or both"),
        ("e_process", {"way": "luck"}, "sr, cusum, wealth"),
        ("e_process", {"first": 600}, "memory >= first"),
        ("seasonal", {"residuals": 5}, "residuals >= 1 / rare"),
        ("seasonal", {"weekend": ["jumua"]}, "weekend holds 'jumua'"),
        ("seasonal", {"weekend": "friday"}, "a list of texts"),
        ("seasonal", {"holidays": ["eid"]}, "holidays holds 'eid'"),
        ("seasonal", {"utc_offset": 300.0}, "in hours"),
        ("two_baselines", {"blocks": 1}, "blocks >= 3"),
    ],
)
def test_mistakes_are_told(name: str, given: dict[str, float | str | list[str]], says: str) -> None:
    with pytest.raises(RuleError, match=says):
        load(name, given)


@pytest.mark.parametrize(
    "one",
    [
        rule("conformal", memory=100),
        rule("e_process", of="p"),
        rule("seasonal", residuals=150, memory=400),
        rule("two_baselines", block=20, blocks=4),
        rule("river.anomaly.HalfSpaceTrees", window_size=60),
    ],
    ids=lambda one: one.detector,
)
def test_two_rebuilt_from_one_profile_say_the_same(one: Rule) -> None:
    readings = checks.joined(checks.calm(500), checks.shifted(60), checks.calm(100))
    running, weekly = testing.Tester([one], 5), testing.Tester([one], 5)
    for reading in readings[:450]:
        running.test([reading], AMPLE)
    written = msgspec.json.encode(running.dump())
    kept = msgspec.json.decode(written, type=list[tuple[str, Series, list[testing.Remembered]]])
    running.load(kept)
    weekly.load(kept)
    assert running.dump() == kept == weekly.dump()
    said = [[t.test([reading], AMPLE)[0] for t in (running, weekly)] for reading in readings[450:]]
    assert all(first == second for first, second in said)
    if one.detector not in ("two_baselines", "e_process"):
        assert any(signals[0].verdict == BREACH for signals, _ in said)


@pytest.mark.parametrize("name", ["page_hinkley", "adwin", "e_process", "river.drift.KSWIN"])
def test_a_slow_change_is_told_by_a_detector_that_is_rebuilt(name: str) -> None:
    """Every 20 readings, of which it remembers 200: what it says is what it says alone, and no breach is swallowed."""
    rng = random.Random(7)
    ramp = [replace(each, value=rng.gauss(0, 1) + i * 0.015) for i, each in enumerate(checks.calm(390))]
    tester, alone, said = testing.Tester([rule(name, memory=200)], 5), load(name, {"memory": 200}), []
    for i, reading in enumerate(ramp):
        if i % 20 == 0:
            tester.load(tester.dump())
        tester.test([replace(reading, value=None)], AMPLE)  # takes the place of nothing
        said.append((tester.test([reading], AMPLE)[0][0].verdict, alone.update(reading).verdict))
    assert [line for line, _ in said] == [one for _, one in said]
    assert (BREACH, BREACH) in said


def test_what_is_kept_of_an_anchored_detector_is_bounded() -> None:
    tester = testing.Tester([rule("page_hinkley", memory=50)], 5)
    for i, reading in enumerate(checks.calm(400)):
        tester.test([reading], AMPLE)
        if i % 30 == 0:
            tester.load(tester.dump())
        assert sum(len(values) for _, _, values in tester.dump()) < 2 * 50


def test_a_calibrated_detector_with_a_memory_pays_from_the_budget() -> None:
    tester = testing.Tester([rule("conformal", memory=100)], 5)
    readings = checks.joined(checks.calm(150), checks.shifted(2))
    signals = [tester.test([reading], AMPLE)[0][0] for reading in readings]
    assert [signal.verdict for signal in signals[-3:]] == [QUIET, BREACH, BREACH]
    assert signals[-1].p is not None
    assert tester.test(readings[-1:], lambda tests: Budget(5e-7, 0.0))[0][0].verdict == NOT_ENOUGH
