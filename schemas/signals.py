"""A `Signal`: what a detector said about one reading, with its evidence.

`verdict` is one of BREACH, QUIET, NOT_ENOUGH. A detector that only says yes or no leaves `p` None and can never raise
an alert above *suspected* (design §3.2, error rates).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from schemas.readings import Series
from schemas.rules import Rule

BREACH, QUIET, NOT_ENOUGH = "breach", "quiet", "not enough data"


@dataclass(frozen=True, slots=True)
class Signal:
    """One detector's statement on one series at the end of one pane.

    `about` is what its alert is about, where that is more than the one series: all features of the model.
    """

    rule: str
    detector: str
    series: Series
    at_ns: int
    verdict: str
    n: int
    value: float | None
    expected: float | None
    p: float | None
    effect: float | None
    baseline: str
    reason: str
    evidence: dict[str, Any] = field(default_factory=dict)
    about: Series | None = None


def said(rule: Rule, series: Series, at_ns: int, verdict: str, reason: str, n: int, baseline: str) -> Signal:
    """A statement that comes from no detector over readings; what it measured may be added."""
    return Signal(
        rule=rule.id,
        detector=rule.detector,
        series=series,
        at_ns=at_ns,
        verdict=verdict,
        n=n,
        value=None,
        expected=None,
        p=None,
        effect=None,
        baseline=baseline,
        reason=reason,
    )
