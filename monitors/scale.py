"""Numbers mapped by rank into [0, 1], where half-space trees live.

Ranks, not values: amounts of money are so skewed that a linear scale would put nearly all of them into one leaf. The
knots, quantiles of the learning rows, go to [0.1, 0.9]; what lies beyond their range runs out to 0 and 1 over one
range's length. The margins are left empty by the learning rows, so a value beyond the range falls where no mass is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from monitors.ladder import Ladder, below, cells, pieces, stacked
from schemas.events import Floats, Ints

LARGEST = 1e150  # beyond this differences overflow, and below its inverse slopes do
BIGGEST = float(np.finfo(np.float64).max)


class Scale:
    """Lines between the knots of each feature, (knots,) each: where a line begins, its place there, its slope."""

    def __init__(self, knots: Sequence[Floats]) -> None:
        marks = [_marks(_tame(each)) for each in knots]
        self.ladder = Ladder([values for values, _ in marks])
        # One line before the first mark and one after the last, both level.
        self.lines = np.zeros((len(marks), self.ladder.table.shape[1] + 1, 3))
        for lines, (values, places) in zip(self.lines, marks, strict=True):
            n = len(values)
            lines[1:n, 0], lines[1 : n + 1, 1] = values[:-1], places
            lines[1:n, 2] = np.diff(places) / np.diff(values)
            lines[n:, 1] = places[-1]


def scaled(scales: Sequence[Scale], which: Ints, x: Floats) -> Floats:
    """Columns of shape (rows, features) into [0, 1], each row by its own scale; NaN stays NaN."""
    at = below([scale.ladder for scale in scales], which, x)
    lines = stacked([scale.lines.reshape(len(scale.lines), -1) for scale in scales], 0.0)
    result = np.empty_like(x)
    for part in pieces(x):
        line = (cells(which[part], x.shape[1]) * (lines.shape[1] // 3) + at[part]) * 3
        start, place, slope = (np.take(lines.ravel(), line + i, mode="clip") for i in range(3))
        result[part] = slope * (np.clip(x[part], -BIGGEST, BIGGEST) - start) + place
    return result


def rescale(values: Floats, knots: Floats) -> Floats:
    """One feature's values by its knots."""
    return scaled([Scale([knots])], np.zeros(len(values), dtype=np.int64), values[:, None])[:, 0]


def _marks(knots: Floats) -> tuple[Floats, Floats]:
    """Values and their places: of equal knots one, with the middle of their ranks."""
    span = (knots[-1] - knots[0]) or abs(knots[-1]) or 1.0
    distinct, first = np.unique(knots, return_index=True)
    last = np.append(first[1:], len(knots)) - 1
    ranks = 0.1 + 0.8 * (first + last) / 2 / max(len(knots) - 1, 1)
    values = np.concatenate(([knots[0] - span], distinct, [knots[-1] + span]))
    return values, np.concatenate(([0.0], ranks, [1.0]))


def _tame(values: Floats) -> Floats:
    """No number whose differences or slopes leave the range of a float."""
    return np.where(np.abs(values) < 1 / LARGEST, 0.0, np.clip(values, -LARGEST, LARGEST))
