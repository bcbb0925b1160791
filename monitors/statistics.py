"""Statistics of one comparison: how far apart, and how likely by chance. Pure functions over counts.

Each p-value says what must hold for it. All of them assume independent events: traffic that repeats itself (batches,
retries) makes them too small, which is why a rule also asks for a smallest effect.
It does not correct for many tests; the error budget does.
"""

from __future__ import annotations

from math import ceil

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, chdtri, erfc, fdtrc, gammaln

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# A p-value of exactly 0 would claim certainty; what underflows is reported as the smallest normal number.
SMALLEST = float(np.finfo(np.float64).tiny)
# Terms of a tail smaller than this share of the largest one cannot change a double.
NEGLIGIBLE = -40.0


def psi(expected_counts: ArrayLike, observed_counts: ArrayLike) -> tuple[float, Floats]:
    """Population stability index of two histograms over the same bins, and what each bin contributes (they add up).

    Half a count is added to every bin that either side uses (Jeffreys' prior of a multinomial), so an empty bin stays
    finite and the bias vanishes as 1/n. Of the smoothings tried by simulation (this; the same weight spread as the
    reference, or as both sides pooled) it alone kept `psi_p` valid on skewed histograms: with 60 Zipf bins and
    n = 2,000, m = 1,000 it calls 0.8 % of healthy windows at 5 %, the others 29 % and 49 %. It pays with power there:
    many bins that hold next to nothing make it blind to small shifts, so merge rare categories first.

    >>> value, parts = psi([500, 300, 200], [40, 30, 30])
    >>> round(value, 4), [round(float(part), 4) for part in parts]
    (0.0634, [0.0227, 0.0, 0.0407])

    Raises ValueError when the bins differ or a side has no events.
    Reference: B. Yurdakul, J. Naranjo, "Statistical properties of the population stability index", 2020.
    """
    expected, observed = np.asarray(expected_counts, np.float64), np.asarray(observed_counts, np.float64)
    if expected.shape != observed.shape or expected.ndim != 1:
        raise ValueError(f"both sides need the same bins, not {list(expected.shape)} and {list(observed.shape)}")
    if not expected.sum() > 0 or not observed.sum() > 0:
        raise ValueError("a side without events has no distribution; answer 'not enough data' instead")
    values, parts = psi_rows(expected[None], observed[None])
    return float(values[0]), parts[0]


def psi_rows(expected: Floats, observed: Floats) -> tuple[Floats, Floats]:
    """`psi` of many histograms at once: shape (histograms, bins), padded with bins that are empty on both sides.

    Gives values (histograms) and parts (histograms, bins). A row with an empty side is meaningless, not an error.
    """
    used = expected + observed > 0
    half = used * 0.5
    before, now = expected + half, observed + half
    with np.errstate(divide="ignore", invalid="ignore"):
        before, now = before / before.sum(axis=1, keepdims=True), now / now.sum(axis=1, keepdims=True)
        parts = np.where(used, (now - before) * np.log(now / before), 0.0)
    return parts.sum(axis=1), parts


def psi_p(value: float, n_ref: int, n_cur: int, bins: int) -> float:
    """Chance of a PSI this large or larger without any change: PSI / (1/n + 1/m) is chi-square with B - 1 degrees.

    It holds from about five expected events per bin (`psi_min_n`). Bins that are empty on both sides make it larger,
    that is, careful. Fewer than two bins, or an empty side: 1, because nothing can be told.

    >>> round(psi_p(0.1, n_ref=1000, n_cur=200, bins=10), 3), psi_p(0.1, n_ref=5000, n_cur=100, bins=20) > 0.9
    (0.054, True)
    """
    if bins < 2 or n_ref <= 0 or n_cur <= 0:
        return 1.0
    return max(float(chdtrc(bins - 1, max(value, 0.0) / (1 / n_ref + 1 / n_cur))), SMALLEST)


def psi_min_n(bins: int, n_ref: int, floor: float = 0.1, alpha: float = 0.01) -> int | None:
    """Smallest sample at which PSI is worth reading: five events expected per bin, and chance alone stays below `floor`
    but for a share `alpha` of the time. None when the reference is itself too small for any sample to be enough.

    >>> psi_min_n(10, n_ref=1000), psi_min_n(10, n_ref=100)
    (277, None)
    """
    if n_ref < 5 * bins:
        return None
    room = floor / float(chdtri(max(bins - 1, 1), alpha)) - 1 / n_ref
    return max(5 * bins, ceil(1 / room)) if room > 0 else None


