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
from monitors.scale import Scale
from schemas.baselines import Baseline, rank
from schemas.events import Floats, Ints

MISSING, UNSEEN = -1, -2  # codes of a categorical value that is absent, or not in the vocabulary
T = TypeVar("T")
UNUSUAL = 0.01  # an event is called anomalous beyond this share of the calibration scores


class Prepared:
    """Arrays of one baseline. `scale` maps numeric columns into [0, 1], where the trees live."""

    def __init__(self, baseline: Baseline) -> None:
        self.baseline = baseline
        self.id = baseline.id
        self.num_names = tuple(f.name for f in baseline.numeric)
        self.cat_names = tuple(f.name for f in baseline.categorical)
        self.edges = Ladder([np.array(f.edges) for f in baseline.numeric])
        self.scale = Scale([np.array(f.knots) for f in baseline.numeric])
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


def padded(rows: Sequence[Sequence[int] | Ints | Floats]) -> Floats:
    """Histograms of different lengths as one matrix; the missing bins are empty."""
    matrix = np.zeros((len(rows), max((len(row) for row in rows), default=0)))
    for i, row in enumerate(rows):
        matrix[i, : len(row)] = row
    return matrix


def unusual(rows: int) -> int:
    """How many of `rows` calibration scores lie beyond the threshold; at least one."""
    return max(1, int(UNUSUAL * rows))
