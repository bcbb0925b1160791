"""Slow poisoning: what has the reading been over the last weeks, against the baseline that never moves?

It suspects only. It looks at what a detector that follows the series cannot see, and is blind to anything quick.
"""

from __future__ import annotations

from math import sqrt
from typing import ClassVar

import numpy as np
from scipy.special import stdtr

from monitors.detectors import Verdict
from monitors.robust import NORMAL, spread_of, usable
from schemas.events import Floats
from schemas.readings import Reading
from schemas.signals import BREACH, NOT_ENOUGH, QUIET

LONGEST = 105_120  # readings; a year of five-minute panes


class TwoBaselines:
    """Breach while the rolling mean of the readings is away from the value the frozen baseline expects.

    Readings less their expected value are averaged in blocks (of a day, say: 288 panes of five minutes), the last
    `blocks` of them, and the block means are compared with 0 by a t-test, so that neighbours may resemble each other
    within a block. Breach when its p is at most `rare` and the mean is at least `min_effect` away, in robust spreads of
    single readings; it stays one until that has not been so for a block, so the alert is open as long as the shift
    lasts. `effect` is the mean in spreads, signed. A reading without an expected value (no baseline yet) is "not enough
    data".

    A block counts readings: where traffic is thin they come about once an hour, and `block = 24` is a day.

    It is judged at every reading once `blocks` blocks are there; blocks are counted back from that reading. `memory` is
    one block more, the time a breach outlasts its cause: so a detector that is rebuilt says what it would have said.

    When it does not work: it is not calibrated, since the baseline has a luck of its own, which no amount of readings
    averages away (2,000 events with a standard deviation of 1 miss their mean by 0.02): only `min_effect` stands
    between that and an alarm. Measured over 60 days of five-minute panes, rebuilt every six hours: no breach in 60
    series each of white noise and of AR(1) noise of 0.5 and 0.95; a drift that reaches one spread on day 60 is told on
    day 37, one that reaches two on day 22 (medians of 60; at 0.95 the first of one spread was told on day 22, the last
    on day 47). A baseline learnt at noon is not the mean of a day. A distance (`feature.wasserstein`, a PSI) is never
    negative, so never 0 on average either, though its baseline expects 0: `mirqab rules check` refuses it.

    >>> from schemas.readings import Reading, Series
    >>> series, detector = Series("card", "1", "output.score_mean"), TwoBaselines(block=10, blocks=6)
    >>> values = [0.50 + i % 5 * 0.01 + i * 0.0002 for i in range(120)]
    >>> said = [detector.update(Reading(series, i, 900, value, expected=0.52)) for i, value in enumerate(values)]
    >>> [each.verdict for each in said].index("breach"), said[-1].verdict
    (82, 'breach')
    >>> said[82].reason
    'the mean of 60 readings is 0.69 spreads (0.0105) from the baseline'

    Reference: W. A. Shewhart's rational subgroups, as in D. C. Montgomery, "Introduction to statistical quality
    control", 8th edition, 2019, chapter 5; batch means: A. M. Law, "Simulation modeling and analysis", 2015, chapter 9.
    """

    calibrated: ClassVar[bool] = False

    def __init__(self, rare: float = 0.001, min_effect: float = 0.5, block: int = 288, blocks: int = 14) -> None:
        if not 0 < rare < 1 or min_effect <= 0 or block < 1 or blocks < 3 or block * blocks > LONGEST:
            raise ValueError(
                f"need rare in (0, 1), min_effect > 0, block >= 1, blocks >= 3 and block * blocks <= {LONGEST},"
                f" not {rare}, {min_effect}, {block} and {blocks}"
            )
        self.rare = rare
        self.min_effect = min_effect
        self.block = block
        self.blocks = blocks
        self._window = block * blocks
        # The last window stands in one piece, behind what has left it, which is overwritten once a window long.
        self._away: Floats = np.zeros(2 * self._window)
        self._end = self._known = 0
        self._moved = 0  # for so many readings more it is a breach

    @property
    def memory(self) -> int:
        return self.block * (self.blocks + 1)

    def update(self, reading: Reading) -> Verdict:
        """Take the next reading of the series."""
        value, expected = reading.value, reading.expected
        if value is None or expected is None or not usable(value) or not usable(expected):
            return Verdict(NOT_ENOUGH, None, None, f"no value or no baseline to {reading.n} events in this pane")
        self._learn(value - expected)
        if self._known < self._window:
            return Verdict(NOT_ENOUGH, None, None, f"{self._known} readings of {self._window} needed")
        return self._judge()

    def _learn(self, away: float) -> None:
        if self._end == len(self._away):
            self._away[: self._window] = self._away[self._window :]
            self._end = self._window
        self._away[self._end] = away
        self._end += 1
        self._known = min(self._known + 1, self._window)

    def _judge(self) -> Verdict:
        blocks = self._away[self._end - self._window : self._end].reshape(self.blocks, self.block)
        means = blocks.mean(axis=1)
        shift, spread = float(means.mean()), float(_spreads(blocks, means).mean())
        error = sqrt(float(means.var(ddof=1)) / self.blocks) or spread / 1e6
        p, effect = 2 * float(stdtr(self.blocks - 1, -abs(shift) / error)), shift / spread
        moved = p <= self.rare and abs(effect) >= self.min_effect
        self._moved = self.block if moved else max(0, self._moved - 1)
        reason = f"the mean of {self._window} readings is {effect:.2g} spreads ({shift:.3g}) from the baseline"
        if abs(effect) >= self.min_effect and not moved:
            reason += f", which chance would do, too, as blocks differ (p {p:.2g} > {self.rare:g})"
        if self._moved and not moved:
            reason += f"; it was a breach within the last {self.block}"
        return Verdict(BREACH if self._moved else QUIET, None, effect, reason)


def _spreads(blocks: Floats, means: Floats) -> Floats:
    """`monitors.robust.spread_of` each block around its mean."""
    away = np.abs(blocks - means[:, None])
    spreads = NORMAL * np.median(away, axis=1)
    for i in np.flatnonzero(spreads == 0):
        spreads[i] = spread_of(blocks[i].tolist(), float(means[i]))
    return spreads
