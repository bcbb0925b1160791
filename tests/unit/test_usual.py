"""What is usual: honest p-values stay as they are, breaching ones are scaled, by the hour, once they have resolved."""

from __future__ import annotations

from math import inf

import msgspec
import numpy as np
import pytest

from monitors import testing
from monitors.purse import Budget
from monitors.questions import ask
from monitors.usual import Surprise, Usual, WrittenUsual, scaled
from monitors.week import DAY_NS, HOUR_NS, WEEK_NS
from schemas.readings import Reading, Series
from tests.support.surprises import surprise
from tests.support.traffic import MONDAY, RULES

PANE = 300 * 1_000_000_000
START = MONDAY * 1_000_000_000
OLD = 30 * DAY_NS


def fed(p_values: list[float], *, confirmed: bool = False) -> Usual:
    usual = Usual()
    for i, p in enumerate(p_values):
        usual.add("drift", START + (i + 1) * PANE, surprise(a=p), confirmed)
    return usual


def test_honest_p_values_are_left_nearly_alone() -> None:
    rng = np.random.default_rng(1)
    assert fed(rng.random(4000).tolist()).scale("drift", "a", START, OLD) < 1.3


def test_p_values_ten_times_too_sure_are_scaled_by_about_ten() -> None:
    rng = np.random.default_rng(2)
    scale = fed((rng.random(4000) ** 10).tolist()).scale("drift", "a", START, OLD)
    assert 8 < scale < 14
    assert scaled(1e-30, 10.0) == pytest.approx(1e-3)


def test_a_nightly_batch_is_usual_at_night_and_remarkable_at_noon() -> None:
    rng, p_values = np.random.default_rng(3), []
    for i in range(5 * 288):
        p_values.append(1e-40 if i % 288 < 12 and i % 3 == 0 else float(rng.random()))
    usual = fed(p_values)
    night, noon = (usual.scale("drift", "a", START + WEEK_NS + hour * HOUR_NS + PANE, OLD) for hour in (0, 12))
    assert night > 20
    assert noon < 2.5


def test_the_rhythm_of_one_feature_hides_nothing_of_a_calm_one() -> None:
    rng, usual = np.random.default_rng(5), Usual()
    for i in range(4 * 288):
        channel = 1e-40 if i % 288 < 96 else float(rng.random())
        usual.add("drift", START + (i + 1) * PANE, surprise(channel=channel, age=float(rng.random())), False, late=12)
        if i == 200:
            assert usual.scale("drift", "age", START, OLD) > 20, "less than a day is known"
    night = START + WEEK_NS + HOUR_NS
    assert usual.scale("drift", "channel", night, OLD) > 20
    assert usual.scale("drift", "age", night, OLD) <= 2
    assert usual.scale("drift", "new", night, OLD) > 20, "nothing is known of it"


def test_who_was_strange_once_is_held_to_what_all_are_at_that_hour() -> None:
    rng, usual = np.random.default_rng(6), Usual()
    for i in range(4 * 288):
        p = 1e-40 if i % 288 < 96 else float(rng.random())
        usual.add("drift", START + (i + 1) * PANE, surprise(channel=p, age=1e-20 if i == 40 else 0.5), False)
    assert usual.scale("drift", "age", START + WEEK_NS + HOUR_NS, OLD) > 20


def test_the_first_panes_of_a_change_do_not_make_a_calm_feature_strange() -> None:
    rng, usual = np.random.default_rng(7), Usual()
    for i in range(4 * 288 + 12):
        p = 1e-40 if i % 288 < 96 else float(rng.random())
        usual.add(
            "drift", START + (i + 1) * PANE, surprise(channel=p, age=1e-9 if i > 4 * 288 else 0.5), False, late=12
        )
    assert usual.scale("drift", "age", START + WEEK_NS + HOUR_NS, OLD) <= 2


def test_a_young_baseline_must_be_surprised_more() -> None:
    usual = Usual()
    scales = [usual.scale("drift", "a", START, age) for age in (HOUR_NS, 7 * HOUR_NS, 2 * DAY_NS, WEEK_NS)]
    assert scales == [6.0, 3.0, 2.0, 1.0]


