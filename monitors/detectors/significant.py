"""Judges one reading by its own p-value: the only detector here that may pay from the error budget.

It remembers nothing; asking for several breaches in a row is the ledger's part.
"""

from __future__ import annotations

from typing import ClassVar

from monitors.detectors import Verdict
from schemas.readings import Reading
from schemas.signals import BREACH, NOT_ENOUGH, QUIET


class Significant:
    """Breach when a reading is significant, material and rests on enough data: three gates, in that order of asking.

    Enough data: at least `min_n` events and a p-value. Significant: p <= `alpha`, which the caller takes from the
    budget. Material: effect >= `min_effect`, in the metric's own unit; where one is asked for and the effect is not
    known, the answer is "not enough data".

    When it does not work: p-values assume independent events, so traffic sent in batches looks more significant than
    it is; a shift that grows slowly, or is small for months, never breaches in a single pane; a baseline learnt while
    something was wrong makes wrong look normal.

    >>> from schemas.readings import Reading, Series
    >>> drift = Reading(Series("card", "1", "feature.psi", "age"), 0, 500, 0.31, 0.0, p=2e-9, effect=0.31)
    >>> said = Significant(alpha=1e-6, min_n=100, min_effect=0.1).update(drift)
    >>> said.verdict, said.reason
    ('breach', 'p 2.0e-09 <= 1.0e-06 and effect 0.31 >= 0.1, on 500 events')

    Reference: T. Wasserstein, N. Lazar, "The ASA statement on p-values", The American Statistician 70(2), 2016.
    """

    calibrated: ClassVar[bool] = True
    memory: ClassVar[int] = 0

    def __init__(self, alpha: float = 1e-4, min_n: int = 100, min_effect: float = 0.0) -> None:
        if not 0 < alpha <= 1:
            raise ValueError(f"alpha must lie in (0, 1], not {alpha}")
        if min_n < 1:
            raise ValueError(f"min_n must be at least 1, not {min_n}")
        self.alpha = alpha
        self.min_n = min_n
        self.min_effect = min_effect

    def update(self, reading: Reading) -> Verdict:
        """Judge one reading by itself."""
        p, effect = reading.p, reading.effect
        if p is None or not 0 <= p <= 1:
            why = "no baseline yet, too little data, or too little known of what is usual"
            return Verdict(NOT_ENOUGH, None, None, f"no p-value on {reading.n} events: {why}")
        known = None if effect is None or not abs(effect) < float("inf") else effect
        if reading.n < self.min_n:
            return Verdict(NOT_ENOUGH, p, known, f"{reading.n} events of {self.min_n} needed")
        if p > self.alpha:
            return Verdict(QUIET, p, known, f"p {p:.1e} > {self.alpha:.1e}, on {reading.n} events")
        if known is None:
            if self.min_effect > 0:
                return Verdict(
                    NOT_ENOUGH, p, None, f"p {p:.1e} <= {self.alpha:.1e}, but how big the effect is is unknown"
                )
            return Verdict(BREACH, p, None, f"p {p:.1e} <= {self.alpha:.1e}, on {reading.n} events")
        size = f"effect {known:.3g} {'>=' if known >= self.min_effect else '<'} {self.min_effect:.3g}"
        if known < self.min_effect:
            return Verdict(QUIET, p, known, f"p {p:.1e} <= {self.alpha:.1e} but {size}, on {reading.n} events")
        return Verdict(BREACH, p, known, f"p {p:.1e} <= {self.alpha:.1e} and {size}, on {reading.n} events")
