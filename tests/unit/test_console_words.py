"""Numbers, times, pictures and health words of the console: pure functions."""

from __future__ import annotations

import json

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from dashboards.console import evidence, words
from dashboards.console.health import learnt, model_health, patience
from dashboards.console.pages.alert import replay_command
from dashboards.console.pages.wellness import judge_check, late_check, loss_check, store_check, worker_check
from dashboards.console.pictures import bars, line, spark
from dashboards.console.view import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS
from schemas.sections import Judge

NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (NAN, "–"), (0, "0"), (0.1234, "0.123"), (1234.5, "1,234"), (-2.5, "−2.5"), (3e-13, "3.0 × 10⁻¹³")],
)
def test_a_number_is_short_and_an_absent_one_is_a_dash(value: float | None, text: str) -> None:
    assert words.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.0, "0.00 %"), (0.00001, "< 0.01 %"), (0.0034, "0.34 %"), (0.5, "50.0 %"), (1, "100 %")],
)
def test_a_share_is_a_percentage(value: float | None, text: str) -> None:
    assert words.share(value) == text


def test_ages_are_said_in_the_unit_that_fits() -> None:
    now = 1_772_445_630 * SECOND_NS
    said = [
        words.age(now - ago, now)
        for ago in (0, 5 * SECOND_NS, 90 * SECOND_NS, 3 * HOUR_NS + 600 * SECOND_NS, 9 * DAY_NS)
    ]
    assert said == ["now", "5 s ago", "1 min ago", "3 h 10 min ago", "9 d ago"]
    assert words.age(0, now) == words.age(None, now) == "never"
    assert words.age(now + HOUR_NS, now) == "in 1 h"


@examples(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)))
def test_no_time_breaks_a_page(ns: int | None) -> None:
    for say in (words.clock_time, words.axis_time, words.age):
        assert say(ns, 1_772_445_630 * SECOND_NS)
    words.iso(ns)


@examples(st.one_of(st.none(), st.floats()))
def test_no_number_breaks_a_page(value: float | None) -> None:
    for say in (words.number, words.count, words.share):
        assert say(value)
    assert words.reading(value, "latency.p50")


def test_a_reading_has_the_unit_of_its_metric() -> None:
    assert words.reading(14.0, "latency.p50") == "14 ms"
    assert words.reading(0.01, "errors.share") == "1.0 %"
    assert words.reading(None, "errors.share") == "not enough data"
    assert words.title("something_new") == "Something new"


def test_a_line_breaks_where_there_was_no_value() -> None:
    drawn = line(
        [(0, 1.0), (1, 2.0), (2, None), (3, 1.0), (4, NAN), (5, 1.0), (6, 3.0)], 0, 6, expected=[(0, 1.0), (6, 1.0)]
    )
    assert len(drawn.pieces) == 2
    assert len(drawn.dots) == 1
    assert (drawn.values, drawn.last, drawn.last_expected) == (5, 3.0, 1.0)


@examples(st.lists(st.tuples(st.integers(0, 100), st.one_of(st.none(), st.floats())), max_size=20))
def test_any_line_stays_in_its_box(points: list[tuple[int, float | None]]) -> None:
    drawn = line(sorted(points, key=lambda p: p[0]), 0, 100)
    for piece in drawn.pieces:
        for spot in piece.split():
            x, y = (float(v) for v in spot.split(","))
            assert 0 <= x <= 300
            assert 0 <= y <= 80


def test_bars_keep_the_order_and_the_longest_is_full() -> None:
    drawn = bars([("a", 0.2), ("b", 0.8)], [("b", 0.4), ("c", 0.6)])
    assert [bar.label for bar in drawn] == ["a", "b", "c"]
    assert [bar.expected_length for bar in drawn] == [25.0, 100.0, 0.0]
    assert drawn[0].observed is None


def test_a_sparkline_counts_a_missing_minute_as_nothing() -> None:
    assert spark([(0, 2.0), (2, 4.0)], 0, 4, 1) == "0,28 15.0,14.5 45.0,27.0 75.0,2.0 105.0,27.0 120,28"


