"""A conformal p-value: how rare is this reading among the first readings of its own series?

It needs no baseline and no distribution. It does not follow a season, and does not add up evidence over time.
"""

from __future__ import annotations

from typing import ClassVar

from monitors.detectors import Verdict
from monitors.ranks import SIDES, chance, frozen_p
from monitors.robust import RobustScale, usable
from schemas.readings import Reading
from schemas.signals import BREACH, NOT_ENOUGH, QUIET


class Conformal:
    """Breach when a reading is rare among the calibration values (p <= `alpha`) and at least `min_effect` spreads away.

    The first `memory` usable values of the series are the calibration; they are sorted and stand still until the judge
    rebuilds, every six hours, when the last `memory` values take their place. `side` is "up", "down" or "both". p is at
    least 1 / (memory + 1), twice that on both sides: a level below it can never be reached, and a reading beyond all
    calibration values is then "not enough data", with the number of values that would do. Ties are broken by a hash of
    the reading's identity. `effect` is the distance from the calibration's median in robust spreads, signed.

    Calibrated: if readings of the series are exchangeable, P(p <= a) <= a for each reading, whatever their
    distribution; the levels spent then add up to the expected number of false breaches, however the readings depend on
    each other through the calibration. It holds over the draw of the calibration, not for each: with one that happens
    to be calm every p of the week is too small.

    When it does not work: a season or a trend breaks exchangeability, and so does a calibration shorter than the time
    over which neighbours resemble each other. Measured with 500 values, side "both", on 20,000 series: P(p <= 0.01) is
    0.009 on white noise and on AR(1) noise of 0.5, but 0.03 of 0.95. A slow poisoning moves the calibration with it. A
    budget of one ticket a week, on panes of five minutes, asks for levels of 0.00025 and less: 8,000 values.

    >>> from schemas.readings import Reading, Series
    >>> series, detector = Series("card", "1", "latency.p50"), Conformal(alpha=0.05, memory=60)
    >>> values = [20.0, 21.0, 19.0] * 20 + [20.5, 40.0]
    >>> said = [detector.update(Reading(series, i, 900, value)) for i, value in enumerate(values)]
    >>> said[-1].verdict, said[-1].reason
    ('breach', 'p 0.033 <= 0.05: rarer than 60 values around 20, 13 spreads away')

    Reference: R. Laxhammar, G. Falkman, "Conformal prediction for distribution-independent anomaly detection in
    streaming vessel data", StreamKDD 2010.
    """

    calibrated: ClassVar[bool] = True
    dated: ClassVar[bool] = True

    def __init__(
        self, alpha: float = 0.01, min_n: int = 1, min_effect: float = 5.0, side: str = "both", memory: int = 500
    ) -> None:
        if not 0 < alpha <= 1 or memory < 20 or min_n < 1:
            raise ValueError(f"need alpha in (0, 1], memory >= 20 and min_n >= 1, not {alpha}, {memory} and {min_n}")
        if side not in SIDES:
            raise ValueError(f"side must be up, down or both, not {side!r}")
        self.alpha = alpha
        self.min_n = min_n
        self.min_effect = min_effect
        self.side = side
        self.memory = memory
        self._scale = RobustScale(memory)
        self._ordered: list[float] = []

    def update(self, reading: Reading) -> Verdict:
        """Take the next reading of the series."""
        value = reading.value
        if value is None or not usable(value):
            return Verdict(NOT_ENOUGH, None, None, f"no value from {reading.n} events in this pane")
        if reading.n < self.min_n:
            return Verdict(NOT_ENOUGH, None, None, f"{reading.n} events of {self.min_n} needed")
        if self._scale.missing:
            self._scale.add(value)
            if not self._scale.missing:
                self._ordered = sorted(self._scale.first)
            return Verdict(NOT_ENOUGH, None, None, f"{len(self._scale.first)} calibration values of {self.memory}")
        p = frozen_p(self._ordered, value, self.side, chance(reading))
        effect = (value - self._scale.centre) / self._scale.spread
        return self._judge(p, effect)

    def _judge(self, p: float, effect: float) -> Verdict:
        among = f"{self.memory} values around {self._scale.centre:.4g}, {effect:.2g} spreads away"
        least = (2 if self.side == "both" else 1) / (self.memory + 1)
        if abs(effect) < self.min_effect:
            return Verdict(QUIET, p, effect, f"p {p:.2g}, but less than {self.min_effect:g} spreads: among {among}")
        if p <= self.alpha:
            return Verdict(BREACH, p, effect, f"p {p:.2g} <= {self.alpha:.2g}: rarer than {among}")
        if p <= least:
            needed = round(least * (self.memory + 1) / self.alpha)
            reason = f"beyond all {among}, but a level of {self.alpha:.2g} needs memory = {needed}"
            return Verdict(NOT_ENOUGH, p, effect, reason)
        return Verdict(QUIET, p, effect, f"p {p:.2g} > {self.alpha:.2g}: among {among}")
