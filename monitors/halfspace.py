"""River's half-space trees, walked a column at a time, with River's scores to the last bit.

Two uses of the same trees. `HalfSpaceTrees` learns and scores online, in River's order of events. `freeze`,
`score_frozen` and `score_groups` score against masses that no longer change, for one model or for thousands at once.

It does not scale features: like River's default limits it expects values in [0, 1]. It never holds rows.

An absent feature is NaN. River then follows the child that has seen more rows, and so do we. Features are named by
position (f0, f1, ...); the trees split on all of them, as River's do when the first row it learns is complete.

Reference: S. C. Tan, K. M. Ting, T. F. Liu, "Fast anomaly detection for streaming data", IJCAI 2011.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from monitors.halfspace_walk import (
    Bools,
    Floats,
    Ints,
    Structure,
    add,
    heavier,
    leaf_scores,
    leaves_of,
    leaves_while_learning,
    matrix,
    structure,
)

STACKED = 256  # models; of 25 trees with 256 leaves each they take 6.5 MB

__all__ = [
    "Frozen",
    "HalfSpaceTrees",
    "Structure",
    "freeze",
    "learn_masses",
    "score_frozen",
    "score_groups",
    "score_stacked",
    "structure",
]


@dataclass(frozen=True, eq=False)
class Frozen:
    """Masses of m models made ready for scoring. Make it once per baseline: that costs as much as scoring 200 rows.

    `leaf_score` integers [m, trees, leaves]: what a path that ends there adds up to, River's early stop included.
    `heavier_right` bool [m, trees, nodes]: where a row that lacks the split feature goes. `scale` float64 [m].
    """

    structure: Structure
    leaf_score: Ints
    heavier_right: Bools
    scale: Floats

    def score(self, x: ArrayLike, model: ArrayLike | None = None) -> Floats:
        """Scores [n] in [0, 1], high is strange; `x` [n, features]; `model` [n] says which of the m (default 0)."""
        rows = matrix(x, self.structure)
        which = np.zeros(len(rows), np.int64) if model is None else np.asarray(model, np.int64)
        leaves = leaves_of(self.structure, rows)
        gaps = np.flatnonzero(np.isnan(rows).any(axis=1))
        leaves[gaps] = leaves_of(self.structure, rows[gaps], self.heavier_right, which[gaps])
        return self.of_leaves(leaves, which)

    def of_leaves(self, leaves: Ints, which: Ints) -> Floats:
        """Scores [n] of rows that ended in `leaves` [n, trees]."""
        return _of_leaves(leaves, which, self.leaf_score, self.scale)


def _of_leaves(leaves: Ints, which: Ints, leaf_score: Ints, scale: Floats) -> Floats:
    trees, width = leaf_score.shape[1:]
    at = leaves + np.arange(trees) * width + (which * (trees * width))[:, None]
    total = np.take(leaf_score.ravel(), at).sum(axis=1, dtype=np.int64)
    return np.asarray(1 - total / scale[which], np.float64)


def freeze(masses: ArrayLike, shape: Structure) -> Frozen:
    """Make masses [trees, nodes] or [m, trees, nodes] ready for scoring; a root holds its window.

    Raises ValueError when the masses do not fit the structure or a forest has learnt nothing.
    """
    mass = np.asarray(masses).astype(np.int64)
    mass = mass[None] if mass.ndim == 2 else mass
    if mass.shape[1:] != (shape.n_trees, shape.nodes):
        raise ValueError(f"masses must be [models, {shape.n_trees}, {shape.nodes}], not {list(mass.shape)}")
    window = mass[:, 0, 0]
    if (window < 1).any():
        raise ValueError("a forest with an empty root has learnt nothing; learn at least one window first")
    # The largest sum there can be, and River's divisor.
    scale = np.asarray(shape.n_trees * window * shape.nodes, np.float64)
    return Frozen(shape, leaf_scores(mass, window), heavier(mass), scale)


def score_frozen(masses: ArrayLike, shape: Structure, x: ArrayLike) -> Floats:
    """Scores [n] of rows [n, features] against one model's masses [trees, nodes]. Keep `freeze(...)` for many calls."""
    return freeze(masses, shape).score(x)


def score_stacked(masses: ArrayLike, shape: Structure, x: ArrayLike, model_index: ArrayLike) -> Floats:
    """Scores [n] where row i belongs to model `model_index[i]` of masses [m, trees, nodes]. As slow as its `freeze`."""
    return freeze(masses, shape).score(x, model_index)


