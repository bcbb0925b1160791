"""Vectors whose coordinates mean nothing one by one (see `monitors.coordinates`): has their cloud moved, or swollen?

Each vector is put on the baseline's scale (median 0, spread 1 per coordinate), seen along 16 random directions and by
its length. One that is longer than usual counts along the directions as if it had the usual length, and by its length
as twice the usual at most, so that a few far ones cannot move a mean: p holds with heavy tails, too. Directions are
signs drawn from a hash of the baseline's names, so nothing has to be stored, and all sums are of whole numbers, so no
order of adding changes them. `embedding.shift` is how far the mean has moved, in standard deviations per direction (a
typical one, less what chance explains), with Hotelling's p; length is among the directions, so a change of spread
counts too. `embedding.spread` is the mean length over the baseline's, of lengths as they are.

Blind to what keeps mean and length, such as two clusters swapping sides of the mean; a shift in one coordinate of many
is hardly seen (its own PSI sees it). Vectors with a missing coordinate are left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from typing import Any

import numpy as np

from monitors.coordinates import coordinates
from monitors.pane import Pane
from monitors.readings_kit import top_principals
from monitors.sample import Sample
from monitors.statistics import hotelling
from monitors.view import View
from schemas.baselines import Baseline, Numeric
from schemas.events import Floats, Ints
from schemas.readings import Reading

SPARSE = True
WHOLE = True
WITHOUT_P = ("embedding.spread",)
DISTANCES = ("embedding.shift",)
DIRECTIONS = 16
SIZE = DIRECTIONS + 1  # and the length
KEPT = 1 + SIZE + 1  # rows, sums, and the sum of the lengths as they are
STEP, FAR = 64, 1024  # a coordinate is counted in 1/64 of its spread, up to 16 spreads
LENGTH_STEP = 16
LONGEST = 2.0  # usual lengths that a length may count


@dataclass(frozen=True, slots=True)
class Space:
    """Of one baseline: which columns, their centre and scale, and a sign for each coordinate and direction."""

    columns: Ints
    centre: Floats
    scale: Floats
    signs: Floats  # (coordinates, directions)
    usual: float  # length of a typical vector, in steps per coordinate


def space(baseline: Baseline) -> Space | None:
    """None where there is no vector."""
    columns = coordinates([feature.name for feature in baseline.numeric])
    if not columns:
        return None
    features = [baseline.numeric[j] for j in columns]
    seed = "\x1f".join((baseline.model, baseline.version, str(baseline.number), *(f.name for f in features)))
    signs = np.empty((len(columns), DIRECTIONS))
    for k in range(DIRECTIONS):
        stream = b"".join(blake2b(f"{k}/{i}/{seed}".encode()).digest() for i in range(len(columns) // 512 + 1))
        signs[:, k] = np.unpackbits(np.frombuffer(stream, dtype=np.uint8))[: len(columns)] * 2.0 - 1.0
    centre, scale = np.array([_place(f) for f in features]).T
    squares = [_square(f, *at) for f, at in zip(features, np.column_stack([centre, STEP / scale]), strict=True)]
    usual = max(float(np.sqrt(np.mean(squares))), 1.0)
    return Space(np.array(columns, dtype=np.int64), centre, STEP / scale, signs, usual)


def _place(feature: Numeric) -> tuple[float, float]:
    """Median and spread; of a coordinate that hardly varies, what spread there is."""
    knots = feature.knots
    at = [knots[round(q * (len(knots) - 1))] for q in (0.25, 0.5, 0.75)]
    spread = (at[2] - at[0]) / 1.349 or (feature.high - feature.low) / 6 or abs(at[1]) or 1.0
    return at[1], spread if np.isfinite(spread) else 1.0


def _square(feature: Numeric, centre: float, scale: float) -> float:
    """Mean square of a coordinate in steps, without its ends, which are whatever was farthest."""
    inner = np.array(feature.knots[1:-1] or feature.knots)
    with np.errstate(over="ignore", invalid="ignore"):
        steps = np.clip(np.nan_to_num((inner - centre) * scale), -FAR, FAR)
    return float((steps**2).mean())


def project(x: Floats, into: Space) -> Ints:
    """Whole numbers, shape (rows, directions, length, length as it is), of rows without a missing coordinate."""
    with np.errstate(over="ignore", invalid="ignore"):
        steps = np.clip(np.rint((x - into.centre) * into.scale), -FAR, FAR)
    length = np.sqrt(np.einsum("ij,ij->i", steps, steps) / len(into.columns))
    shorter = np.rint(steps * np.minimum(1.0, into.usual / np.maximum(length, 1.0))[:, None])
    lengths = np.rint(np.column_stack([np.minimum(length, LONGEST * into.usual), length]) * LENGTH_STEP)
    return np.hstack([shorter @ into.signs, lengths]).astype(np.int64)


def reference(sample: Sample) -> dict[str, Ints]:
    """`ref:cloud`: rows, sums, and sums of products (upper triangle) of the baseline's rows."""
    into = space(sample.baseline)
    if into is None:
        return {}
    x = sample.x[:, into.columns]
    seen = project(x[~np.isnan(x).any(axis=1)], into)
    products = (seen[:, :SIZE].T @ seen[:, :SIZE])[np.triu_indices(SIZE)]
    return {"ref:cloud": np.concatenate([[len(seen)], seen.sum(axis=0), products])}


