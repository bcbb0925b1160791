"""A baseline made ready for scoring: its tuples as arrays, its trees rebuilt from their seed, its vocabularies as maps.

Preparing costs milliseconds and is done once per baseline; nothing here changes afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from typing import Any, TypeVar, cast

import numpy as np

from monitors.halfspace import Frozen, freeze, structure
from monitors.ladder import Ladder
from schemas.baselines import Baseline, rank
from schemas.events import Floats, Ints

MISSING, UNSEEN = -1, -2  # codes of a categorical value that is absent, or not in the vocabulary
LARGEST = 1e150  # beyond this differences overflow, and below its inverse slopes do
T = TypeVar("T")
UNUSUAL = 0.01  # an event is called anomalous beyond this share of the calibration scores


class Prepared:
    """Arrays of one baseline. `scaled(x)` maps numeric columns into [0, 1], where the trees live."""

    def __init__(self, baseline: Baseline) -> None:
        self.baseline = baseline
        self.id = baseline.id
        self.num_names = tuple(f.name for f in baseline.numeric)
        self.cat_names = tuple(f.name for f in baseline.categorical)
        self.edges = Ladder([np.array(f.edges) for f in baseline.numeric])
        self.scales = [scale_of(np.array(f.knots)) for f in baseline.numeric]
        self.reference = padded([f.counts for f in baseline.numeric])
        self.widths = np.array([len(f.counts) for f in baseline.numeric], dtype=np.int64)
        self.low = np.array([f.low for f in baseline.numeric])
        self.high = np.array([f.high for f in baseline.numeric])
        self.vocabularies = [{name: i for i, name in enumerate(f.vocabulary)} for f in baseline.categorical]
        self.frozen: Frozen | None = None
        self._made: dict[str, Any] = {}
        self.threshold = np.inf
        forest = baseline.forest
        if forest is not None:
            shape = structure(len(self.num_names), forest.n_trees, forest.height, forest.seed)
            self.frozen = freeze(np.array(forest.masses).reshape(forest.n_trees, -1), shape)
            self.threshold = forest.calibration[len(forest.calibration) - unusual(len(forest.calibration))]

    @property
    def rank(self) -> tuple[bool, int, bool, str]:
        """As `schemas.baselines.rank` has it."""
        return rank(self.baseline.number, self.baseline.origin, self.id)

    def against(self, baseline: Baseline) -> Prepared:
        """The same bins, trees and id with other counts to compare with."""
        other = copy(self)
        other.baseline, other._made = baseline, {}
        other.reference = padded([f.counts for f in baseline.numeric])
        return other

    def made(self, name: str, make: Callable[[Baseline], T]) -> T:
        """What a family works out of the baseline once, under its own name."""
        if name not in self._made:
            self._made[name] = make(self.baseline)
        return cast(T, self._made[name])

    def scaled(self, num: Floats) -> Floats:
        """Columns of shape (rows, numeric features) mapped by rank; NaN stays NaN."""
        result = np.empty_like(num)
        for column, scale in enumerate(self.scales):
            result[:, column] = np.interp(num[:, column], *scale)
        return result


def padded(rows: Sequence[Sequence[int] | Ints | Floats]) -> Floats:
    """Histograms of different lengths as one matrix; the missing bins are empty."""
    matrix = np.zeros((len(rows), max((len(row) for row in rows), default=0)))
    for i, row in enumerate(rows):
        matrix[i, : len(row)] = row
    return matrix


def unusual(rows: int) -> int:
    """How many of `rows` calibration scores lie beyond the threshold; at least one."""
    return max(1, int(UNUSUAL * rows))


def rescale(values: Floats, knots: Floats) -> Floats:
    """Ranks within the knots to [0.1, 0.9]; what lies beyond the range runs out to 0 and 1 over one range's length.

    Ranks, not values: amounts of money are so skewed that a linear scale would put nearly all of them into one leaf.
    The margins are left empty by the learning rows, so a value beyond the range falls where no mass is.
    """
    return np.interp(values, *scale_of(knots))  # NaN in, NaN out


def scale_of(knots: Floats) -> tuple[Floats, Floats]:
    """Where `rescale` sends the knots: (values, places), for many calls with the same knots."""
    knots = _tame(knots)
    span = (knots[-1] - knots[0]) or abs(knots[-1]) or 1.0
    distinct, first = np.unique(knots, return_index=True)
    last = np.append(first[1:], len(knots)) - 1
    ranks = 0.1 + 0.8 * (first + last) / 2 / max(len(knots) - 1, 1)
    xs = np.concatenate(([knots[0] - span], distinct, [knots[-1] + span]))
    ys = np.concatenate(([0.0], ranks, [1.0]))
    return xs, ys


def _tame(values: Floats) -> Floats:
    """No number whose differences or slopes leave the range of a float."""
    return np.where(np.abs(values) < 1 / LARGEST, 0.0, np.clip(values, -LARGEST, LARGEST))
