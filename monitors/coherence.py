"""Whether the features of a query go together as those of the baseline's rows do: a tree of dependences.

Random values, noise, and values taken from different records are each ordinary and together nobody's. The tree joins
each feature to the one it depends on most (Chow-Liu); every edge says how much more often two levels came together than
chance would have it. One is added to both counts, so that two rare levels that never met say nothing.

A tester of extreme values is no attacker, so edges to a value at an end of its feature are left out, where an end is
what few rows have. It does not see what moves along the dependences, and little where features are independent anyhow.

Reference: C. Chow and C. Liu, "Approximating discrete probability distributions with dependence trees", IEEE
Transactions on Information Theory, 1968.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.events import Floats, Ints

LEVELS = 8  # of a feature: of equal mass, and one on either side for what no row had
FEW = 0.2  # share of the rows; an end that more of them have is no extreme
VALUES = 4  # a number that has no more of them has no ends
Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Coherence:
    """`edges` (n, 2): places of features; `gain` (n, LEVELS, LEVELS): nats by which a pair of levels goes together.

    Nats are above what the edge's pairs have on average, so an edge left out says as much as an ordinary one.
    """

    level: Ints  # (features, codes)
    extreme: NDArray[np.bool_]  # (features, codes)
    edges: Ints
    gain: Floats

    def lack(self, codes: Bytes) -> Floats:
        """Nats of each row (n,): the larger, the less its features go together."""
        places = np.arange(codes.shape[1])
        level, extreme = self.level[places, codes], self.extreme[places, codes]
        one, other = self.edges.T
        gains = self.gain[np.arange(len(self.edges)), level[:, one], level[:, other]]
        return np.asarray(-np.where(extreme[:, one] | extreme[:, other], 0.0, gains).sum(axis=1))


def coherence_of(counts: Ints, parents: Ints, joint: Ints, numeric: int) -> Coherence:
    """From counts of codes (features, codes), the parent of every feature but the first, and counts of their levels."""
    edges = np.column_stack([parents, np.arange(1, len(counts))]).reshape(-1, 2)
    pairs = joint.reshape(-1, LEVELS, LEVELS)
    rows = np.maximum(pairs.sum(axis=(1, 2), keepdims=True), 1)
    chance = pairs.sum(axis=2, keepdims=True) * pairs.sum(axis=1, keepdims=True) / rows
    gain = np.log((pairs + 1) / (chance + 1))
    gain -= (pairs * gain).sum(axis=(1, 2), keepdims=True) / rows
    return Coherence(_levels(counts), _left_out(counts, numeric), edges, gain)


def tree_of(codes: Bytes, counts: Ints) -> tuple[Ints, Ints]:
    """The parent of every feature but the first, and for each such pair how often their levels came together."""
    places = np.arange(codes.shape[1])
    level = _levels(counts)[places, codes]
    one = np.zeros((len(codes), len(places), LEVELS))
    one[np.arange(len(codes))[:, None], places, level] = 1
    flat = one.reshape(len(codes), -1)
    joint = (flat.T @ flat).reshape(len(places), LEVELS, len(places), LEVELS).transpose(0, 2, 1, 3)
    parents = _spanning(_shared(joint, len(codes)))
    return parents, np.rint(joint[parents, places[1:]]).astype(np.int64)


def _levels(counts: Ints) -> Ints:
    """Of every code the level: 1 to LEVELS - 2 by the mass below it, 0 and LEVELS - 1 beyond what was seen."""
    mass = (counts.cumsum(axis=1) - counts / 2) / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    level = 1 + np.minimum((mass * (LEVELS - 2)).astype(np.int64), LEVELS - 3)
    first, last = ends(counts)
    place = np.arange(counts.shape[1])
    return np.where(place < first, 0, np.where(place > last, LEVELS - 1, level))


def extremes(counts: Ints, numeric: int) -> NDArray[np.bool_]:
    """Codes (features, codes) at or beyond an end of a number that has more than a few values."""
    first, last = ends(counts)
    place = np.arange(counts.shape[1])
    found = (place <= np.maximum(first, 1)) | (place >= last)
    found &= (counts > 0).sum(axis=1, keepdims=True) > VALUES
    found[numeric:] = False
    return np.asarray(found)


def _left_out(counts: Ints, numeric: int) -> NDArray[np.bool_]:
    """Extremes, unless many rows have them; and what lies next to the last, where testers go as well."""
    first, last = ends(counts)
    place = np.arange(counts.shape[1])
    few = FEW * np.maximum(counts.sum(axis=1, keepdims=True), 1)
    found = extremes(counts, numeric)
    found[:numeric] |= ((place == last - 1) & found.any(axis=1, keepdims=True))[:numeric]
    low = place <= np.maximum(first, 1)
    for side in (low, ~low):
        found &= ~side | ((counts * (found & side)).sum(axis=1, keepdims=True) < few)
    return np.asarray(found | (place < first) | (place > last))


def ends(counts: Ints) -> tuple[Ints, Ints]:
    """The first and the last code of every feature that any row has, as columns."""
    seen = counts > 0
    return seen.argmax(axis=1)[:, None], counts.shape[1] - 1 - seen[:, ::-1].argmax(axis=1)[:, None]


def _shared(joint: Floats, n: int) -> Floats:
    """Mutual information of every two features (features, features), less what chance alone would show."""
    p = joint / n
    sides = p.sum(axis=3, keepdims=True), p.sum(axis=2, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(p > 0, p * np.log(p / (sides[0] * sides[1])), 0.0).sum(axis=(2, 3))
    kinds = [(side > 0).sum(axis=(2, 3)) - 1 for side in sides]
    return np.asarray(found - kinds[0] * kinds[1] / (2 * n))


def _spanning(shared: Floats) -> Ints:
    """The tree of the largest sum (Prim): the parent of features 1, 2, ...; feature 0 is the root."""
    n = len(shared)
    inside = np.zeros(n, dtype=bool)
    best, parent = np.full(n, -np.inf), np.zeros(n, dtype=np.int64)
    at = 0
    for _ in range(n - 1):
        inside[at] = True
        nearer = ~inside & (shared[at] > best)
        best[nearer], parent[nearer] = shared[at][nearer], at
        at = int(np.where(inside, -np.inf, best).argmax())
    return parent[1:]
