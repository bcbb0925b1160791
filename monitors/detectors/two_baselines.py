"""Slow poisoning: what has the reading been over the last weeks, against the baseline that never moves?

It suspects only. It looks at what a detector that follows the series cannot see, and is blind to anything quick.
"""

from __future__ import annotations

from collections import deque
from math import sqrt
from statistics import fmean, variance
from typing import ClassVar

from scipy.special import stdtr

from monitors.detectors import Verdict
from monitors.robust import spread_of, usable
from schemas.readings import Reading
from schemas.signals import BREACH, NOT_ENOUGH, QUIET


class TwoBaselines:
    """Breach when the rolling mean of the readings has moved away from the value the frozen baseline expects.

    Readings less their expected value are averaged in blocks (of a day, say: 288 panes of five minutes), and the
    last `blocks` block means are compared with 0 by a t-test, so that neighbours may resemble each other within a
    block. Breach when its p is at most `rare` and the mean is at least `min_effect` away, in robust spreads of single
    readings. It is told once, until the mean is back within half of `min_effect`. `effect` is the mean in spreads,
    signed. A reading without an expected value (no baseline yet) is "not enough data".

    It is judged when a block is full; between, the last answer stands. `memory` is `block` times `blocks`.

    When it does not work: it is not calibrated, since the baseline has a luck of its own, which no amount of readings
    averages away (2,000 events with a standard deviation of 1 miss their mean by 0.02): only `min_effect` stands
    between that and an alarm. Measured over 60 days of five-minute panes: no breach in 60 series each of white noise
    and of AR(1) noise of 0.5 and 0.95; a drift that reaches one spread on day 60 is told on day 37, one that reaches
    two on day 22. A baseline learnt at noon is not the mean of a day. Rebuilding shifts where blocks begin.

    >>> from schemas.readings import Reading, Series
    >>> series, detector = Series("card", "1", "output.score_mean"), TwoBaselines(block=10, blocks=6)
    >>> values = [0.50 + i % 5 * 0.01 + i * 0.0002 for i in range(120)]
    >>> said = [detector.update(Reading(series, i, 900, value, expected=0.52)) for i, value in enumerate(values)]
    >>> [(i, each.reason) for i, each in enumerate(said) if each.verdict == "breach"]
    [(89, 'the mean of 60 readings is 0.75 spreads (0.0119) from the baseline')]

    Reference: W. A. Shewhart's rational subgroups, as in D. C. Montgomery, "Introduction to statistical quality
    control", 8th edition, 2019, chapter 5; batch means: A. M. Law, "Simulation modeling and analysis", 2015, chapter 9.
    """

    calibrated: ClassVar[bool] = False

    def __init__(self, rare: float = 0.001, min_effect: float = 0.5, block: int = 288, blocks: int = 14) -> None:
        if not 0 < rare < 1 or min_effect <= 0 or block < 1 or blocks < 3:
            raise ValueError(
                "need rare in (0, 1), min_effect > 0, block >= 1 and blocks >= 3,"
                f" not {rare}, {min_effect}, {block} and {blocks}"
            )
        self.rare = rare
        self.min_effect = min_effect
        self.block = block
        self.blocks = blocks
        self._filling: list[float] = []
        self._means: deque[float] = deque(maxlen=blocks)
        self._spreads: deque[float] = deque(maxlen=blocks)
        self._told = False
        self._last = Verdict(NOT_ENOUGH, None, None, "")

    @property
    def memory(self) -> int:
        return self.block * self.blocks

    def update(self, reading: Reading) -> Verdict:
        """Take the next reading of the series."""
        value, expected = reading.value, reading.expected
        if value is None or expected is None or not usable(value) or not usable(expected):
            return Verdict(NOT_ENOUGH, None, None, f"no value or no baseline to {reading.n} events in this pane")
        self._filling.append(value - expected)
        if len(self._filling) == self.block:
            self._end_block()
            return self._last
        if len(self._means) < self.blocks:
            full = f"{len(self._means)} blocks of {self.blocks}, {len(self._filling)} readings of {self.block}"
            return Verdict(NOT_ENOUGH, None, None, full)
        # What was told is not told again with every pane.
        return Verdict(QUIET, None, self._last.effect, self._last.reason)

    def _end_block(self) -> None:
        mean = fmean(self._filling)
        self._means.append(mean)
        self._spreads.append(spread_of(self._filling, mean))
        self._filling = []
        n = len(self._means)
        if n < self.blocks:
            self._last = Verdict(NOT_ENOUGH, None, None, f"{n} blocks of {self.blocks}")
            return
        shift, spread = fmean(self._means), fmean(self._spreads)
        error = sqrt(variance(self._means) / n) or spread / 1e6
        p, effect = 2 * float(stdtr(n - 1, -abs(shift) / error)), shift / spread
        moved = p <= self.rare and abs(effect) >= self.min_effect
        reason = f"the mean of {n * self.block} readings is {effect:.2g} spreads ({shift:.3g}) from the baseline"
        self._last = Verdict(BREACH if moved and not self._told else QUIET, None, effect, reason)
        self._told = moved or (self._told and abs(effect) >= self.min_effect / 2)
