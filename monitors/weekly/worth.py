"""What counts of dependent events are worth: design effects, and tests and intervals that use them.

Traffic is no random sample: events of an hour are alike, so a week of 50,000 events tells as much as fewer independent
ones. How many fewer is seen from how much the shares of the bins differ between blocks of time (a cluster sample).
The test of two histograms is then Rao and Scott's first correction of chi-square, in the form of PSI.

When it does not work: fewer than five blocks with events tell nothing about dependence, and rows count as independent;
a baseline of one hour cannot know how days differ, so what only follows the time of day is found to have changed.

Reference: J. Rao, A. Scott, "The analysis of categorical data from complex sample surveys", JASA 1981.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import chdtrc, chndtr, chndtrinc

from monitors.statistics import SMALLEST, normal_p, psi
from schemas.events import Ints

FEWEST_BLOCKS = 5
Z95 = 1.959964
LARGE = 1000.0  # above, the non-central chi-square is as good as normal


class Effect(NamedTuple):
    """An effect with its interval (95 %) and p-value; `worth` is the number of independent events of the later side."""

    value: float
    low: float
    high: float
    p: float
    worth: float


def block_counts(codes: Ints, blocks: Ints, bins: int, most: int) -> Ints:
    """Counts of shape (blocks, bins); a code below 0 is not counted."""
    known = codes >= 0
    flat = np.bincount(blocks[known] * bins + codes[known], minlength=most * bins)
    counts: Ints = flat.reshape(most, bins).astype(np.int64)
    return counts


def design_effect(counts: Ints) -> float:
    """How many dependent events are worth one independent one; at least 1. `counts` are (blocks, bins).

    >>> alike = np.full((28, 2), 50)
    >>> apart = np.array([[100, 0], [0, 100]] * 14)
    >>> design_effect(alike), round(design_effect(apart)) > 50
    (1.0, True)
    """
    sizes = counts.sum(axis=1)
    counts, sizes = counts[sizes > 0], sizes[sizes > 0]
    n, some = int(sizes.sum()), len(counts)
    share = counts.sum(axis=0) / max(n, 1)
    used = (share > 0) & (share < 1)
    if some < FEWEST_BLOCKS or used.sum() < 2:
        return 1.0
    apart = counts - sizes[:, None] * share
    variance = some / (some - 1) * (apart**2).sum(axis=0) / n**2
    ratio = variance[used] / (share[used] * (1 - share[used]) / n)
    return max(1.0, float(((1 - share[used]) * ratio).sum() / (used.sum() - 1)))


def histograms(before: Ints, now: Ints) -> Effect:
    """PSI of two histograms given as (blocks, bins). Raises ValueError where a side is empty."""
    worth = before.sum() / design_effect(before), now.sum() / design_effect(now)
    used = (before.sum(axis=0) + now.sum(axis=0)) > 0
    value, _ = psi(before.sum(axis=0)[used], now.sum(axis=0)[used])
    degrees = int(used.sum()) - 1
    scale = 1 / worth[0] + 1 / worth[1]
    if degrees < 1:
        return Effect(0.0, 0.0, 0.0, 1.0, worth[1])
    statistic = value / scale
    p = max(float(chdtrc(degrees, statistic)), SMALLEST)
    low, high = (scale * nc for nc in _noncentrality(statistic, degrees))
    return Effect(value, low, high, p, worth[1])


def _noncentrality(statistic: float, degrees: int) -> tuple[float, float]:
    """Interval of what the statistic would be without chance."""
    if statistic > LARGE:
        middle = statistic - degrees
        spread = Z95 * float(np.sqrt(2 * (degrees + 2 * middle)))
        return max(0.0, middle - spread), middle + spread
    ends = []
    for level in (0.975, 0.025):
        inside = float(chndtr(statistic, degrees, 0.0)) > level
        ends.append(float(chndtrinc(statistic, degrees, level)) if inside else 0.0)
    return ends[0], ends[1]


def shares(before: Ints, now: Ints) -> Effect:
    """Difference (now - before) of the share of the second bin; both are (blocks, 2). Interval by Newcombe's method.

    Raises ValueError where a side is empty.
    """
    n = before.sum(), now.sum()
    if not all(n):
        raise ValueError("a side without events has no share")
    worth = n[0] / design_effect(before), n[1] / design_effect(now)
    a, b = (float(side[:, 1].sum() / of) for side, of in zip((before, now), n))
    return difference(a, float(worth[0]), b, float(worth[1]))


def difference(a: float, n_a: float, b: float, n_b: float) -> Effect:
    """Share b of n_b less share a of n_a: Newcombe's interval, and the p of the pooled z-test.

    >>> effect = difference(0.1, 1000, 0.15, 1000)
    >>> [round(x, 3) for x in effect[:3]], effect.p < 0.001
    ([0.05, 0.021, 0.079], True)
    """
    pooled = (a * n_a + b * n_b) / (n_a + n_b)
    spread = float(np.sqrt(pooled * (1 - pooled) * (1 / n_a + 1 / n_b)))
    (low_a, high_a), (low_b, high_b) = wilson(a, n_a), wilson(b, n_b)
    low = b - a - float(np.hypot(b - low_b, high_a - a))
    high = b - a + float(np.hypot(high_b - b, a - low_a))
    return Effect(b - a, low, high, normal_p((b - a) / spread) if spread > 0 else 1.0, n_b)


def wilson(share: float, n: float) -> tuple[float, float]:
    """Interval (95 %) of a share of n independent events."""
    if n <= 0:
        return 0.0, 1.0
    centre = (share + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    half = Z95 / (1 + Z95**2 / n) * float(np.sqrt(share * (1 - share) / n + Z95**2 / (4 * n * n)))
    return max(0.0, centre - half), min(1.0, centre + half)


def holm(p: Sequence[float]) -> list[float]:
    """p-values adjusted for being many: naming all at or below alpha names one falsely at most with chance alpha.

    Under any dependence. >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p, kind="stable")
    adjusted, highest = [1.0] * len(p), 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, (len(p) - rank) * p[i]))
        adjusted[i] = highest
    return adjusted
