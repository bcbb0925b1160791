"""A score for each value of a series as it comes; why it is made so: docs/decisions/0011."""

from __future__ import annotations

import math

import numpy as np

from monitors.series.bar import Bar
from monitors.series.novelty import Novelty
from monitors.series.rarity import Rarity

DETECTION = 0.5
SCALES = (1, 3, 9, 27)
BLOCKS = (1, 4)
# Squares of larger numbers overflow.
LARGEST = 1e150


class SeriesScorer:
    """Mean rarity of levels and shapes at four scales against a bar: a score in [0, 1], 0.5 and above is a detection.

    1. The last 1, 3, 9, 27 values as one mean (level) and the last 4, 12, 36, 108 as four means (shape): eight views.
    2. In each view, how far are they from the second most similar earlier moment (`Novelty`), and how rare is that
       distance among the earlier ones, in decades (`Rarity`)?
    3. The mean of the eight against the bar (`Bar`): score = 1 - 2^(-mean / bar), halved while the bar rests.

    When it does not work: the first hundred or so values have nothing to be compared with; what is only wrong for its
    time of day goes unseen; a drift is told only once it leaves what is known; values beyond 1e100, or
    all within 1e-100, have squares that are no numbers and score 0. See also the three parts.

    >>> scorer = SeriesScorer()
    >>> usual = [scorer.update(value) for value in [10.0, 11.0, 12.0, 11.0] * 100]
    >>> max(usual[100:]) < DETECTION, scorer.update(50.0) >= DETECTION
    (True, True)
    """

    def __init__(self) -> None:
        self._views = [(Novelty(scale, blocks), Rarity()) for scale in SCALES for blocks in BLOCKS]
        self._bar = Bar()
        self._span = max(novelty.span for novelty, _ in self._views)
        self._recent = np.empty(0)

    def update(self, value: float) -> float:
        """Take the next value, which must be finite, and say how unusual it is."""
        rarity = self.rarity(value)
        score = 1.0 - math.exp2(-rarity / self._bar.height)
        if self._bar.resting:
            score /= 2
        # Six digits on the right side of 0.5, so that a reader of the column sees the same detections.
        below = DETECTION - 1e-6
        return round(max(score, DETECTION) if self._bar.passes(rarity) else min(score, below), 6)

    def rarity(self, value: float) -> float:
        """Steps 1 and 2 alone, instead of `update`: the mean rarity of the next value in decades."""
        self._recent = np.append(self._recent[-self._span + 1 :], min(max(value, -LARGEST), LARGEST))
        return sum(self._rarity(*view) for view in self._views) / len(self._views)

    def _rarity(self, novelty: Novelty, rarity: Rarity) -> float:
        distance = novelty.update(self._recent)
        return 0.0 if distance is None else rarity.update(distance)
