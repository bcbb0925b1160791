"""Half-space trees as arrays, and rows walked down all of them at once: the inner part of `monitors.halfspace`.

It knows where rows end up and how many passed each node; what that means as a score is in `monitors.halfspace`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from river import anomaly

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# 1,024 rows x 25 trees x 8 bytes keep each working array in the second-level cache; larger was no faster.
CHUNK = 1024


@dataclass(frozen=True, eq=False)
class Structure:
    """Where the trees split. Node i has children 2i+1 and 2i+2; leaves have feature 0 and threshold inf.

    `feature` int32 [trees, nodes], `threshold` float64 [trees, nodes].
    """

    n_features: int
    seed: int
    feature: NDArray[np.int32]
    threshold: Floats

    @property
    def n_trees(self) -> int:
        return int(self.feature.shape[0])

    @property
    def nodes(self) -> int:
        return int(self.feature.shape[1])

    @property
    def height(self) -> int:
        return self.nodes.bit_length() - 1

    @property
    def key(self) -> tuple[int, int, int, int]:
        """What the trees follow from: equal keys, equal trees."""
        return self.n_features, self.n_trees, self.height, self.seed

    @cached_property
    def base(self) -> Ints:
        """Flat number of each tree's root."""
        return np.arange(self.n_trees, dtype=np.int64) * self.nodes

    @cached_property
    def flat_feature(self) -> Ints:
        return self.feature.astype(np.int64).ravel()


@lru_cache(maxsize=256)
def structure(n_features: int, n_trees: int, height: int, seed: int) -> Structure:
    """The trees River makes for features f0 ... f{n-1} in [0, 1].

    Cached, because a baseline stores only masses and seed.

    Raises ValueError when there is nothing to split on.
    """
    if min(n_features, n_trees, height) < 1:
        raise ValueError(f"features, trees and height must be at least 1, not {n_features}, {n_trees}, {height}")
    forest = anomaly.HalfSpaceTrees(n_trees=n_trees, height=height, seed=seed)
    forest.learn_one({f"f{i}": 0.5 for i in range(n_features)})
    nodes = 2 ** (height + 1) - 1
    feature = np.zeros((n_trees, nodes), np.int32)
    threshold = np.full((n_trees, nodes), np.inf)
    for tree, root in enumerate(forest.trees):
        todo: list[tuple[Any, int]] = [(root, 0)]
        while todo:
            branch, i = todo.pop()
            if 2 * i + 1 < nodes:
                feature[tree, i], threshold[tree, i] = int(branch.feature[1:]), branch.threshold
                todo += [(branch.children[0], 2 * i + 1), (branch.children[1], 2 * i + 2)]
    feature.flags.writeable = threshold.flags.writeable = False
    return Structure(n_features, seed, feature, threshold)


def matrix(x: ArrayLike, shape: Structure) -> Floats:
    rows = np.ascontiguousarray(x, np.float64)
    if rows.ndim != 2 or rows.shape[1] != shape.n_features:
        raise ValueError(f"rows must be [n, {shape.n_features}], not {list(rows.shape)}")
    return rows


