"""Statistics against scipy and against simulation: a p-value is right when healthy data seldom make it small."""

from __future__ import annotations

import doctest
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import jensenshannon

from monitors import statistics
from monitors.statistics import js, psi, psi_min_n, psi_p, quantile_from_counts, share_p, silence_p, wasserstein_rows

counts = st.lists(st.integers(0, 1000), min_size=2, max_size=20).filter(lambda values: sum(values) > 0)


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(statistics).failed == 0


@given(left=counts, right=counts)
def test_psi_is_finite_symmetric_and_adds_up(left: list[int], right: list[int]) -> None:
    width = min(len(left), len(right))
    if not sum(left[:width]) or not sum(right[:width]):
        return
    value, parts = psi(left[:width], right[:width])
    assert np.isfinite(value)
    assert (parts >= 0).all()
    assert value == pytest.approx(parts.sum())
    assert value == pytest.approx(psi(right[:width], left[:width])[0])


def test_psi_of_large_samples_is_the_textbook_one() -> None:
    before, now = np.array([0.5, 0.3, 0.2]), np.array([0.4, 0.3, 0.3])
    expected = ((now - before) * np.log(now / before)).sum()
    assert psi(before * 1e9, now * 1e9)[0] == pytest.approx(expected, rel=1e-6)


def test_psi_refuses_what_has_no_distribution() -> None:
    with pytest.raises(ValueError, match="not enough data"):
        psi([1, 2], [0, 0])
    with pytest.raises(ValueError, match="same bins"):
        psi([1, 2], [1, 2, 3])


@pytest.mark.parametrize(("n", "m", "bins"), [(1000, 200, 10), (5000, 100, 20), (2000, 2000, 5)])
def test_psi_p_keeps_its_promise_on_healthy_windows(n: int, m: int, bins: int) -> None:
    rng = np.random.default_rng(1)
    share = np.full(bins, 1 / bins)
    p = np.array([psi_p(psi(rng.multinomial(n, share), rng.multinomial(m, share))[0], n, m, bins) for _ in range(4000)])
    # 4,000 windows: three standard errors are 0.010 at 0.05 and 0.005 at 0.01, and chi-square is an approximation.
    assert (p <= 0.05).mean() < 0.065
    assert (p <= 0.01).mean() < 0.017
    assert 0.4 < np.median(p) < 0.65


def test_psi_p_stays_careful_where_bins_are_rare_or_unused() -> None:
    rng, share = np.random.default_rng(4), 1 / np.arange(1, 61) ** 1.5
    share = np.r_[share / share.sum(), np.zeros(20)]
    for n, m in ((2000, 1000), (1000, 100)):
        pairs = [(rng.multinomial(n, share), rng.multinomial(m, share)) for _ in range(1000)]
        assert np.mean([psi_p(psi(before, now)[0], n, m, 80) <= 0.05 for before, now in pairs]) < 0.05


def test_a_bin_that_nobody_uses_contributes_nothing() -> None:
    assert psi([500, 300, 0, 200], [40, 30, 0, 30])[0] == pytest.approx(psi([500, 300, 200], [40, 30, 30])[0])


def test_psi_p_without_data_tells_nothing() -> None:
    assert psi_p(9.0, 100, 100, 1) == 1.0
    assert psi_p(9.0, 100, 0, 10) == 1.0
    assert 0 < psi_p(1e6, 10**6, 10**6, 10) < 1e-300


def test_below_psi_min_n_chance_alone_is_material() -> None:
    smallest = psi_min_n(10, 1000, floor=0.1, alpha=0.01)
    assert smallest is not None
    assert psi_p(0.1, 1000, smallest, 10) <= 0.01 < psi_p(0.1, 1000, smallest - 1, 10)
    assert psi_min_n(10, 10**9, floor=10.0) == 50  # five events in each bin, whatever the floor
    assert psi_min_n(10, 49) is None
    assert psi_min_n(10, 100) is None


@given(n=st.integers(1, 60), ref_n=st.integers(1, 60), hits=st.floats(0, 1), ref_hits=st.floats(0, 1))
def test_share_p_is_the_beta_binomial_tail_and_fishers_exact_test(
    n: int, ref_n: int, hits: float, ref_hits: float
) -> None:
    h, r = round(hits * n), round(ref_hits * ref_n)
    p = share_p(h, n, r, ref_n)
    fisher = stats.fisher_exact([[h, n - h], [r, ref_n - r]], alternative="greater").pvalue
    assert p == pytest.approx(fisher, rel=1e-9, abs=1e-12)
    if r < ref_n:
        tail = stats.betabinom.pmf(np.arange(h, n + 1), n, r + 1, ref_n - r).sum()
        assert p == pytest.approx(tail, rel=1e-8, abs=1e-12)


