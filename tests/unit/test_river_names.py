"""Any drift or anomaly detector of River can be named in a rule, and nothing else can be made by one."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river import drift

from monitors import checks, kswin, river_catalogue, river_ranges, testing
from monitors.detectors import kind, load
from monitors.purse import Budget
from schemas.errors import RuleError
from schemas.rules import load_rule
from schemas.signals import BREACH, NOT_ENOUGH

RULE = (Path(__file__).parents[2] / "monitors/rules/latency_level.toml").read_text().partition("[parameters]")[0]
NESTED = """
[parameters]
n_std = 8
[parameters.predictive_model]
class = "river.time_series.SNARIMAX"
p = 2
d = 0
q = 1
"""


@pytest.mark.parametrize(
    ("name", "parameters", "says"),
    [
        ("river.drift.ADWINN", {}, "did you mean river.drift.ADWIN"),
        ("KSWINN", {}, "did you mean KSWIN"),
        ("KSWIN", {"windw_size": 30}, "unknown parameter of KSWIN 'windw_size'; did you mean window_size"),
        ("KSWIN", {"window_size": "long"}, "window_size must be int, not 'long'"),
        ("KSWIN", {"stat_size": 60}, "stat_size <= window_size / 2"),
        ("KSWIN", {"window_size": 2000}, "memory must be at least 2001"),
        ("EDDM", {"alpha": 0.1}, "'alpha' must be greater"),
        ("HDDMW", {"lambda_val": 7}, "lambda_val must lie in (0, 1), not 7"),
        ("DDM", {"drift_threshold": -1}, "drift_threshold must be more than 0, not -1"),
        ("LODA", {"n_bins": 0}, "n_bins must be at least 2, not 0"),
        ("HalfSpaceTrees", {"height": 40}, "height must lie in [1, 15], not 40"),
        ("ADWIN", {"delta": float("nan")}, "delta must be a finite number, not nan"),
        ("FHDDM", {"short_window_size": 900}, "at most sliding_window_size, not 900"),
        ("PredictiveAnomalyDetection", {"predictive_model": {"class": "HoltWinters", "alpha": 7}}, "alpha must lie in"),
        ("GaussianScorer", {"tail": 0.001}, "needs at least 999 scores"),
        ("GaussianScorer", {"lasting": 0}, "lasting >= 1"),
        ("river.drift.NoDrift", {}, "it never alarms"),
        ("QuantileFilter", {}, "name the detector it would wrap"),
        ("river.time_series.HoltWinters", {}, "unknown detector"),
        ("os.system", {}, "unknown detector"),
        ("river.drift.binary", {}, "unknown detector"),
        ("PredictiveAnomalyDetection", {"predictive_model": {"class": "os.system"}}, "unknown forecaster 'os.system'"),
        ("PredictiveAnomalyDetection", {"predictive_model": {"class": "HoltWinters"}}, "HoltWinters needs alpha"),
        ("PredictiveAnomalyDetection", {"predictive_model": {"class": "SNARIMAX", "p": "1"}}, "p must be int"),
        ("PredictiveAnomalyDetection", {"predictive_model": {"class": "SNARIMAX", "regressor": "x"}}, "'regressor'"),
        ("PredictiveAnomalyDetection", {"predictive_model": "HoltWinters"}, "must be a table"),
    ],
)
def test_a_mistake_is_told_with_what_would_be_right(name: str, parameters: dict[str, Any], says: str) -> None:
    with pytest.raises(RuleError, match=re.escape(says)):
        load(name, parameters)


@pytest.mark.parametrize("name", river_catalogue.entries())
def test_every_number_of_rivers_has_its_range(name: str) -> None:
    entry = river_catalogue.entries()[name]
    for key, parameter in entry.parameters.items():
        if str(parameter.annotation).partition(" | ")[0] not in ("int", "float"):
            continue
        allowed = river_ranges.range_of(entry.short, key)
        assert allowed is not None, f"what may {key} be? monitors/river_ranges.py says"
        assert parameter.default is None or parameter.default in allowed
        with pytest.raises(RuleError, match=f"{key} must .*, not -1"):
            load(name, {key: -1})


def test_every_number_of_a_forecaster_has_its_range() -> None:
    for name in river_catalogue.forecasters():
        short = name.rpartition(".")[2]
        for key, parameter in river_catalogue.offered(short, river_catalogue.forecasters()[name]).items():
            assert parameter.annotation == "bool" or river_ranges.range_of(short, key) is not None, key


@pytest.mark.parametrize("name", ["HDDM_A", "HDDMA", "river.drift.HDDM_A", "river.drift.binary.HDDMA"])
def test_a_class_has_several_spellings(name: str) -> None:
    assert kind(name) is kind("river.drift.binary.HDDMA")


def test_all_that_were_asked_for_are_there() -> None:
    asked = "ADWIN PageHinkley KSWIN DDM EDDM HDDM_A HDDM_W FHDDM HalfSpaceTrees OneClassSVM LODA LocalOutlierFactor"
    for name in [*asked.split(), "GaussianScorer", "StandardAbsoluteDeviation", "PredictiveAnomalyDetection"]:
        assert river_catalogue.find(name), name


def test_a_rule_file_names_a_wrapped_forecaster(tmp_path: Path) -> None:
    path = tmp_path / "latency_level.toml"
    path.write_text(RULE.replace('"page_hinkley"', '"river.anomaly.PredictiveAnomalyDetection"') + NESTED)
    tester = testing.Tester([load_rule(path)], 5)
    series = replace(checks.SERIES, metric="latency.p50")
    readings = [replace(each, series=series) for each in checks.joined(checks.calm(500), checks.shifted(20))]
    signals = [tester.test([each], lambda tests: Budget(0.0, 0.0))[0] for each in readings]
    verdicts = [signal.verdict for told in signals for signal in told]
    assert BREACH not in verdicts[:500]
    assert BREACH in verdicts[500:]


def test_an_error_inside_river_is_not_enough_data() -> None:
    model = {"class": "HoltWinters", "alpha": 0.5, "beta": 0.5, "gamma": 0.5, "seasonality": 4, "multiplicative": True}
    detector = load("PredictiveAnomalyDetection", {"predictive_model": model})
    said = checks.told(detector, [replace(each, value=3.0) for each in checks.calm(300)])
    assert {each.verdict for each in said} == {NOT_ENOUGH}
    assert any("failed (float division by zero)" in each.reason for each in said)


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 12), min_size=70, max_size=160),
    st.sampled_from([(30, 10), (40, 20), (60, 30)]),
    st.sampled_from([0.005, 0.05, 0.3]),
    st.integers(0, 3),
)
def test_the_quick_kswin_is_rivers_to_the_last_bit(
    values: list[int], sizes: tuple[int, int], alpha: float, seed: int
) -> None:
    window_size, stat_size = sizes
    rng = random.Random(seed)
    ours = kswin.KSWIN(alpha, window_size, stat_size, seed)
    theirs = drift.KSWIN(alpha, window_size, stat_size, seed)
    for value in values:
        x = value + (rng.random() if seed % 2 else 0.0)
        ours.update(x)
        theirs.update(x)
        assert (ours.drift_detected, ours.p_value) == (theirs.drift_detected, theirs.p_value)
        assert list(ours.window) == list(theirs.window)
