"""What dependent events are worth, and which changes of a week are named: at the promised rate, and no smaller ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from monitors.weekly.changes import Change, Reference, changes
from monitors.weekly.outcomes import estimated, measured
from monitors.weekly.rows import Rows
from monitors.weekly.segments import disparities
from monitors.weekly.worth import block_counts, design_effect, difference, histograms, holm, shares
from schemas.baselines import Baseline, Categorical, Numeric

WEEK_NS = 604_800_000_000_000
Rng = np.random.Generator


def rows(rng: Rng, n: int, shift: float = 0.0, missing: float = 0.0, grouped: float = 0.0) -> Rows:
    """Two numbers and a category; `grouped` moves all numbers of a block together."""
    ts = np.sort(rng.integers(0, WEEK_NS, n))
    together = rng.normal(0, grouped, 28)[ts * 28 // WEEK_NS] if grouped else 0.0
    a, b = rng.normal(shift, 1, n) + together, rng.normal(0, 1, n) + together
    a[rng.random(n) < missing] = np.nan
    score = rng.random(n)
    answer = np.where(score > 0.7, "1", "0").astype(object)
    right = rng.random(n) < np.maximum(score, 1 - score)
    label = np.where(right, answer, np.where(answer == "1", "0", "1")).astype(object)
    region = np.where(rng.random(n) < 0.3, "region=north", "region=south").astype(object)
    word = rng.choice(np.array(["x", "y"], dtype=object), n)
    whole: Any = np.full(n, "1", dtype=object)
    return Rows(0, WEEK_NS, n, ts, {"a": a, "b": b}, {"c": word}, score, answer, label, region, whole)


def baseline(sample: Rows) -> Baseline:
    numeric = []
    for name, x in sample.num.items():
        x = x[~np.isnan(x)]
        edges = tuple(float(e) for e in np.quantile(x, np.arange(1, 10) / 10))
        counts = tuple(int(k) for k in np.bincount(np.searchsorted(edges, x, side="right"), minlength=10))
        knots = tuple(float(e) for e in np.quantile(x, np.arange(33) / 32))
        numeric.append(Numeric(name, edges, counts, knots, float(x.min()), float(x.max()), 0))
    words = Categorical("c", ("x", "y"), tuple(int((sample.cat["c"] == w).sum()) for w in "xy"), 0, 0)
    n = len(sample)
    return Baseline("m", "1", 1, 0, WEEK_NS, 10_080, n, n, tuple(numeric), (words,), {}, {}, {}, None, "given")


def found(seed: int, *, stored: bool = True, **change: float) -> list[Change]:
    rng = np.random.default_rng(seed)
    before, now = rows(rng, 3000, grouped=change.get("grouped", 0.0)), rows(rng, 3000, **change)
    return changes(Reference(baseline(before), before if stored else None), now)


def test_independent_events_are_worth_themselves_and_equal_ones_one() -> None:
    rng = np.random.default_rng(1)
    blocks = np.repeat(np.arange(28), 100)
    alone = block_counts(rng.integers(0, 5, 2800), blocks, 5, 28)
    together = block_counts(np.repeat(rng.integers(0, 5, 28), 100), blocks, 5, 28)
    assert design_effect(alone) < 1.6
    assert 70 < design_effect(together) < 140


def test_the_interval_of_psi_holds_what_is_true() -> None:
    """The true PSI of these shares lies in the interval 95 times in 100; 88 leaves room for 200 draws."""
    rng = np.random.default_rng(2)
    p, q = np.array([0.3, 0.3, 0.2, 0.2]), np.array([0.2, 0.3, 0.2, 0.3])
    true = float(((q - p) * np.log(q / p)).sum())
    hits = 0
    for _ in range(200):
        effect = histograms(rng.multinomial(2000, p)[None], rng.multinomial(1000, q)[None])
        hits += effect.low <= true <= effect.high
    assert hits >= 0.88 * 200


def test_a_share_that_grew_is_said_with_its_interval() -> None:
    effect = shares(np.array([[900, 100]]), np.array([[850, 150]]))
    assert (round(effect.value, 3), effect.low < 0.05 < effect.high) == (0.05, True)
    assert difference(0.1, 1000, 0.1, 1000).p == pytest.approx(1.0)
    with pytest.raises(ValueError, match="no share"):
        shares(np.array([[0, 0]]), np.array([[1, 1]]))


def test_holm_names_as_it_must() -> None:
    assert holm([]) == []
    assert holm([0.5, 0.001]) == [0.5, 0.002]


@pytest.mark.parametrize("grouped", [0.0, 0.5])
def test_healthy_weeks_name_nothing_at_the_promised_rate(grouped: float) -> None:
    """Forty weeks, also ones whose events of an hour are alike; at 5 % more than five would be wrong (p < 0.02)."""
    wrong = sum(any(c.named(0.05) for c in found(seed, grouped=grouped)) for seed in range(40))
    assert wrong <= 5


def test_without_regard_to_dependence_grouped_weeks_would_look_changed() -> None:
    """What the design effect is for: taken as independent, most of those weeks differ for certain."""
    wrong = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        sides = [rows(rng, 3000, grouped=0.5) for _ in range(2)]
        edges = np.quantile(sides[0].num["a"], np.arange(1, 10) / 10)
        flat = [np.bincount(np.searchsorted(edges, s.num["a"]), minlength=10)[None].astype(np.int64) for s in sides]
        wrong += histograms(flat[0], flat[1]).p < 0.05
    assert wrong >= 10


@pytest.mark.parametrize("stored", [True, False])
def test_what_changed_is_named_and_nothing_else(stored: bool) -> None:
    named = {(c.feature, c.kind) for c in found(3, stored=stored, shift=0.5, missing=0.2) if c.named(0.05)}
    assert named == {("a", "values"), ("a", "missing")}


def test_a_change_too_small_to_matter_is_certain_and_not_named() -> None:
    rng = np.random.default_rng(4)
    before, now = rows(rng, 40_000), rows(rng, 40_000, shift=0.1)
    change = next(
        c for c in changes(Reference(baseline(before), before), now) if (c.feature, c.kind) == ("a", "values")
    )
    assert (change.p_all < 0.001, change.material, change.named(0.05)) == (True, False, False)


def test_eight_rows_name_nothing() -> None:
    rng = np.random.default_rng(5)
    before, now = rows(rng, 3000), rows(rng, 8, shift=5.0)
    assert not any(c.named(0.05) for c in changes(Reference(baseline(before), before), now))


def test_accuracy_is_measured_and_estimated_alike_where_scores_are_honest() -> None:
    rng = np.random.default_rng(6)
    before, now = rows(rng, 5000), rows(rng, 5000)
    known, guess = measured(before, now), estimated(before, now)
    assert known is not None
    assert guess is not None
    assert known.change is not None
    assert abs(known.accuracy - guess.now) < 0.03
    assert known.change.low < 0 < known.change.high
    assert guess.calibrated


def test_a_segment_that_is_decided_differently_is_found() -> None:
    rng = np.random.default_rng(7)
    before, now = rows(rng, 5000), rows(rng, 5000)
    assert all(each.p_all > 0.05 for each in disparities(before, now, (), "1"))
    now.prediction[(now.segment == "region=north") & (rng.random(5000) < 0.5)] = "0"
    first = disparities(before, now, (), "1")[0]
    assert first.disparity.high < 0 if first.name == "region=north" else first.disparity.low > 0
    assert first.p_all < 0.001