def share_p(hits: int, n: int, ref_hits: int, ref_n: int) -> float:
    """Chance of `hits` or more among `n` when nothing has changed since `ref_hits` among `ref_n`.

    The predictive is beta-binomial with posterior Beta(ref_hits + 1, ref_n - ref_hits). That choice, and not the
    flat or Jeffreys' prior, because its upper tail is exactly Fisher's exact test: P(p <= a) <= a for every true
    share and every sample size. It is also the exact law of how many future scores exceed the calibration score that
    `ref_hits` calibration scores exceed. No reference: 1, because nothing can be told.

    Accurate deep in the tail (sums of logarithms); never 0.

    >>> round(share_p(8, 100, 20, 1000), 5), round(share_p(2, 100, 20, 1000), 2)
    (0.00236, 0.61)

    Raises ValueError on counts that cannot be.
    Reference: V. Vovk, "Conditional validity of inductive conformal predictors", 2012.
    """
    if not 0 <= hits <= n or not 0 <= ref_hits <= ref_n:
        raise ValueError(f"hits must lie between 0 and n: {hits} of {n}, reference {ref_hits} of {ref_n}")
    marked = ref_hits + hits
    mode = (n + 1) * (marked + 1) / (n + ref_n + 2)
    if hits > mode:
        last = min(n, marked)
        return max(min(_tail(hits, last, 1, n, ref_n, marked), 1.0), SMALLEST)
    return max(1 - _tail(hits - 1, max(0, marked - ref_n), -1, n, ref_n, marked), SMALLEST)


def _tail(start: int, stop: int, step: int, n: int, ref_n: int, marked: int) -> float:
    """Sum of the hypergeometric probabilities from `start` to `stop`, away from the mode, until they are negligible."""
    total, first, width = 0.0, None, 32
    while (stop - start) * step >= 0:
        k = np.arange(start, start + step * width, step, dtype=np.float64)
        terms = _log_hypergeometric(k[(stop - k) * step >= 0], n, ref_n, marked)
        first = float(terms[0]) if first is None else first
        total += float(np.exp(terms - first).sum())
        if terms[-1] - first < NEGLIGIBLE:
            break
        start, width = start + step * width, width * 2
    return float(np.exp(first + np.log(total))) if first is not None else 0.0


def _log_hypergeometric(k: Floats, n: int, ref_n: int, marked: int) -> Floats:
    """Log chance that k of the `marked` events are among the n new ones and the rest among the reference."""
    chosen = _log_choose(n, k) + _log_choose(ref_n, marked - k)
    return np.asarray(chosen - _log_choose(n + ref_n, np.float64(marked)), np.float64)


def _log_choose(n: int, k: Floats | np.float64) -> Floats:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1), np.float64)


def silence_p(rate_per_minute: float, minutes: float) -> float:
    """Chance that a Poisson stream of this rate says nothing for so long: exp(-rate * minutes).

    Traffic that comes in bursts is silent more often than that.

    >>> f"{silence_p(2.0, 7.0):.1e}"
    '8.3e-07'
    """
    return max(float(np.exp(-max(rate_per_minute, 0.0) * max(minutes, 0.0))), SMALLEST)


def normal_p(z: float) -> float:
    """Chance that a standard normal number lies as far from 0, in either direction.

    >>> round(normal_p(-1.96), 3), normal_p(0.0)
    (0.05, 1.0)
    """
    return max(float(erfc(abs(z) / np.sqrt(2.0))), SMALLEST)


def hotelling(shift: Floats, covariance: Floats, n: int, n_ref: int) -> tuple[float, int, float]:
    """Whether a mean of several numbers has moved: its squared Mahalanobis distance, how many directions, and p.

    `shift` is the mean of `n` rows less that of `n_ref` rows; `covariance` is estimated from the latter alone.
    Directions that do not vary are left out. p is Hotelling's: exact where rows are normal, and close where means are.
    No direction, or too few rows: distance 0 and p 1.

    >>> hotelling(np.array([0.5, 0.0]), np.eye(2), 100, 1000)[0]
    0.25
    """
    values, vectors = np.linalg.eigh(covariance)
    varied = values > 1e-9 * max(float(values[-1]), 0.0)
    k = int(varied.sum())
    if not k or n < 1 or n_ref <= k + 1 or not np.isfinite(values).all():
        return 0.0, 0, 1.0
    along = shift @ vectors[:, varied]
    squared = float((along**2 / values[varied]).sum())
    f = squared / (1 / n + 1 / n_ref) * (n_ref - k) / (k * (n_ref - 1))
    return squared, k, max(float(fdtrc(k, n_ref - k, f)), SMALLEST)


