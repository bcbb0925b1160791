"""Changes of known size, made in rows that were drawn anew: six kinds, three strengths each.

The size of a shift, a stretch, another mix and another score is its PSI over ten equal bins of the unchanged column (a
category: over its values); that of missing values is their share. Labels change their meaning when a share of them is
turned round: nothing that the model is asked or answers shows it. A change of a feature changes the model's answers
too, as in life. Which column it is depends on the seed. What a change of one column does to others is not imitated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np

from monitors.statistics import psi
from schemas.events import Floats, Ints
from tests.support.changes_rows import Rows, World, labelled

T = TypeVar("T", Floats, Ints)
SIZES = {"small": 0.1, "medium": 0.25, "large": 0.6}
SHARES = {"small": 0.06, "medium": 0.15, "large": 0.4}
SHIFT, SCALE, MIX, MISSING, SCORE, LABEL = "shift", "scale", "mix", "missing", "score", "label"
KINDS = (SHIFT, SCALE, MIX, MISSING, SCORE, LABEL)
MOST_IN_A_BIN = 0.25  # a column with more than that in one of ten bins has no size between none and all
FINE = 200  # different values; a column of fewer cannot move a little
NEAR = 1.25  # a change that came out larger than that is made in the next column instead


def make(world: World, kind: str, strength: str, seed: int) -> Rows | None:
    """The whole pool as it is after the change; None where this world has no column for it."""
    rng, rows = np.random.default_rng([seed, KINDS.index(kind)]), world.rows
    if kind == LABEL:
        turned = rng.random(len(rows)) < SHARES[strength]
        return replace(rows, label=np.where(turned, 1 - rows.label, rows.label))
    made = _made(world, kind, strength, seed, rng)
    if made is None:
        return None
    # As many answers are wrong as before, so that labels show nothing of these changes.
    return labelled(made, rng)


def _made(world: World, kind: str, strength: str, seed: int, rng: np.random.Generator) -> Rows | None:
    rows = world.rows
    if kind == SCORE:
        return replace(rows, score=_score(rows.score, SIZES[strength]))
    if kind == MIX:
        wide = [j for j, vocabulary in enumerate(world.names.vocabularies) if len(vocabulary) > 1]
        if not wide:
            return None
        j = wide[seed % len(wide)]
        cat = rows.cat.copy()
        cat[:, j] = _mix(cat[:, j], SIZES[strength], rng)
        return world.model.answer(replace(rows, cat=cat))
    for j in np.roll(_smooth(rows), -seed).tolist():
        num = rows.num.copy()
        if kind == MISSING:
            num[rng.random(len(num)) < SHARES[strength], j] = np.nan
            break
        num[:, j] = _moved(num[:, j], kind, SIZES[strength])
        if size(rows.num[:, j], num[:, j]) <= NEAR * SIZES[strength]:
            break
    else:
        return None
    return world.model.answer(replace(rows, num=num))


def _smooth(rows: Rows) -> Ints:
    """Columns whose values are many and spread, so that a change can have any size."""
    fullest = [int(_bins(column, column).max()) for column in rows.num.T]
    different = [len(np.unique(column)) for column in rows.num.T]
    return np.flatnonzero((np.array(fullest) < MOST_IN_A_BIN * len(rows)) & (np.array(different) >= FINE))


def size(before: Floats, after: Floats) -> float:
    """PSI of a column of numbers."""
    return psi(_bins(before, before), _bins(before, after))[0]


def _bins(before: Floats, values: Floats) -> Ints:
    edges = np.unique(np.nanquantile(before, np.arange(1, 10) / 10))
    return np.bincount(np.searchsorted(edges, values[~np.isnan(values)], side="right"), minlength=len(edges) + 1)


def _moved(values: Floats, kind: str, wanted: float) -> Floats:
    spread, middle = float(np.nanstd(values)), float(np.nanmedian(values))
    if kind == SHIFT:
        return _solve(lambda by: values + by * spread, lambda moved: size(values, moved), wanted, 10.0)
    return _solve(lambda by: middle + (values - middle) * (1 + by), lambda moved: size(values, moved), wanted, 50.0)


def _score(score: Floats, wanted: float) -> Floats:
    odds = np.log(np.clip(score, 1e-9, 1 - 1e-9) / np.clip(1 - score, 1e-9, 1 - 1e-9))
    return _solve(lambda by: 1 / (1 + np.exp(-odds - by)), lambda moved: size(score, moved), wanted, 20.0)


def _mix(codes: Ints, wanted: float, rng: np.random.Generator) -> Ints:
    """The rarest category takes the place of others."""
    counts, chance = np.bincount(codes[codes >= 0]), rng.random(len(codes))
    rarest = int(np.argmin(np.where(counts > 0, counts, len(codes))))
    return _solve(
        lambda by: np.where((chance < by) & (codes >= 0), rarest, codes),
        lambda moved: psi(counts, np.bincount(moved[moved >= 0], minlength=len(counts)))[0],
        wanted,
        1.0,
    )


def _solve(change: Callable[[float], T], measure: Callable[[T], float], wanted: float, most: float) -> T:
    """The change of the wanted size, between none and `most`, by halving."""
    low, high = 0.0, most
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if measure(change(middle)) < wanted else (low, middle)
    return change(high)