@pytest.mark.parametrize("share", [0.001, 0.01, 0.2])
def test_share_p_is_valid_whatever_the_true_share(share: float) -> None:
    rng = np.random.default_rng(2)
    now, before = rng.binomial(300, share, 3000), rng.binomial(1000, share, 3000)
    p = np.array([share_p(int(h), 300, int(r), 1000) for h, r in zip(now, before, strict=True)])
    for alpha in (0.05, 0.01):
        assert (p <= alpha).mean() <= alpha + 3 * np.sqrt(alpha / 3000)


def test_share_p_is_exact_for_scores_beyond_a_calibration_score() -> None:
    rng = np.random.default_rng(3)
    p = []
    for _ in range(3000):
        threshold = np.sort(rng.random(200))[-10]  # nine of 200 exceed it
        p.append(share_p(int((rng.random(100) > threshold).sum()), 100, 9, 200))
    assert abs(np.mean(np.array(p) <= share_p(10, 100, 9, 200)) - share_p(10, 100, 9, 200)) < 0.01


def test_share_p_is_accurate_deep_in_the_tail() -> None:
    # All of the marked events are new ones: a single term, known in closed form.
    assert share_p(30, 100, 0, 10_000) == pytest.approx(np.exp(_log_ratio(100, 30) - _log_ratio(10_100, 30)), rel=1e-9)
    assert share_p(90, 100, 0, 10_000) < 1e-190
    assert share_p(1_000_000, 1_000_000, 0, 1_000_000) == statistics.SMALLEST
    assert share_p(500_000, 1_000_000, 500_000, 1_000_000) == pytest.approx(0.5, abs=0.01)


def _log_ratio(n: int, k: int) -> float:
    """Log of n (n-1) ... (n-k+1)."""
    return float(np.log(np.arange(n - k + 1, n + 1)).sum())


def test_share_p_at_the_ends() -> None:
    assert share_p(0, 10, 0, 100) == 1.0
    assert share_p(5, 10, 0, 0) == 1.0
    assert share_p(0, 0, 5, 10) == 1.0
    with pytest.raises(ValueError, match="11 of 10"):
        share_p(11, 10, 0, 0)


def test_silence_p() -> None:
    assert silence_p(1.0, 0.0) == 1.0
    assert silence_p(0.5, 10.0) == pytest.approx(stats.poisson.pmf(0, 5.0))
    assert silence_p(1e6, 60.0) > 0


@given(values=st.lists(st.floats(0.0, 99.0), min_size=1, max_size=200), q=st.floats(0, 1))
def test_a_quantile_is_within_one_bin_of_the_true_one(values: list[float], q: float) -> None:
    edges = np.arange(0.0, 101.0, 5.0)
    histogram = np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
    truth = np.quantile(values, q, method="inverted_cdf")
    assert abs(quantile_from_counts(histogram, edges, q) - truth) <= 5.0


def test_a_quantile_in_an_open_bin_is_its_finite_edge() -> None:
    assert quantile_from_counts([5, 0, 0], [1.0, 2.0], 0.9) == 1.0
    assert quantile_from_counts([0, 0, 5], [1.0, 2.0], 0.1) == 2.0
    assert quantile_from_counts([0, 4, 4], [1.0, 2.0], 0.0) == 1.0
    for broken in ([0, 0, 0], [1, 1]):
        with pytest.raises(ValueError, match=r"edges make|at least one event"):
            quantile_from_counts(broken, [1.0, 2.0], 0.5)


@given(
    left=st.lists(st.integers(1, 50), min_size=3, max_size=3),
    right=st.lists(st.integers(1, 50), min_size=3, max_size=3),
)
def test_js_is_scipys(left: list[int], right: list[int]) -> None:
    assert js(left, right) == pytest.approx(jensenshannon(left, right, base=2), abs=1e-7)


def test_js_refuses_an_empty_side() -> None:
    with pytest.raises(ValueError, match="at least one event"):
        js([0, 0], [1, 1])


@given(st.lists(st.integers(0, 50), min_size=8, max_size=8), st.lists(st.integers(0, 50), min_size=8, max_size=8))
def test_wasserstein_is_scipys_of_values_spread_inside_their_bins(before: list[int], now: list[int]) -> None:
    if not any(before) or not any(now):
        return
    edges = np.array([0.0, 1, 2, 4, 4.5, 7, 9, 9.2, 12])
    fine = np.concatenate([low + (np.arange(400) + 0.5) / 400 * (high - low) for low, high in pairwise(edges.tolist())])
    weights = [np.repeat(side, 400) for side in (before, now)]
    found = wasserstein_rows(np.diff(edges)[None], np.array([before], float), np.array([now], float))[0]
    assert found == pytest.approx(stats.wasserstein_distance(fine, fine, *weights), abs=0.01)
