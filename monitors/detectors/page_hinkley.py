"""River's Page-Hinkley test over a series of readings: a quick eye for a level that moved.

It says yes or no only. It never sees a missing or infinite value, and sees the rest in robust spreads.
"""

from __future__ import annotations

from collections import deque
from typing import ClassVar

from river import drift

from monitors.detectors import Verdict
from monitors.robust import RobustScale, usable
from schemas.readings import Reading
from schemas.signals import BREACH, NOT_ENOUGH, QUIET

# A single value, however wild, adds at most this many spreads to the sum.
REACH = 4.0
LATELY = 5


class PageHinkley:
    """Breach when deviations from the mean, less a tolerance, add up to more than a threshold.

    The first `min_instances` values fix centre and spread and say "not enough data". `delta` is the shift that is put
    up with, `threshold` the sum, both in spreads; `mode` is "up", "down" or "both". After a breach it starts afresh at
    the new level, so a lasting shift is told once. `effect` is the median of the last five values less the centre, in
    spreads.

    When it does not work: measured on simulated data (defaults, median of 15), a shift of 1, 2, 4 standard deviations
    is seen after about 46, 13, 6 values; 60,000 values without a change cost 1 false call when normal, 3 lognormal, 7
    heavy-tailed (Student t, 3 degrees), 17 autocorrelated by 0.5. A season looks like a change. A shift that creeps in
    is followed by the running mean, not told.

    >>> from schemas.readings import Reading, Series
    >>> series, detector = Series("card", "1", "latency.p50"), PageHinkley()
    >>> values = [20.0, 21.0, 19.0] * 20 + [40.0, 41.0, 39.0] * 5
    >>> said = [detector.update(Reading(series, i, 900, value)) for i, value in enumerate(values)]
    >>> [i for i, each in enumerate(said) if each.verdict == "breach"]
    [66]
    >>> said[66].reason
    'level moved from 20 to 40, 13 spreads'

    Reference: E. S. Page, "Continuous inspection schemes", Biometrika 41, 1954.
    """

    calibrated: ClassVar[bool] = False
    anchored: ClassVar[bool] = True

    def __init__(
        self,
        min_instances: int = 30,
        delta: float = 0.5,
        threshold: float = 20.0,
        mode: str = "both",
        memory: int = 512,
    ) -> None:
        if min_instances < LATELY or memory < min_instances:
            raise ValueError(f"need memory >= min_instances >= {LATELY}, not {memory} and {min_instances}")
        if delta < 0 or threshold <= 0:
            raise ValueError(f"need delta >= 0 and threshold > 0, in spreads, not {delta} and {threshold}")
        if mode not in ("up", "down", "both"):
            raise ValueError(f"mode must be up, down or both, not {mode!r}")
        self.min_instances = min_instances
        self.delta = delta
        self.threshold = threshold
        self.mode = mode
        self.memory = memory
        self._restart()

    def _restart(self) -> None:
        self._scale = RobustScale(self.min_instances)
        self._lately: deque[float] = deque(maxlen=LATELY)
        self._test = drift.PageHinkley(
            min_instances=self.min_instances, delta=self.delta, threshold=self.threshold, mode=self.mode
        )

    def update(self, reading: Reading) -> Verdict:
        """Take the next reading of the series."""
        value = reading.value
        if value is None or not usable(value):
            return Verdict(NOT_ENOUGH, None, None, f"no value from {reading.n} events in this pane")
        if self._scale.missing:
            return self._learn(value)
        self._lately.append(value)
        self._test.update(self._scale.standard(value, REACH))
        if not self._test.drift_detected:
            return Verdict(QUIET, None, None, f"no change of level from {self._scale.centre:.4g}")
        before, after = self._scale.centre, sorted(self._lately)[len(self._lately) // 2]
        effect = (after - before) / self._scale.spread
        self._restart()
        return Verdict(BREACH, None, effect, f"level moved from {before:.4g} to {after:.4g}, {effect:.2g} spreads")

    def _learn(self, value: float) -> Verdict:
        scale = self._scale
        scale.add(value)
        if not scale.missing:
            # Its own look at the values that made the scale: a running mean needs them, a verdict does not.
            for each in scale.first:
                self._test.update(scale.standard(each, REACH))
        seen = len(scale.first)
        reason = f"learning the scale: {seen} of {self.min_instances} values, {scale.missing} missing"
        return Verdict(NOT_ENOUGH, None, None, reason)
