"""What differs between two baselines: features and categories new or gone, PSI per feature, shift of the answers.

Both are only counts, so this needs no log. It says how far apart they are, not which of them is right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec
import numpy as np

from monitors.readings.latency import EDGES
from monitors.readings.outputs import SCALE
from monitors.statistics import psi, psi_p, quantile_from_counts
from schemas.baselines import Baseline, Categorical, Numeric
from schemas.events import Floats, Ints


class Apart(msgspec.Struct, frozen=True):
    """How far two distributions are apart; None where one side has no events, or there is one bin only.

    Of both sides: `n` the events, `usual` the median or mean, `missing` the share of rows without a value.
    """

    name: str
    psi: float | None
    p: float | None
    n: tuple[int, int]
    usual: tuple[float | None, float | None] = (None, None)
    missing: tuple[float, float] = (0.0, 0.0)
    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


class Difference(msgspec.Struct, frozen=True):
    """From one baseline to another. `features` are those both have, the furthest apart first."""

    new: tuple[str, ...]
    gone: tuple[str, ...]
    retyped: tuple[str, ...]
    features: tuple[Apart, ...]
    score: Apart
    predictions: Apart
    latency: Apart


def compare(a: Baseline, b: Baseline) -> Difference:
    """What changed from `a` to `b`."""
    numbers = {f.name: f for f in a.numeric}, {f.name: f for f in b.numeric}
    words = {f.name: f for f in a.categorical}, {f.name: f for f in b.categorical}
    names = {*numbers[0], *words[0]}, {*numbers[1], *words[1]}
    both = names[0] & names[1]
    retyped = {name for name in both if (name in numbers[0]) != (name in numbers[1])}
    features = []
    for name in both - retyped:
        if name in numbers[0]:
            features.append(_numeric(numbers[0][name], numbers[1][name], (a.rows, b.rows)))
        else:
            features.append(_categorical(words[0][name], words[1][name], (a.rows, b.rows)))
    return Difference(
        new=tuple(sorted(names[1] - names[0])),
        gone=tuple(sorted(names[0] - names[1])),
        retyped=tuple(sorted(retyped)),
        features=tuple(sorted(features, key=lambda apart: (-(apart.psi or 0.0), apart.name))),
        score=_answers(a, b, "score", _mean_score),
        predictions=_mix("predictions", a.predictions, b.predictions),
        latency=_answers(a, b, "latency", _median_latency),
    )


def _numeric(a: Numeric, b: Numeric, rows: tuple[int, int]) -> Apart:
    """On the bins of `a`; on those of `b` where `a` has one value only."""
    edges = a.edges or b.edges
    if edges == a.edges == b.edges:
        counts = np.array(a.counts, dtype=np.int64), np.array(b.counts, dtype=np.int64)
    else:
        counts = _binned(a, edges), _binned(b, edges)
    n = sum(a.counts), sum(b.counts)
    medians = a.knots[len(a.knots) // 2], b.knots[len(b.knots) // 2]
    return Apart(a.name, *_distance(*counts, n), n, medians, _missing(a, b, rows))


def _binned(feature: Numeric, edges: tuple[float, ...]) -> Ints:
    """Counts of a feature on other edges than its own."""
    below = np.concatenate(([0.0], share_below(feature, np.array(edges)), [1.0]))
    counts: Ints = np.rint(np.diff(below) * sum(feature.counts)).astype(np.int64)
    return counts


def share_below(feature: Numeric, at: Floats) -> Floats:
    """Share of the feature's values below each `at`: exact at the feature's own edges, else read between its knots.

    Between two knots values are taken to be spread evenly; where they are not, the share is wrong by 1/32 at most.
    """
    knots, edges = np.array(feature.knots), np.array(feature.edges)
    steps = max(1, len(knots) - 1)
    place = np.searchsorted(knots, at, side="left")  # so many knots lie below
    left, right = knots[np.maximum(place - 1, 0)], knots[np.minimum(place, len(knots) - 1)]
    gap = np.where(right > left, right - left, 1.0)
    within = np.clip((at - left) / gap, 0.0, 1.0)
    share = np.where(place == 0, 0.0, np.where(place == len(knots), 1.0, (place - 1 + within) / steps))
    if len(edges):
        exact = np.cumsum(feature.counts)[:-1] / max(1, sum(feature.counts))
        own = np.searchsorted(edges, at)
        hit = (own < len(edges)) & (edges[np.minimum(own, len(edges) - 1)] == at)
        share = np.where(hit, exact[np.minimum(own, len(edges) - 1)], share)
    # Exact and interpolated shares side by side must not make a bin with less than nothing in it.
    rising: Floats = np.maximum.accumulate(share)
    return rising


def _categorical(a: Categorical, b: Categorical, rows: tuple[int, int]) -> Apart:
    before, after = dict(zip(a.vocabulary, a.counts)), dict(zip(b.vocabulary, b.counts))
    # Rare categories beyond the vocabulary have no names; together they are one more bin.
    return msgspec.structs.replace(_mix(a.name, before, after, (a.other, b.other)), missing=_missing(a, b, rows))


def _missing(a: Numeric | Categorical, b: Numeric | Categorical, rows: tuple[int, int]) -> tuple[float, float]:
    return a.missing / max(1, rows[0]), b.missing / max(1, rows[1])


def _mix(name: str, before: Mapping[str, int], after: Mapping[str, int], rest: tuple[int, int] = (0, 0)) -> Apart:
    names = sorted({*before, *after})
    a, b = (
        np.array([*(side.get(each, 0) for each in names), other], dtype=np.int64)
        for side, other in ((before, rest[0]), (after, rest[1]))
    )
    n = int(a.sum()), int(b.sum())
    new = tuple(each for each in names if each not in before)
    gone = tuple(each for each in names if each not in after)
    return Apart(name, *_distance(a, b, n), n, new=new, gone=gone)


def _distance(before: Ints, after: Ints, n: tuple[int, int]) -> tuple[float | None, float | None]:
    """PSI and its p-value."""
    if len(before) != len(after) or not before.any() or not after.any():
        return None, None
    used = (before + after) > 0
    if used.sum() < 2:
        return None, None
    value, _ = psi(before[used], after[used])
    return value, psi_p(value, *n, int(used.sum()))


def _answers(a: Baseline, b: Baseline, name: str, typical: Callable[[Baseline, Ints], float]) -> Apart:
    before, after = _vector(a, name), _vector(b, name)
    n = int(before.sum()), int(after.sum())
    usual = typical(a, before) if n[0] else None, typical(b, after) if n[1] else None
    return Apart(name, *_distance(before, after, n), n, usual)


def _mean_score(baseline: Baseline, counts: Ints) -> float:
    return float(_vector(baseline, "score_sum").sum()) / SCALE / int(counts.sum())


def _median_latency(baseline: Baseline, counts: Ints) -> float:
    return quantile_from_counts(counts, EDGES, 0.5)


def _vector(baseline: Baseline, name: str) -> Ints:
    values: Sequence[int] = baseline.vectors.get(name, ())
    return np.array(values, dtype=np.int64)