def leaves_of(shape: Structure, rows: Floats, heavier_right: Bools | None = None, which: Ints | None = None) -> Ints:
    """Leaf number [n, trees], 0 is leftmost; for NaN `heavier_right` [m, trees, nodes] of model `which` [n] decides."""
    leaves = np.empty((len(rows), shape.n_trees), np.int64)
    threshold = shape.threshold.ravel()
    to_child = 1 - shape.base
    for start in range(0, len(rows), CHUNK):
        x = rows[start : start + CHUNK]
        values, row = x.ravel(), (np.arange(len(x)) * x.shape[1])[:, None]
        node = np.broadcast_to(shape.base, (len(x), shape.n_trees)).copy()
        index, value, split = np.empty_like(node), np.empty(node.shape), np.empty(node.shape)
        right = np.empty(node.shape, np.bool_)
        for _ in range(shape.height):
            # mode="clip" skips numpy's bounds check and copy; every index is in range by construction.
            np.take(shape.flat_feature, node, out=index, mode="clip")
            index += row
            np.take(values, index, out=value, mode="clip")
            np.take(threshold, node, out=split, mode="clip")
            np.greater_equal(value, split, out=right)
            if heavier_right is not None:
                model = 0 if which is None else (which[start : start + len(x)] * heavier_right[0].size)[:, None]
                right |= np.isnan(value) & heavier_right.ravel()[node + model]
            node += node
            node += to_child
            node += right
        leaves[start : start + len(x)] = node
    leaves -= shape.base + (shape.nodes // 2)
    return leaves


def leaves_while_learning(shape: Structure, rows: Floats, mass: Ints) -> Ints:
    """As `leaves_of`, with the masses growing row by row, which matters only where a feature is absent."""
    if not np.isnan(rows).any():
        return leaves_of(shape, rows)
    # Tree-major, so that a stable sort by node leaves the rows of a node in order.
    node = np.broadcast_to(shape.base[:, None], (shape.n_trees, len(rows))).ravel()
    row = np.tile(np.arange(len(rows)), shape.n_trees)
    base = np.repeat(shape.base, len(rows))
    for _ in range(shape.height):
        value = rows[row, shape.flat_feature[node]]
        right = value >= shape.threshold.ravel()[node]
        absent = np.isnan(value)
        if absent.any():
            right = _decide(node, right, absent, _lead(mass))
        node = 2 * node + 1 - base + right
    return np.asarray((node - base - shape.nodes // 2).reshape(shape.n_trees, len(rows)).T)


def _decide(node: Ints, right: Bools, absent: Bools, lead: Ints) -> Bools:
    """Send each visit that lacks the feature to the child with more visits so far (a tie goes left), in order."""
    order = np.argsort(node, kind="stable")
    group, step = node[order], np.where(absent, 0, np.where(right, -1, 1))[order]
    before = np.cumsum(step) - step
    first = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    of_group = np.repeat(before[first], np.diff(np.r_[first, len(group)]))
    known = lead[group] + before - of_group
    where = np.flatnonzero(absent[order])
    decided, last, extra = right.copy(), -1, 0
    for position, at, ahead in zip(order[where].tolist(), group[where].tolist(), known[where].tolist(), strict=True):
        extra = extra if at == last else 0
        last = at
        decided[position] = ahead + extra < 0
        extra += -1 if decided[position] else 1
    return decided


def _lead(mass: Ints) -> Ints:
    """How many more rows went left than right, by flat node number; 0 at leaves."""
    lead = np.zeros(mass.shape, np.int64)
    lead[..., : mass.shape[-1] // 2] = mass[..., 1::2] - mass[..., 2::2]
    return lead.ravel() if mass.ndim == 2 else lead


def heavier(mass: Ints) -> Bools:
    return np.asarray(_lead(mass) < 0).reshape(mass.shape)


def add(mass: Ints, leaves: Ints) -> None:
    """Add a visit to every node between the root and each leaf."""
    trees, nodes = mass.shape
    width = nodes // 2 + 1
    counts = np.bincount((leaves + np.arange(trees) * width).ravel(), minlength=trees * width).reshape(trees, width)
    while width:
        mass[:, width - 1 : 2 * width - 1] += counts
        counts, width = counts[:, ::2] + counts[:, 1::2] if width > 1 else counts, width // 2


def leaf_scores(mass: Ints, window: Ints) -> Any:
    """Sum of mass * 2^depth from the root down to the first node with less than a tenth of the window, per leaf."""
    total = mass[..., :1].copy()
    # River stops *after* adding a node that is too light: the root (mass = window) never is.
    alive = np.ones(total.shape, np.bool_)
    width = 2
    limit = (0.1 * window)[:, None, None]
    while width <= mass.shape[-1] // 2 + 1:
        level = mass[..., width - 1 : 2 * width - 1]
        alive = np.repeat(alive, 2, axis=-1)
        total = np.repeat(total, 2, axis=-1) + np.where(alive, level * width, 0)
        alive &= level >= limit
        width *= 2
    # Half the memory of int64 where it fits; a thousand models of 25 trees x 256 leaves are then 26 MB.
    return total.astype(np.int32) if total.max(initial=0) < 2**31 else total
