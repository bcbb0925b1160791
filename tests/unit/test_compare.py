"""What differs between two baselines: found from their counts alone, and never more than there is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.compare import compare, share_below
from schemas.baselines import Baseline
from schemas.values import text
from tests.support.traffic import Change, learn_from, traffic


def learnt(change: Change | None = None, seed: int = 1) -> Baseline:
    return learn_from(traffic(60, 25, seed=seed, change=change))


def always(**features: Any) -> Change:
    def change(row: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
        row["features"].update({k: f(row["features"], rng) if callable(f) else f for k, f in features.items()})
        return row

    return change


def of(values: list[float]) -> Baseline:
    return learn_from([{"ts": 1_750_000_000 + i, "model": "m", "features": {"x": v}} for i, v in enumerate(values)])


def test_a_baseline_does_not_differ_from_itself() -> None:
    one = learnt()
    found = compare(one, one)
    assert (found.new, found.gone, found.retyped) == ((), (), ())
    assert [apart.psi for apart in (*found.features, found.score, found.latency, found.predictions)] == [0.0] * 6


def test_two_samples_of_the_same_traffic_are_near() -> None:
    found = compare(learnt(seed=1), learnt(seed=2))
    assert all((apart.psi or 0) < 0.05 and (apart.p or 0) > 1e-4 for apart in found.features)


def test_what_moved_comes_first_with_its_size_and_sample() -> None:
    found = compare(learnt(), learnt(always(age=lambda f, rng: f["age"] + 12), seed=2))
    first = found.features[0]
    assert first.name == "age"
    assert first.psi is not None
    assert first.psi > 0.5
    assert first.p is not None
    assert first.p < 1e-9
    assert min(first.n) > 1300
    assert first.usual[0] == 40.0
    assert first.usual[1] == pytest.approx(52.0, abs=1.0)


def test_features_and_categories_come_go_and_change_kind() -> None:
    def change(row: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
        features = row["features"]
        del features["amount"]
        features["age"] = f"about {features['age'] // 10}"
        features["channel"] = {"branch": "kiosk"}.get(features["channel"], features["channel"])
        features["fresh"] = 1.0 if rng.random() < 0.5 else 2.0
        return row

    found = compare(learnt(), learnt(change))
    assert (found.new, found.gone, found.retyped) == (("fresh",), ("amount",), ("age",))
    (channel,) = found.features
    assert (channel.new, channel.gone) == (("kiosk",), ("branch",))


def test_missing_values_and_answers_are_told() -> None:
    def change(row: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
        row["features"]["amount"] = None if rng.random() < 0.5 else row["features"]["amount"]
        row["score"] = 0.9
        row["prediction"] = 2
        return row

    found = compare(learnt(), learnt(change))
    amount = next(apart for apart in found.features if apart.name == "amount")
    assert amount.missing[0] == 0
    assert 0.4 < amount.missing[1] < 0.6
    assert found.score.usual[1] == pytest.approx(0.9)
    assert (found.score.psi or 0) > 1
    assert (found.predictions.new, found.predictions.gone) == (("2",), ("0", "1"))


def test_without_answers_there_is_nothing_to_compare() -> None:
    bare = learn_from([{"ts": 1_750_000_000 + i, "model": "m"} for i in range(200)])
    found = compare(bare, learnt())
    assert (found.score.psi, found.score.n[0]) == (None, 0)
    assert found.score.usual[0] is None
    assert found.new == ("age", "amount", "channel")


def test_a_constant_that_moved_is_seen_on_the_bins_of_the_other() -> None:
    found = compare(of([7.0] * 200), of([float(i % 3) for i in range(200)]))
    assert (found.features[0].psi or 0) > 1
    both = compare(of([7.0] * 200), of([8.0] * 200)).features[0]
    assert (both.psi, both.usual) == (None, (7.0, 8.0))


@given(st.lists(st.integers(-50, 50).map(float), min_size=2, max_size=60), st.lists(st.integers(-60, 60), min_size=1))
def test_a_share_is_never_wrong_by_more_than_a_knot(values: list[float], at: list[int]) -> None:
    many = values * (200 // len(values) + 1)
    (feature,) = of(many).numeric
    edges = np.array(sorted(set(at)), dtype=np.float64)
    truth = np.array([np.mean(np.array(many) < edge) for edge in edges])
    shares = share_below(feature, edges)
    assert np.abs(shares - truth).max() <= 1 / 32 + 1 / 200 + 1e-9
    assert (np.diff(shares) >= 0).all()
    own = np.array(feature.edges)
    if len(own):
        assert share_below(feature, own) == pytest.approx([np.mean(np.array(many) < edge) for edge in own])


def test_texts_and_numbers_are_told_apart_as_the_line_does() -> None:
    assert text(1.0) == "1"
    found = compare(
        of([1.0, 2.0] * 100),
        learn_from([{"ts": 1_750_000_000 + i, "model": "m", "features": {"x": "12"[i % 2]}} for i in range(200)]),
    )
    assert found.retyped == ("x",)
