"""Between which steps a number lies, for all features of some rows at once.

A call for each feature costs more than its work where a model has few rows in a batch, and with a thousand models that
is most of scoring. Comparing with every step is no slower than a search as long as the steps are few.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from schemas.events import Floats, Ints

FEW = 64  # steps; among more of them a search is faster, and comparing takes memory


class Ladder:
    """Rising steps of each feature, (steps,) each."""

    def __init__(self, steps: Sequence[Floats]) -> None:
        self.steps = steps
        most = max((len(each) for each in steps), default=0)
        self.planes: Floats | None = None  # (most, 1, features)
        if most <= FEW:
            self.planes = np.full((most, 1, len(steps)), np.nan)
            for j, each in enumerate(steps):
                self.planes[: len(each), 0, j] = each

    def below(self, x: Floats) -> Ints:
        """How many steps are not above each number, shape (rows, features), by column; of NaN any count."""
        if self.planes is not None:
            return np.asarray((self.planes <= x).view(np.uint8).sum(axis=0, dtype=np.uint8).astype(np.int64, order="F"))
        found = np.empty(x.shape, dtype=np.int64, order="F")
        for j, each in enumerate(self.steps):
            found[:, j] = each.searchsorted(x[:, j], side="right")
        return found