def score_groups(frozen: Sequence[Frozen], which: Ints, x: ArrayLike) -> Floats:
    """Scores [n] of rows [n, features] that lie model by model: `which` [n], rising, says whose of `frozen` each is.

    All share one structure and one walk; leaf scores of `STACKED` models at most are stacked at once, to bound memory.
    Raises ValueError when structures differ or there are not as many rows.
    """
    if not frozen:
        return np.empty(0)
    shape = frozen[0].structure
    rows = matrix(x, shape)
    if any(one.structure.key != shape.key for one in frozen) or len(which) != len(rows):
        raise ValueError(f"{len(rows)} rows need a model each, not {len(which)}, and models one shared structure")
    leaves = leaves_of(shape, rows)
    gaps = np.flatnonzero(np.isnan(rows).any(axis=1))
    if len(gaps):
        models, place = np.unique(which[gaps], return_inverse=True)
        heavier_right = np.concatenate([frozen[i].heavier_right for i in models.tolist()])
        leaves[gaps] = leaves_of(shape, rows[gaps], heavier_right, place)
    scores = np.empty(len(rows))
    for first in range(0, len(frozen), STACKED):
        some = frozen[first : first + STACKED]
        part = slice(*np.searchsorted(which, (first, first + len(some))).tolist())
        tables = [np.concatenate([getattr(one, kind) for one in some]) for kind in ("leaf_score", "scale")]
        scores[part] = _of_leaves(leaves[part], which[part] - first, *tables)
    return scores


def learn_masses(x: ArrayLike, shape: Structure, window: int) -> Ints:
    """Masses [trees, nodes] that River holds after learning all rows: those of the last whole window.

    Raises ValueError when there is not one whole window.
    """
    rows = matrix(x, shape)
    if not 1 <= window <= len(rows):
        raise ValueError(f"a window of {window} rows needs at least that many rows (and one); there are {len(rows)}")
    end = len(rows) // window * window
    mass = np.zeros((shape.n_trees, shape.nodes), np.int64)
    add(mass, leaves_while_learning(shape, rows[end - window : end], mass))
    return mass


class HalfSpaceTrees:
    """Online half-space trees over columns, equal to `river.anomaly.HalfSpaceTrees` to the last bit.

    A score depends only on the reference masses, which change only when a window ends; so all rows of a window are
    scored and learnt at once. High scores are strange. While the first window fills, every score is 0, as in River:
    a caller that must not take that for "normal" asks `ready`.

    When it does not work: anomalies packed together in one window look normal; values outside [0, 1] all fall on the
    outer side of the outermost splits; NaN present in a row means "absent", where River would send it right.

    >>> forest = HalfSpaceTrees(structure(1, n_trees=5, height=3, seed=42), window=3)
    >>> scores = forest.score_then_learn([[0.5], [0.45], [0.43], [0.44], [0.0]])
    >>> [round(float(score), 3) for score in scores]
    [0.0, 0.0, 0.0, 0.107, 0.853]

    Reference: Tan, Ting, Liu, "Fast anomaly detection for streaming data", IJCAI 2011.
    """

    def __init__(self, structure: Structure, window: int = 250) -> None:
        if window < 1:
            raise ValueError(f"a window must be at least 1 row, not {window}")
        self.structure = structure
        self.window = window
        self.counter = 0
        self.latest = np.zeros((structure.n_trees, structure.nodes), np.int64)
        self.frozen: Frozen | None = None

    @property
    def ready(self) -> bool:
        """Whether one window is full; before that a score says nothing."""
        return self.frozen is not None

    def score_many(self, x: ArrayLike) -> Floats:
        """Scores [n] of rows [n, features]; changes nothing."""
        rows = matrix(x, self.structure)
        return self._scores(leaves_of(self.structure, rows, heavier(self.latest)[None]))

    def learn_many(self, x: ArrayLike) -> None:
        """Learn rows [n, features] in order."""
        self.score_then_learn(x)

    def score_then_learn(self, x: ArrayLike) -> Floats:
        """Score each row before it is learnt, in order."""
        rows = matrix(x, self.structure)
        scores = np.empty(len(rows))
        at = 0
        while at < len(rows):
            part = rows[at : at + self.window - self.counter]
            leaves = leaves_while_learning(self.structure, part, self.latest)
            scores[at : at + len(part)] = self._scores(leaves)
            add(self.latest, leaves)
            self.counter += len(part)
            at += len(part)
            if self.counter == self.window:
                self.frozen = freeze(self.latest, self.structure)
                self.latest, self.counter = np.zeros_like(self.latest), 0
        return scores

    def _scores(self, leaves: Ints) -> Floats:
        if self.frozen is None:
            return np.zeros(len(leaves))
        return self.frozen.of_leaves(leaves, np.zeros(len(leaves), np.int64))
