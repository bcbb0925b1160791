"""Between which steps a number lies, for all features of some rows at once.

A call for each feature costs more than its work where a model has few rows in a batch, and with a thousand models that
is most of scoring. Comparing with every step is no slower than a search as long as the steps are few.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from schemas.events import Floats, Ints

FEW = 64  # steps; among more of them a search is faster
AT_ONCE = 1 << 22  # comparisons held at once, a byte each


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
        found = np.empty(x.shape, dtype=np.int64, order="F")
        if self.planes is None:
            for j, each in enumerate(self.steps):
                found[:, j] = each.searchsorted(x[:, j], side="right")
            return found
        rows = max(1, AT_ONCE // max(1, self.planes.size))
        for first in range(0, len(x), rows):
            part = slice(first, first + rows)
            found[part] = (self.planes <= x[part]).view(np.uint8).sum(axis=0, dtype=np.uint8)
        return found
