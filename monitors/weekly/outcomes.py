"""How right a model was in a week: by labels where there are some, and estimated from its scores where not.

The estimate reads off the score how often the model is right, from the labelled rows of the reference; without labels
there it takes the score for a calibrated probability. It assumes that the same score is right as often as before: a
change of what the inputs mean (concept drift) does not show in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from monitors.weekly.rows import BLOCKS, Rows
from monitors.weekly.worth import Effect, block_counts, difference, shares
from schemas.events import Floats, Ints

BINS = 20
FEWEST_LABELS = 200


@dataclass(frozen=True, slots=True)
class Estimate:
    """Estimated accuracy of both sides; `calibrated` if labels of the reference taught it."""

    before: float
    now: float
    change: Effect
    calibrated: bool
    n: int


@dataclass(frozen=True, slots=True)
class Measured:
    """Accuracy by labels; `before` and `change` are None where the reference has too few labels."""

    labels: int
    answers: int
    accuracy: float
    low: float
    high: float
    before: float | None
    change: Effect | None


def measured(reference: Rows | None, week: Rows) -> Measured | None:
    """By labels; None without any in the week."""
    now = _right(week)
    n = int(now.sum())
    if not n:
        return None
    accuracy = float(now[:, 1].sum() / n)
    before = None if reference is None else _right(reference)
    enough = before is not None and before.sum() >= FEWEST_LABELS
    change = shares(before, now) if before is not None and enough else None
    alone = difference(accuracy, 1e12, accuracy, change.worth if change else n)
    was = float(before[:, 1].sum() / before.sum()) if before is not None and enough else None
    return Measured(n, len(week), accuracy, accuracy + alone.low, accuracy + alone.high, was, change)


def _right(rows: Rows) -> Ints:
    known = (rows.label != "") & (rows.prediction != "")
    return block_counts(np.where(known, rows.label == rows.prediction, -1).astype(np.int64), rows.blocks, 2, BLOCKS)


def estimated(reference: Rows | None, week: Rows) -> Estimate | None:
    """From scores; None where either side has no probabilities."""
    if reference is None:
        return None
    table = _calibration(reference)
    chances = [_chance(rows.score, table) for rows in (reference, week)]
    means, spreads, sizes = [], [], []
    for rows, chance in zip((reference, week), chances):
        known = ~np.isnan(chance)
        if not known.any():
            return None
        mean, spread = _mean(chance[known], rows.blocks[known])
        means.append(mean)
        spreads.append(spread)
        sizes.append(int(known.sum()))
    moved, spread = means[1] - means[0], float(np.hypot(spreads[0], spreads[1]))
    change = Effect(moved, moved - 1.96 * spread, moved + 1.96 * spread, 1.0, float(sizes[1]))
    return Estimate(means[0], means[1], change, table is not None, sizes[1])


def _mean(values: Floats, blocks: Ints) -> tuple[float, float]:
    """The mean and its standard error, from how the blocks differ where there are enough, else from the rows."""
    mean = float(values.mean())
    sizes, sums = np.bincount(blocks, minlength=BLOCKS), np.bincount(blocks, values, minlength=BLOCKS)
    used = sizes > 0
    some = int(used.sum())
    rows = float(values.std() / np.sqrt(len(values)))
    if some < 5:
        return mean, rows
    apart = sums[used] - mean * sizes[used]
    return mean, max(rows, float(np.sqrt(some / (some - 1) * (apart**2).sum()) / len(values)))


def _calibration(reference: Rows) -> Floats | None:
    """How often the answer was right per twentieth of the score; None with too few labels."""
    known = (reference.label != "") & (reference.prediction != "") & ~np.isnan(reference.score)
    if known.sum() < FEWEST_LABELS:
        return None
    bins = _bins(reference.score[known])
    right = reference.label[known] == reference.prediction[known]
    total, hits = np.bincount(bins, minlength=BINS), np.bincount(bins, right, minlength=BINS)
    middle = (np.arange(BINS) + 0.5) / BINS
    # One event's weight is the score's own claim, so that an empty bin says something sensible.
    table: Floats = (hits + np.maximum(middle, 1 - middle)) / (total + 1)
    return table


def _chance(score: Floats, table: Floats | None) -> Floats:
    with np.errstate(invalid="ignore"):
        good = (score >= 0) & (score <= 1)
    sure = np.maximum(score, 1 - score) if table is None else table[_bins(np.where(good, score, 0.0))]
    return np.where(good, sure, np.nan)


def _bins(score: Floats) -> Ints:
    return np.minimum((score * BINS).astype(np.int64), BINS - 1)
