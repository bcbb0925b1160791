"""Events that a rule looks for: judged by their p where the baseline knows how many are usual, else only suspected."""

from __future__ import annotations

from typing import ClassVar

from monitors.detectors import Verdict
from schemas.readings import Reading
from schemas.signals import BREACH, NOT_ENOUGH, QUIET


class Matched:
    """Breach when more events match than is usual: p <= `alpha`, which the caller takes from the budget, and a rise of
    the share of at least `min_effect`, on at least `min_n` events.

    Without a p, because the baseline is older than the rule, any match is a breach without one, so an alert stays
    suspected: a rule that only says yes or no has no error rate.

    When it does not work: events that come in bursts from one sender look more significant than they are; a single
    match among many events is no breach where the baseline knows some, however grave it would be.

    >>> from schemas.readings import Reading, Series
    >>> hits = Series("helpdesk", "", "match.share", "denied_model")
    >>> said = Matched(alpha=1e-4).update(Reading(hits, 0, 400, 0.05, 0.001, p=1e-9, effect=0.049))
    >>> said.verdict, said.reason
    ('breach', 'p 1.0e-09 <= 1.0e-04: 20 of 400 events match, usually 0.4')
    >>> said = Matched().update(Reading(hits, 0, 400, 0.05, baseline="an older one"))
    >>> said.verdict, said.p, said.reason
    ('breach', None, '20 of 400 events match; how many are usual is not known: the baseline is older than the rule')

    Reference: T. Wasserstein, N. Lazar, "The ASA statement on p-values", The American Statistician 70(2), 2016.
    """

    calibrated: ClassVar[bool] = True
    memory: ClassVar[int] = 0

    def __init__(self, alpha: float = 1e-4, min_n: int = 20, min_effect: float = 0.0) -> None:
        if not 0 < alpha <= 1 or min_n < 1:
            raise ValueError(f"need alpha in (0, 1] and min_n >= 1, not {alpha} and {min_n}")
        self.alpha = alpha
        self.min_n = min_n
        self.min_effect = min_effect

    def update(self, reading: Reading) -> Verdict:
        """Judge one reading by itself."""
        value, p, n = reading.value, reading.p, reading.n
        if value is None or not 0 <= value <= 1 or not 0 < n < 1 << 53:
            return Verdict(NOT_ENOUGH, None, None, "nothing was looked at")
        seen = f"{round(value * n):,} of {n:,} events match"
        if p is None or not 0 <= p <= 1:
            if not reading.baseline:
                return Verdict(NOT_ENOUGH, None, None, f"{seen}; there is no baseline yet")
            reason = f"{seen}; how many are usual is not known: the baseline is older than the rule"
            return Verdict(BREACH if value > 0 else QUIET, None, None, reason)
        effect = reading.effect
        known = None if effect is None or not abs(effect) < float("inf") else effect
        usual = "" if reading.expected is None else f", usually {reading.expected * n:.3g}"
        if n < self.min_n:
            return Verdict(NOT_ENOUGH, p, known, f"{n} events of {self.min_n} needed")
        if p > self.alpha:
            return Verdict(QUIET, p, known, f"p {p:.1e} > {self.alpha:.1e}: {seen}{usual}")
        if self.min_effect > 0 and (known is None or known < self.min_effect):
            return Verdict(QUIET, p, known, f"p {p:.1e} but the rise is below {self.min_effect:.3g}: {seen}{usual}")
        return Verdict(BREACH, p, known, f"p {p:.1e} <= {self.alpha:.1e}: {seen}{usual}")