def test_an_incident_that_was_repaired_makes_nobody_blind() -> None:
    rng = np.random.default_rng(4)
    usual = fed(rng.random(7 * 288).tolist())
    before = usual.scale("drift", "a", START + WEEK_NS, OLD)
    for i in range(288):
        usual.add("drift", START + WEEK_NS + i * PANE, surprise(a=1e-50), True)
    assert sum(map(len, usual.pending.values())) == 3
    usual.add("drift", START + WEEK_NS + 288 * PANE, surprise(a=0.5), False)
    assert usual.scale("drift", "a", START + 2 * WEEK_NS, OLD) < 1.5 * before
    assert usual.pending == {}


def test_what_is_written_goes_on_the_same() -> None:
    usual = fed([1e-9, 0.3, 1e-50] * 40)
    usual.add("drift", START, surprise(a=1e-70), True)
    written = msgspec.json.encode(usual.dump(), order="deterministic")
    again = Usual()
    again.load(msgspec.json.decode(written, type=WrittenUsual))
    assert again == usual


def test_features_are_asked_about_together() -> None:
    rule = next(rule for rule in RULES if rule.id == "feature_drift")
    assert rule.together

    def reading(feature: str, p: float, effect: float, n: int = 500) -> Reading:
        return Reading(Series("m", "1", "feature.psi", feature), START, n, effect, 0.0, p=p, effect=effect)

    sure_but_small, drifted, thin = reading("a", 1e-30, 0.01), reading("b", 1e-20, 0.4), reading("c", 1e-40, 2.0, n=5)
    (question,) = ask({"feature.psi": [rule]}, [sure_but_small, drifted, thin, reading("d", 0.5, 0.2)])
    assert question.reading.series.feature == "b", "the most significant of those that are material"
    assert question.reading.p == pytest.approx(3e-20), "three were tested"
    assert question.about == Series("m", "1", "feature.psi")
    assert question.reading.evidence()["features"] == ["b"]


def test_the_strongest_is_chosen_by_what_is_usual_for_each() -> None:
    rule = next(rule for rule in RULES if rule.id == "feature_drift")
    rhythm, drifted = (
        Reading(Series("m", "1", "feature.psi", feature), START, 500, 0.4, 0.0, p=p, effect=0.4)
        for feature, p in (("rhythm", 1e-40), ("drifted", 1e-20))
    )
    (question,) = ask({"feature.psi": [rule]}, [rhythm, drifted], lambda _, reading: 8.0 if reading is rhythm else 2.0)
    assert (question.reading.series.feature, question.by) == ("drifted", 2.0)
    assert question.reading.p == pytest.approx(2e-10)
    assert question.strangest == pytest.approx(2e-40), "what is counted is not divided"
    assert question.found == {"rhythm": 1e-40, "drifted": 1e-20}


def test_where_nothing_is_usual_yet_there_is_no_p_and_an_open_alert_does_not_end() -> None:
    rule = next(rule for rule in RULES if rule.id == "feature_drift")
    reading = Reading(Series("m", "1", "feature.psi", "a"), START, 500, 0.4, 0.0, p=1e-20, effect=0.4)
    for each in (rule, msgspec.structs.replace(rule, together=False)):
        (question,) = ask({"feature.psi": [each]}, [reading], lambda *_: inf)
        assert question.reading.p is None
        assert question.found == {"a": 1e-20}, "it is counted, or it would never be usual"


def test_what_is_no_surprise_even_undivided_is_quiet_where_nothing_is_usual_yet() -> None:
    rule = next(rule for rule in RULES if rule.id == "feature_drift")
    a, b = (
        Reading(Series("m", "1", "feature.psi", feature), START, 500, effect, 0.0, p=p, effect=effect)
        for feature, p, effect in (("a", 0.4, 0.9), ("b", 0.02, 0.4))
    )
    for readings, p in (([a], 0.4), ([b], None), ([a, b], None)):
        (question,) = ask({"feature.psi": [rule]}, readings, lambda *_: inf)
        assert question.reading.p == p, "of several the most surprising, whatever its effect"


def test_of_principals_the_strangest_says_how_strange_their_feature_was() -> None:
    rule = msgspec.structs.replace(next(rule for rule in RULES if rule.id == "score_drift"), id="mine")
    tester = testing.Tester([rule], 5)
    tester.test(
        [
            Reading(Series("m", "1", rule.metric, "", who), START, 500, 0.4, 0.0, p=p, effect=0.4)
            for who, p in (("anna", 1e-9), ("berta", 0.5))
        ],
        lambda tests: Budget(1e-6, 0.0),
    )
    assert tester.surprises["mine"] == Surprise(2e-9, {"": 1e-9})
