"""What a baseline is learnt from, and what it makes of odd features."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.learn import MAX_FEATURES, Learnt, learn
from monitors.prepared import Prepared
from monitors.scale import rescale
from monitors.scale import scaled as by_scale
from schemas.baselines import Baseline, decode, encode
from schemas.errors import BaselineError
from schemas.summaries import SampleRow, Summary
from tests.support.traffic import learn_from, traffic

TOTAL = Summary({"n": np.array([500])}, {}, {}, [])


def made(features: list[dict[str, Any]]) -> Baseline:
    rows = []
    for i, values in enumerate(features):
        num = {k: v for k, v in values.items() if isinstance(v, float)}
        cat = {k: v for k, v in values.items() if isinstance(v, str)}
        rows.append(SampleRow(i, num, cat, None, "", None))
    return learn("m", "1", 1, rows, TOTAL, Learnt(0, 60_000_000_000, 1))


def test_the_order_of_rows_does_not_matter() -> None:
    features: list[dict[str, Any]] = [{"a": float(i % 37), "b": "xy"[i % 2]} for i in range(300)]
    rows = [SampleRow(i, {"a": f["a"]}, {"b": f["b"]}, None, "", None) for i, f in enumerate(features)]
    time = Learnt(0, 60_000_000_000, 1)
    assert learn("m", "1", 1, rows, TOTAL, time).id == learn("m", "1", 1, rows[::-1], TOTAL, time).id


def test_a_discrete_feature_has_a_bin_for_each_value() -> None:
    baseline = made([{"a": float(i % 3)} for i in range(300)])
    assert baseline.numeric[0].edges == (0.5, 1.5)
    assert baseline.numeric[0].counts == (100, 100, 100)


def test_a_constant_feature_is_one_bin_and_its_range_one_value() -> None:
    baseline = made([{"a": 7.0} for _ in range(200)])
    assert (baseline.numeric[0].edges, baseline.numeric[0].low, baseline.numeric[0].high) == ((), 7.0, 7.0)
    Prepared(baseline)


def test_a_skewed_feature_has_no_empty_first_bin() -> None:
    baseline = made([{"a": max(0.0, i - 280.0)} for i in range(300)])
    assert all(baseline.numeric[0].counts)


def test_only_categories_means_no_forest() -> None:
    baseline = made([{"a": "xyz"[i % 3]} for i in range(300)])
    assert baseline.numeric == ()
    assert baseline.forest is None
    assert baseline.categorical[0].vocabulary == ("x", "y", "z")
    Prepared(baseline)


def test_no_features_at_all_is_still_a_baseline() -> None:
    baseline = made([{} for _ in range(300)])
    assert not baseline.numeric
    assert not baseline.categorical
    Prepared(baseline)


def test_a_feature_is_what_most_of_its_values_are() -> None:
    mixed: list[dict[str, Any]] = [{"a": 1.0 if i % 3 else "one", "b": "two" if i % 3 else 2.0} for i in range(300)]
    baseline = made(mixed)
    assert [f.name for f in baseline.numeric] == ["a"]
    assert baseline.numeric[0].missing == 100
    assert [(f.name, f.vocabulary) for f in baseline.categorical] == [("b", ("two", "2"))]


def test_a_feature_that_is_always_missing_is_not_known() -> None:
    rows = traffic(60, 10)
    for row in rows:
        row["features"]["gone"] = None
    assert "gone" not in {f.name for f in learn_from(rows).numeric}


def test_too_few_rows_is_a_clear_error() -> None:
    with pytest.raises(BaselineError, match="m 1: 99 events are too few for a baseline; at least 100"):
        made([{"a": 1.0}] * 99)


def test_invented_names_do_not_make_a_huge_baseline() -> None:
    features: list[dict[str, Any]] = [{"real": float(i), **{f"x{i}-{j}": 1.0 for j in range(20)}} for i in range(300)]
    names = [f.name for f in made(features).numeric]
    assert len(names) == MAX_FEATURES
    assert "real" in names


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_any_numbers_give_a_baseline_that_can_be_stored_and_used(values: list[float]) -> None:
    values = values * 100
    baseline = made([{"a": value} for value in values])
    assert decode(encode(baseline)) == baseline
    assert sum(baseline.numeric[0].counts) == len(values)
    assert all(math.isfinite(edge) for edge in baseline.numeric[0].edges)
    x = np.array([[v] for v in (*values[:20], 1.7e308, -1.7e308)])
    scaled = by_scale([Prepared(baseline).scale], np.zeros(len(x), dtype=np.int64), x)
    assert ((scaled >= 0) & (scaled <= 1)).all()


def test_beyond_the_range_runs_out_to_the_ends() -> None:
    knots = np.linspace(0, 10, 33)
    assert rescale(np.array([-10.0, 0.0, 5.0, 10.0, 20.0]), knots).tolist() == pytest.approx([0, 0.1, 0.5, 0.9, 1])
    assert np.isnan(rescale(np.array([np.nan]), knots)).all()