def wasserstein_rows(widths: Floats, expected: Floats, observed: Floats) -> Floats:
    """How far, in the unit of the values, one histogram's mass must be moved on average to become the other.

    Many pairs at once, shape (histograms, bins), padded with bins of width 0; `widths` are the bins' own. Values spread
    evenly inside a bin, and what lies beyond the outer bins counts as at their end, so it is a lower bound there. A row
    with an empty side is meaningless, not an error.

    >>> wasserstein_rows(np.array([[10.0, 10.0]]), np.array([[5.0, 5.0]]), np.array([[0.0, 10.0]])).tolist()
    [5.0]
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        before, now = expected / expected.sum(axis=1, keepdims=True), observed / observed.sum(axis=1, keepdims=True)
        b = np.cumsum(now - before, axis=1)
        a = np.hstack([np.zeros((len(b), 1)), b[:, :-1]])
        # The distance of two straight lines over one bin: a trapezium, or two triangles where they cross.
        total = np.abs(a) + np.abs(b)
        area = np.where(a * b >= 0, total / 2, (a * a + b * b) / np.where(total > 0, 2 * total, 1.0))
        return np.asarray((area * widths).sum(axis=1))


def quantile_from_counts(counts: ArrayLike, edges: ArrayLike, q: float) -> float:
    """The q-quantile of a histogram, in the unit of `edges`, assuming values spread evenly inside a bin.

    `counts` has one more entry than `edges`: bin i is [edge i-1, edge i), the outer two are open. A quantile in an
    open bin is answered with its finite edge, so it is a bound, not a value.

    >>> quantile_from_counts([0, 10, 30, 0], [0.0, 10.0, 20.0], 0.625)
    15.0

    Raises ValueError when shapes do not fit, q is not in [0, 1] or the histogram is empty.
    """
    count, edge = np.asarray(counts, np.float64), np.asarray(edges, np.float64)
    if count.ndim != 1 or len(count) != len(edge) + 1 or not len(edge):
        raise ValueError(f"{len(edge)} edges make {len(edge) + 1} bins, not {count.size}")
    total = count.sum()
    if not 0 <= q <= 1 or not total > 0:
        raise ValueError(f"need 0 <= q <= 1 and at least one event, not q={q} of {total:g} events")
    below = np.cumsum(count)
    i = int(np.argmax((below >= q * total) & (count > 0)))
    if i in (0, len(edge)):
        return float(edge[0] if i == 0 else edge[-1])
    inside = (q * total - (below[i] - count[i])) / count[i]
    return float(edge[i - 1] + max(inside, 0.0) * (edge[i] - edge[i - 1]))


def js(expected_counts: ArrayLike, observed_counts: ArrayLike) -> float:
    """Jensen-Shannon distance of two histograms over the same bins: 0 (same) to 1 (nothing in common).

    >>> js([1, 1, 0], [0, 0, 5]), js([2, 2], [7, 7])
    (1.0, 0.0)

    Raises ValueError when the bins differ or a side has no events.
    """
    expected, observed = np.asarray(expected_counts, np.float64), np.asarray(observed_counts, np.float64)
    if expected.shape != observed.shape or not expected.sum() > 0 or not observed.sum() > 0:
        raise ValueError("both sides need the same bins and at least one event")
    return float(js_rows(expected[None], observed[None])[0])


def js_rows(expected: Floats, observed: Floats) -> Floats:
    """`js` of many histograms at once, padded with empty bins. A row with an empty side is meaningless, no error."""
    with np.errstate(divide="ignore", invalid="ignore"):
        before, now = expected / expected.sum(axis=1, keepdims=True), observed / observed.sum(axis=1, keepdims=True)
        middle = (before + now) / 2
        bits = [np.where(side > 0, side * np.log2(side / middle), 0.0).sum(axis=1) for side in (before, now)]
        return np.asarray(np.sqrt(np.maximum((bits[0] + bits[1]) / 2, 0.0)))
