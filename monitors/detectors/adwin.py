"""River's ADWIN over a series of readings: has the mean changed, and since when?

It says yes or no only. It never sees a missing or infinite value, and sees the rest on a scale of its own.
"""

from __future__ import annotations

from collections import deque
from statistics import median
from typing import ClassVar

from river import drift

from monitors.detectors import Verdict
from monitors.robust import RobustScale, usable
from schemas.readings import Reading
from schemas.signals import BREACH, NOT_ENOUGH, QUIET

# ADWIN's bound is for values in [0, 1]: eight spreads are mapped there, so that 0.01 and 3,000 ms are treated alike.
REACH = 4.0


class Adwin:
    """Breach when the newer part of an adaptive window has another mean than the older part.

    The first `min_instances` values fix centre and spread and say "not enough data". After a breach it starts afresh
    at the new level, so a lasting shift is told once. `effect` is the shift in spreads, signed. `delta`
    is River's; `clock` is how many values pass between two looks.

    When it does not work: slow. Measured on simulated data (defaults, median of 15): a shift of 1, 2, 4 standard
    deviations is seen after about 180, 55, 28 values; without a change it called none in 60,000 values, be they normal,
    lognormal, heavy-tailed or autocorrelated by 0.5. A season looks like a change. A spread learnt from unusually calm
    values makes it nervous.

    >>> from schemas.readings import Reading, Series
    >>> series, detector = Series("card", "1", "output.score_mean"), Adwin()
    >>> values = [0.20, 0.21, 0.19] * 30 + [0.40, 0.41, 0.39] * 15
    >>> said = [detector.update(Reading(series, i, 900, value)) for i, value in enumerate(values)]
    >>> [i for i, each in enumerate(said) if each.verdict == "breach"]
    [120]
    >>> said[120].reason
    'level moved from 0.2 to 0.4 over the last 31 values, 13 spreads'

    Reference: A. Bifet, R. Gavalda, "Learning from time-changing data with adaptive windowing", SIAM SDM 2007.
    """

    calibrated: ClassVar[bool] = False
    anchored: ClassVar[bool] = True

    def __init__(self, delta: float = 0.002, min_instances: int = 30, clock: int = 1, memory: int = 512) -> None:
        if not 0 < delta < 1:
            raise ValueError(f"delta must lie in (0, 1), not {delta}")
        if min_instances < 5 or clock < 1 or memory < min_instances:
            raise ValueError(
                "need min_instances >= 5, clock >= 1 and memory >= min_instances,"
                f" not {min_instances}, {clock} and {memory}"
            )
        self.delta = delta
        self.min_instances = min_instances
        self.clock = clock
        self.memory = memory
        self._restart()

    def _restart(self) -> None:
        self._scale = RobustScale(self.min_instances)
        self._since: deque[float] = deque(maxlen=self.memory)
        self._adwin = drift.ADWIN(delta=self.delta, clock=self.clock, grace_period=self.min_instances)

    def update(self, reading: Reading) -> Verdict:
        """Take the next reading of the series."""
        value = reading.value
        if value is None or not usable(value):
            return Verdict(NOT_ENOUGH, None, None, f"no value from {reading.n} events in this pane")
        if self._scale.missing:
            self._scale.add(value)
            if not self._scale.missing:
                for each in self._scale.first:
                    self._show(each)
            seen = len(self._scale.first)
            reason = f"learning the scale: {seen} of {self.min_instances} values, {self._scale.missing} missing"
            return Verdict(NOT_ENOUGH, None, None, reason)
        self._show(value)
        if not self._adwin.drift_detected:
            return Verdict(QUIET, None, None, f"no change of the mean within {self._adwin.width:.0f} values")
        return self._breach()

    def _show(self, value: float) -> None:
        self._since.append(value)
        self._adwin.update(0.5 + self._scale.standard(value, REACH) / (2 * REACH))

    def _breach(self) -> Verdict:
        """River only says that it moved; where, is found here by least squares."""
        values = list(self._since)
        cut = _split([self._scale.standard(value, REACH) for value in values])
        before, after = median(values[:cut]), median(values[cut:])
        effect = (after - before) / self._scale.spread
        self._restart()
        moved = f"level moved from {before:.4g} to {after:.4g} over the last {len(values) - cut} values"
        return Verdict(BREACH, None, effect, f"{moved}, {effect:.2g} spreads")


def _split(values: list[float]) -> int:
    """Where cutting in two leaves the least variance within the parts."""
    total, n, left, best, cut = sum(values), len(values), 0.0, -1.0, 1
    for i in range(1, n):
        left += values[i - 1]
        between = (left / i - (total - left) / (n - i)) ** 2 * i * (n - i)
        if between > best:
            best, cut = between, i
    return cut
