"""Why an alert was raised: where it began, what had kept it quiet, what it was before; and that Monday forgets none."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
import pytest
from scipy.special import chdtri

from monitors.explain import above, contributors, quiet_if
from monitors.judge import Judge
from monitors.prepared import Prepared
from monitors.statistics import psi_p
from schemas.alerts import Alert
from schemas.events import MINUTE_NS
from schemas.readings import Reading, Series
from schemas.signals import BREACH, Signal
from schemas.summaries import Summary, SummaryKey
from tests.support.traffic import MONDAY, RULES, Made, learn_from, observed, small_settings, traffic

START_NS = MONDAY * 1_000_000_000
RULE = next(rule for rule in RULES if rule.id == "feature_drift")


def moves(row: dict[str, Any], rng: Any) -> dict[str, Any]:
    """Two inputs move after half an hour, the score ten minutes later."""
    if row["ts"] >= MONDAY + 1800:
        row["features"].update(age=row["features"]["age"] + 12, amount=row["features"]["amount"] * 4)
    if row["ts"] >= MONDAY + 2400:
        row["score"] = round(float(rng.beta(5, 2)), 4)
    return row


@cache
def prepared() -> Prepared:
    return Prepared(learn_from(traffic(60, 100, seed=99)))


@cache
def closes() -> dict[int, dict[SummaryKey, Summary]]:
    """An hour, scored, by minute."""
    found: dict[int, dict[SummaryKey, Summary]] = {}
    records = Made().add(traffic(60, 60, seed=5, change=moves)).records
    for key, summary in observed(records, prepared=prepared()).items():
        found.setdefault(key.minute_ns, {})[key] = summary
    return found


def fresh() -> Judge:
    judge = Judge(small_settings(), RULES)
    judge.know(prepared())
    return judge


def told(judge: Judge, minutes: range) -> list[Alert]:
    ns = (START_NS + m * MINUTE_NS for m in minutes)
    return [alert for minute in ns for alert in judge.close(minute, closes().get(minute, {})).alerts]


def test_a_drift_says_where_it_began_and_when_it_was_last_quiet() -> None:
    alerts = {alert.rule: alert for alert in told(fresh(), range(60)) if alert.opened_ns}
    score = alerts["score_drift"].evidence
    since = {each["stage"]: each["since_ns"] for each in score["stages"]}
    assert since == {
        "schema": None,
        "feature": START_NS + 35 * MINUTE_NS,
        "score": START_NS + 45 * MINUTE_NS,
        "decision": START_NS + 45 * MINUTE_NS,
    }
    assert score["last_quiet"]["at_ns"] == START_NS + 40 * MINUTE_NS
    assert score["last_quiet"]["value"] < 0.1 < (alerts["score_drift"].effect or 0)
    inputs = alerts["feature_drift"].evidence["contributors"]
    assert len(inputs) == 5
    assert {part["name"].split()[0] for part in inputs} == {"age", "amount"}
    assert 0.4 < sum(part["share"] for part in inputs) < 1
    assert {part["name"].split()[0] for part in score["inputs"]} == {"age", "amount"}
    assert alerts["feature_drift"].evidence["last_quiet"]["at_ns"] == START_NS + 30 * MINUTE_NS


@pytest.mark.parametrize("written", [30, 35, 40, 45])
def test_a_judge_rebuilt_from_what_was_written_explains_the_same(written: int) -> None:
    going = fresh()
    told(going, range(written))
    profiles = going.turn(START_NS + written * MINUTE_NS)
    rebuilt = fresh()
    rebuilt.load([profile.state for profile in profiles], START_NS + (written - 1) * MINUTE_NS)
    later = told(going, range(written, 60))
    assert any("last_quiet" in alert.evidence for alert in later)
    assert told(rebuilt, range(written, 60)) == later


@pytest.mark.parametrize("what", ["min_effect", "min_n"])
def test_the_smallest_gate_that_it_names_is_enough(what: str) -> None:
    named = next(a for a in told(fresh(), range(60)) if a.rule == "feature_drift").evidence["quiet_if"]
    rules = tuple(
        msgspec.structs.replace(rule, **{what: named[what]}) if rule.id == "feature_drift" else rule for rule in RULES
    )
    judge = Judge(small_settings(), rules)
    judge.know(prepared())
    first = told(judge, range(35))
    assert "feature_drift" not in {alert.rule for alert in first}


def signal(p: float | None, n: int, effect: float, level: float = 1e-6) -> Signal:
    judged = {"tests": 9, "level": level, "surprise_divided_by": 1.0, "p_before": p}
    series = Series("card", "1", "feature.psi", "age")
    evidence = {} if p is None else {"judged": judged}
    return Signal("feature_drift", "significant", series, 0, BREACH, n, effect, 0, p, effect, "", "", evidence)


def test_so_many_events_are_near_what_chi_square_says() -> None:
    """PSI of 0.5 in ten bins, 600 events against 5,000: how many events had been too few for one in a million?"""
    p = psi_p(0.5, 5000, 600, 10)
    said = quiet_if(signal(p, 600, 0.5), RULE, [])
    exact = 1 / (0.5 / float(chdtri(9, 1e-6)) - 1 / 5000)
    assert 0.75 < said["events"] / exact < 1.25
    assert said["min_effect"] == 0.51
    assert said["min_n"] == 601


def test_a_detector_that_only_says_yes_or_no_has_no_such_gates() -> None:
    assert quiet_if(signal(None, 600, 0.5), RULE, []) == {}


def test_what_is_below_the_smallest_sample_is_not_asked_for() -> None:
    assert quiet_if(signal(1e-300, 150, 3.0), RULE, [])["events"] == RULE.min_n - 1


def test_parts_of_all_features_add_up() -> None:
    def reading(name: str, value: float) -> Reading:
        parts = {"contributors": [{"name": f"{name} a", "share": 0.75}, {"name": f"{name} b", "share": 0.25}]}
        return Reading(Series("m", "", "feature.psi", name), 0, 500, value, evidence=lambda: parts)

    parts = contributors([reading("x", 0.2), reading("y", 0.1)])
    assert [(part["name"], round(part["share"], 4)) for part in parts] == [
        ("x a", 0.5), ("y a", 0.25), ("x b", 0.1667), ("y b", 0.0833),
    ]  # fmt: skip
    assert contributors([]) == []


@pytest.mark.parametrize("value", [0.1, 0.35, 0.99, 1.0, 7.7, 123.0, 1e-9])
def test_the_next_floor_is_larger_and_near(value: float) -> None:
    assert value < above(value) <= value * 1.11
