"""Centre and spread of a series from its first values, so that change detectors see the same scale whatever the unit.

Median and median absolute deviation: one spike among the first values moves neither. It never forgets and never
updates; whoever wants a new scale makes a new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from statistics import median

# Beyond this, differences and products overflow; no metric of ours comes near.
LARGEST = 1e150
NORMAL = 1.4826  # a normal distribution's standard deviation over its median absolute deviation


def usable(value: float | None) -> bool:
    """Whether a detector may look at this value at all: a single NaN blinds some of River's for ever."""
    return value is not None and isfinite(value) and abs(value) <= LARGEST


def spread_of(values: Sequence[float], centre: float) -> float:
    """Robust spread around a centre, never 0: for a constant series it is a hundredth of its level, or 1e-6."""
    away = [abs(each - centre) for each in values]
    return NORMAL * median(away) or sum(away) / len(away) or max(abs(centre) / 100, 1e-6)


class RobustScale:
    """Collects `needed` values, then stands still.

    `spread` is in the unit of the values and never 0.
    """

    def __init__(self, needed: int) -> None:
        self.needed = needed
        self.first: list[float] = []
        self.centre = 0.0
        self.spread = 0.0

    @property
    def missing(self) -> int:
        """How many more values it needs; 0 when it is ready."""
        return self.needed - len(self.first)

    def add(self, value: float) -> None:
        """Take one of the first values; with the last of them the scale is fixed."""
        self.first.append(value)
        if not self.missing:
            self.centre = median(self.first)
            self.spread = spread_of(self.first, self.centre)

    def standard(self, value: float, limit: float) -> float:
        """Distance from the centre in spreads, cut off at +-`limit`."""
        return max(-limit, min(limit, (value - self.centre) / self.spread))
