"""Numeric features that used to move together: their rank correlation, tested against the baseline's.

At most 16 pairs, those with the strongest correlation among one half of the baseline's rows; the other half measures
it, so that the choice does not flatter it. Ranks are those of the baseline's bins, in fixed point. `pair.correlation`
is compared by Fisher's z, with the spread of z that rows themselves show (correlated or discrete features scatter
otherwise than the textbook's 1/(n - 3)), the baseline's or the pane's, whichever is larger; two-sided, effect is the
change of the correlation. There is no p before `OUTSIDE` rows are expected beyond the commonest bin of either feature.

Blind to pairs that were unrelated before, to relations that are not monotone, and to categories. When one of the two
drifts far out of its bins its correlation fades as well: look at feature.psi first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from math import atanh, sqrt
from typing import Any

import numpy as np

from monitors.coordinates import coordinates
from monitors.pane import Pane
from monitors.sample import Sample
from monitors.statistics import normal_p
from monitors.view import View
from schemas.baselines import Baseline
from schemas.events import Floats, Ints
from schemas.readings import Reading

SPARSE = True
WHOLE = True
MOST = 16
STRONG = 0.3  # weaker pairs do not move together
NEAREST = 0.98  # correlations beyond count as this: z of a perfect one is infinite
SCALE = 1000  # ranks from -1 to 1, in thousandths
ROWS = 200  # of the half that measures
OUTSIDE = 50  # a feature that is nearly always 0 says something about a pair only in the rows where it is not
PARTS = 9  # numbers kept per pair: two positions, n, five sums, variance of z in thousandths
SUMS = 11  # counted per pair: n, five sums, five of fourth powers
FOURTHS = SCALE**2  # what those are divided by, so that they never overflow


@dataclass(frozen=True, slots=True)
class Pairs:
    """The pairs of one baseline: positions of both sides, what each of their cells counts, what its own rows say."""

    left: Ints
    right: Ints
    width: int  # of a cell's side: the widest feature's bins, and one for missing
    cells: Ints  # (pairs, SUMS, width * width): what a row in this cell adds to each sum
    sums: Ints  # (pairs, 6)
    spread: Floats  # variance of z times the number of rows
    outside: Floats  # (pairs), the share of rows beyond the commonest bin, of that side where it is smaller


def ranks_of(baseline: Baseline) -> Ints:
    """Middle ranks of each feature's bins among the baseline's rows."""
    widest = max((len(f.counts) for f in baseline.numeric), default=0) + 1
    ranks = np.zeros((len(baseline.numeric), widest), dtype=np.int64)
    for j, feature in enumerate(baseline.numeric):
        counts = np.array(feature.counts, dtype=np.float64)
        middle = (np.cumsum(counts) - counts / 2) / max(counts.sum(), 1.0)
        ranks[j, : len(counts)] = np.rint((2 * middle - 1) * SCALE)
    return ranks


def reference(sample: Sample) -> dict[str, Ints]:
    """`ref:pairs`: the chosen pairs and what half of the rows say of them."""
    numeric = sample.baseline.numeric
    skip = set(coordinates([f.name for f in numeric]))
    varied = np.array([j for j, f in enumerate(numeric) if len(f.counts) > 1 and j not in skip], dtype=np.int64)
    half = np.array([row.hash & 1 for row in sample.rows], dtype=bool)
    if len(varied) < 2 or min(half.sum(), (~half).sum()) < ROWS:
        return {}
    ranks, codes = ranks_of(sample.baseline), np.empty((len(sample.rows), len(varied)), dtype=np.int64)
    for column, j in enumerate(varied.tolist()):
        x = sample.x[:, j]
        codes[:, column] = np.where(np.isnan(x), -1, np.searchsorted(np.array(numeric[j].edges), x, side="right"))
    values = np.where(codes < 0, np.nan, ranks[varied, codes] / SCALE)
    rows = [_kept(values[~half], varied, a, b) for a, b in _strongest(values[half])]
    kept = [row for row in rows if row is not None]
    return {"ref:pairs": np.concatenate(kept)} if kept else {}


def _strongest(values: Floats) -> list[tuple[int, int]]:
    known = ~np.isnan(values)
    mean = np.where(known, values, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    centred = np.where(known, values - mean, 0.0)
    norm = np.sqrt((centred**2).sum(axis=0))
    r = np.abs(centred.T @ centred) / np.maximum(np.outer(norm, norm), 1e-9)
    # Rounded, so that the last digit of a sum, which machines do not agree on, cannot choose between two pairs.
    r = np.round(np.triu(r, 1), 6)
    a, b = np.unravel_index(np.argsort(-r, axis=None, kind="stable")[:MOST], r.shape)
    return [(int(i), int(j)) for i, j in zip(a, b, strict=True) if r[i, j] >= STRONG]


def _kept(values: Floats, varied: Ints, a: int, b: int) -> Ints | None:
    both = ~np.isnan(values[:, a]) & ~np.isnan(values[:, b])
    x, y = (np.rint(values[both, c] * SCALE).astype(np.int64) for c in (a, b))
    sums = np.array([len(x), x.sum(), y.sum(), (x * x).sum(), (y * y).sum(), (x * y).sum()], dtype=np.int64)
    r = float(correlation(sums[None])[0])
    if len(x) < ROWS or not abs(r) >= STRONG / 2:  # NaN fails this too
        return None
    u, v = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    influence = u * v - r / 2 * (u * u + v * v)
    spread = float(_spread(np.array([influence.var()]), np.array([r]))[0])
    return np.array([varied[a], varied[b], *sums, round(spread * 1000)], dtype=np.int64)


def _spread(influence: Floats, r: Floats) -> Floats:
    """Variance of z, times the number of rows, given that of the influence of single rows on r.

    Never below the textbook's 1: rows that all agree (one feature is a copy) show no spread at all.
    """
    return np.asarray(np.maximum(1.0, influence / (1 - np.minimum(np.abs(r), NEAREST) ** 2) ** 2), np.float64)


def spread_in(sums: Ints, r: Floats) -> Floats:
    """The same of a pane, from its fourth powers; ranks are taken to have the mean 0 that they have in the baseline."""
    n, _, _, xx, yy, _, xxyy, xxxy, xyyy, xxxx, yyyy = sums.astype(np.float64).T
    with np.errstate(divide="ignore", invalid="ignore"):
        n = n * FOURTHS
        mixed, square = n * xxyy / (xx * yy), n * xxxx / xx**2 + n * yyyy / yy**2
        skew = n * (xxxy / xx + xyyy / yy) / np.sqrt(xx * yy)
        return _spread(np.nan_to_num((1 + r * r / 2) * mixed - r * skew + r * r / 4 * square), r)


def correlation(sums: Ints) -> Floats:
    """Of rows (n, Σx, Σy, Σx², Σy², Σxy); NaN where one side does not vary."""
    n, x, y, xx, yy, xy = sums.astype(np.float64).T
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((n * xy - x * y) / np.sqrt((n * xx - x * x) * (n * yy - y * y)), np.float64)


def prepare(baseline: Baseline) -> Pairs | None:
    """None where the baseline has no pairs, or ones that cannot be (a file somebody gave)."""
    kept = np.array(baseline.vectors.get("ref:pairs", ()), dtype=np.int64)
    if not len(kept) or len(kept) % PARTS:
        return None
    table = kept.reshape(-1, PARTS)
    places, n = table[:, :2], len(baseline.numeric)
    if len(table) > MOST or (places < 0).any() or (places >= n).any() or (table[:, [2, 8]] <= 0).any():
        return None
    ranks = ranks_of(baseline)
    common = np.array([max(f.counts) / max(sum(f.counts), 1) if f.counts else 1.0 for f in baseline.numeric])
    return Pairs(
        table[:, 0],
        table[:, 1],
        ranks.shape[1],
        np.stack([_cells(baseline, ranks, a, b) for a, b in places.tolist()]),
        table[:, 2:8],
        table[:, 8] / 1000,
        1 - np.maximum(common[places[:, 0]], common[places[:, 1]]),
    )


def _cells(baseline: Baseline, ranks: Ints, a: int, b: int) -> Ints:
    """n, Σx, Σy, Σx², Σy², Σxy, Σx²y², Σx³y, Σxy³, Σx⁴, Σy⁴ of one row in each cell; missing values count nowhere."""
    x, y = ranks[a][:, None], ranks[b][None, :]
    inside = np.zeros((ranks.shape[1],) * 2, dtype=np.int64)
    inside[: len(baseline.numeric[a].counts), : len(baseline.numeric[b].counts)] = 1
    fourths = (x * x * y * y, x * x * x * y, x * y * y * y, x * x * x * x, y * y * y * y)
    parts = (1, x, y, x * x, y * y, x * y, *((fourth + FOURTHS // 2) // FOURTHS for fourth in fourths))
    return np.stack([(inside * part).ravel() for part in parts])


def summarise(view: View) -> dict[str, Ints]:
    """`pairs`: sums per pair over rows that have both; nothing without a baseline that has pairs."""
    pairs = None if view.prepared is None else view.prepared.made("pairs", prepare)
    if pairs is None:
        return {}
    count, area = len(pairs.left), pairs.width**2
    flat = view.bins[:, pairs.left] * pairs.width
    flat += view.bins[:, pairs.right]
    flat += np.arange(0, count * area, area)
    if view.groups > 1:
        flat += (view.group * (count * area))[:, None]
    joint = np.bincount(flat.ravel(order="K"), minlength=view.groups * count * area)
    sums = np.einsum("gpc,psc->gps", joint.reshape(view.groups, count, area), pairs.cells)
    return {"pairs": sums.reshape(view.groups, count * SUMS)}


def read(pane: Pane) -> Iterable[Reading]:
    """`pair.correlation` of every pair, named after both features."""
    if pane.prepared is None or pane.scored is None:
        return
    pairs, counts = pane.prepared.made("pairs", prepare), pane.scored.vectors.get("pairs")
    if pairs is None or counts is None or len(counts) != SUMS * len(pairs.left):
        return
    now = counts.reshape(-1, SUMS)
    before, after = correlation(pairs.sums), correlation(now[:, :6])
    spread = np.maximum(pairs.spread, spread_in(now, after))
    names = [feature.name for feature in pane.prepared.baseline.numeric]
    for i in range(len(now)):
        n, n_ref = int(now[i, 0]), int(pairs.sums[i, 0])
        left, right = names[int(pairs.left[i])], names[int(pairs.right[i])]
        usual, r = float(before[i]), float(after[i])
        if n < 4 or r != r or usual != usual:
            yield pane.reading("pair.correlation", n, None, feature=f"{left} ~ {right}")
            continue
        p = None
        if min(n, n_ref) * float(pairs.outside[i]) >= OUTSIDE:
            error = sqrt(float(spread[i]) / n + float(pairs.spread[i]) / n_ref)
            p = pane.independent(normal_p((_z(r) - _z(usual)) / error), n, n_ref)
        evidence = partial(_evidence, left, right, usual, r)
        yield pane.reading(
            "pair.correlation",
            n,
            r,
            feature=f"{left} ~ {right}",
            expected=usual,
            p=p,
            effect=abs(r - usual),
            evidence=evidence,
        )


def _z(r: float) -> float:
    return atanh(max(-NEAREST, min(NEAREST, r)))


def _evidence(left: str, right: str, usual: float, now: float) -> dict[str, Any]:
    name = f"{left} and {right} move together"
    return {"pair": [left, right], "contributors": [{"name": name, "share": now}], "usual_correlation": usual}