def summarise(view: View) -> dict[str, Ints]:
    """`cloud`: rows and sums; nothing where the baseline has no vector."""
    into = None if view.prepared is None else view.prepared.made("embedding", space)
    if into is None:
        return {}
    x = view.num if len(into.columns) == view.num.shape[1] else view.num[:, into.columns]
    whole = ~np.isnan(x).any(axis=1)
    seen, group = project(x if whole.all() else x[whole], into), view.group[whole]
    total = np.zeros((view.groups, KEPT), dtype=np.int64)
    total[:, 0] = np.bincount(group, minlength=view.groups)
    for k in range(KEPT - 1):  # sums of whole numbers far below 2^53 are exact
        total[:, 1 + k] = np.bincount(group, weights=seen[:, k], minlength=view.groups)
    return {"cloud": total}


def read(pane: Pane) -> Iterable[Reading]:
    """`embedding.shift`, `embedding.spread`."""
    before, now = pane.expected("ref:cloud"), None
    if pane.scored is not None:
        now = pane.scored.vectors.get("cloud")
    if before is None or now is None or len(before) != KEPT + SIZE * (SIZE + 1) // 2 or len(now) != KEPT:
        return
    n, n_ref = int(now[0]), int(before[0])
    if not n or n_ref < 2:
        return
    usual, here = before[1:KEPT] / n_ref, now[1:] / n
    upper = np.zeros((SIZE, SIZE))
    upper[np.triu_indices(SIZE)] = before[KEPT:]
    products = upper + np.triu(upper, 1).T
    covariance = (products - n_ref * np.outer(usual[:SIZE], usual[:SIZE])) / (n_ref - 1)
    squared, k, p = hotelling((here - usual)[:SIZE], covariance, n, n_ref)
    if not k:
        return
    effect = float(np.sqrt(max(0.0, squared / k - (1 / n + 1 / n_ref))))
    swollen = float(here[-1] / usual[-1]) if usual[-1] > 0 else None
    evidence = partial(_evidence, pane, k, swollen)
    p = pane.independent(p, n, n_ref)
    yield pane.reading("embedding.shift", n, effect, expected=0.0, p=p, effect=effect, evidence=evidence)
    if swollen is not None:
        yield pane.reading("embedding.spread", n, swollen, expected=1.0)


def _evidence(pane: Pane, directions: int, swollen: float | None) -> dict[str, Any]:
    who = top_principals(pane.scored, 0) if pane.scored is not None else []
    return {"directions": directions, "spread": swollen, "contributors": who}