KEYS = st.sampled_from([
    "label", "share", "name", "low", "high", "stage", "since_ns", "at_ns", "value", "budget", "min_effect", "level",
])  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner),
    max_leaves=10,
)


@examples(st.dictionaries(st.sampled_from([*sorted(evidence.DRAWN), "x"]), JSON))
def test_evidence_never_breaks_a_page(data: dict[str, object]) -> None:
    evidence.read(json.dumps(data))


def test_evidence_that_is_no_json_is_no_picture() -> None:
    assert evidence.read("[[[") == evidence.read("") == evidence.read("7")


@pytest.mark.parametrize(
    ("alerts", "gap", "learning", "word"),
    [
        ({}, 0, "", "well"),
        ({}, 0, "1 of 2,000 answers", "learning"),
        ({"suspected": 1}, 0, "", "suspected"),
        ({"suspected": 1}, HOUR_NS, "", "silent"),
        ({"ticket": 1}, HOUR_NS, "", "trouble"),
        ({"page": 2}, 0, "1 of 2,000 answers", "trouble"),
    ],
)
def test_a_model_has_one_word(alerts: dict[str, int], gap: int, learning: str, word: str) -> None:
    assert model_health(alerts, DAY_NS, 15 * MINUTE_NS, DAY_NS + gap, learning).word == word


@pytest.mark.parametrize(
    ("events", "minutes", "said"),
    [
        (1500, 200, "1,500 of 2,000 answers"),
        (2500, 12, "12 of 60 minutes"),
        (500, 12, "500 of 2,000 answers, 12 of 60 minutes"),
        (2500, 200, "it is being learnt from live events"),
    ],
)
def test_a_first_baseline_says_how_far_it_is(events: int, minutes: int, said: str) -> None:
    row = {"events": events, "first_ns": DAY_NS, "last_ns": DAY_NS + (minutes - 1) * MINUTE_NS}
    assert learnt(row, Judge()) == said


def test_silence_is_judged_by_the_models_own_habit() -> None:
    assert patience(1440, 0, DAY_NS) == 15 * MINUTE_NS
    assert patience(24, 0, DAY_NS) == 10 * HOUR_NS


def test_the_replay_command_can_be_pasted_into_a_shell() -> None:
    assert replay_command("$(rm -rf ~) 'x'", DAY_NS) == (
        "mirqab replay --stored --model '$(rm -rf ~) '\"'\"'x'\"'\"'' --until 1970-01-02T00:00:00Z"
    )


def test_checks_of_mirqab_itself_say_what_to_do() -> None:
    assert store_check(MINUTE_NS).word == "look"
    assert worker_check(DAY_NS, DAY_NS + HOUR_NS).advice.endswith("restart `mirqab worker`.")
    assert loss_check({"rejects": 200, "events": 1000}).word == "trouble"
    assert late_check({"late": 200, "future": 0, "events": 1000}).word == "look"
    assert loss_check({"rejects": 0, "events": 0}).word == "well"
    assert judge_check is not None


def test_evidence_says_how_many_tests_were_made() -> None:
    judged = {"tests": 9, "level": 1.5e-7, "surprise_divided_by": 2.0, "p_before": 3e-35}
    seen = evidence.read(json.dumps({"features": ["a", "b"], "tested_together": 9, "judged": judged}))
    assert seen.features == ("a", "b")
    assert seen.tests.startswith("one of 9 tests of this pane; each at a level of 1.5e-07; p counts that 9 features")
    assert "surprise divided by 2" in seen.tests
    assert seen.rest == ()
    assert evidence.read('{"judged": 7, "features": "x"}').tests == ""


def test_evidence_says_where_it_began_and_what_had_kept_it_quiet() -> None:
    way = [
        {"stage": stage, "since_ns": at} for stage, at in (("schema", 7), ("feature", 7), ("bad", 1), ("score", None))
    ]
    seen = evidence.read(json.dumps({"stages": way, "quiet_if": {"min_n": 99, "budget": 1e-30}}))
    assert seen.why.began == "Fields and inputs moved first; scores did not move."
    assert [stage.first for stage in seen.why.stages] == [True, True, False]
    assert seen.why.quiet_if == "a min_n of 99"
    assert seen.why.quiet_ns is None
    assert seen.rest == ()
