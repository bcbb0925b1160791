"""How far is what came last from everything that came before?"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Rounding of a mean leaves dust of some 1e-16 of its terms; what is nearer than this share of them is the same.
SAME = 1e-12


class Novelty:
    """Distance of the last `blocks` means, of `scale` values each, to the `neighbours`-th most similar earlier moment.

    Neighbours come from different episodes: what lies within one span of a neighbour already found counts no more, and
    the last span itself is left out. So what was seen once, however long it lasted, is still novel the second time, and
    known the third time. One block sees levels, several blocks see shapes at that scale. A moment is remembered every
    third of a scale, for `history` rows.

    When it does not work: it has no idea of the time of day, so a value that is usual in the evening is never novel at
    noon; what returns after more than `history` rows is new again; a slow climb is novel all the way up.

    >>> import numpy as np
    >>> level = Novelty(scale=1, blocks=1, neighbours=1)
    >>> [level.update(np.array([x])) for x in (5.0, 5.0, 7.0, 6.0)]
    [None, 0.0, 2.0, 1.0]

    Source: nearest-neighbour conformity (KNN-CAD: Burnaev & Ishimtsev 2016) over piecewise means (PAA: Keogh 2001).
    """

    def __init__(self, scale: int, blocks: int, neighbours: int = 2, history: int = 4096) -> None:
        self.scale = scale
        self.blocks = blocks
        self.neighbours = neighbours
        self.history = history
        self.span = scale * blocks
        self._every = max(1, scale // 3)
        self._guard = max(1, self.span // self._every)
        self._kept = history // self._every
        self._past = np.empty((blocks, 2 * (self._kept + self._guard + 1)))
        self._filled = self._dropped = self._row = 0

    def update(self, recent: Floats) -> float | None:
        """`recent` ends with the newest value. None while there is nothing to compare with."""
        if len(recent) < self.span:
            return None
        now = np.add.reduce(recent[-self.span :].reshape(self.blocks, self.scale), axis=1) / self.scale
        row, self._row = self._row, self._row + 1
        if row % self._every == 0:
            self._remember(now)
        last = (row - self.span) // self._every + 1 - self._dropped
        if last <= 0:
            return None
        apart = self._past[:, max(0, last - self._kept) : last] - now[:, None]
        nearest = self._nearest(np.einsum("ij,ij->j", apart, apart))
        return nearest if nearest > SAME * max(map(abs, now.tolist())) else 0.0

    def _remember(self, now: Floats) -> None:
        if self._filled == self._past.shape[1]:
            half = self._filled // 2
            self._past[:, :half] = self._past[:, half:]
            self._filled -= half
            self._dropped += half
        self._past[:, self._filled] = now
        self._filled += 1

    def _nearest(self, squared: Floats) -> float:
        found = math.inf
        for left in range(self.neighbours, 0, -1):
            place = int(squared.argmin())
            if squared[place] == math.inf:
                break  # fewer episodes than neighbours: the farthest there is
            found = float(squared[place])
            if left > 1:
                squared[max(0, place - self._guard) : place + self._guard + 1] = math.inf
        return math.sqrt(found)
