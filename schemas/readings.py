"""A `Reading`: the value of one metric over one pane, with its sample size.

`value` None means "not enough data", which is an answer. `p` is a p-value against the baseline if the metric has one.
`evidence()` makes JSON-ready evidence (expected and observed histograms, contributors); it is called for breaches only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Series:
    """What is measured on whom: one line of a chart. `segment` "" is the whole model, else "channel=web"."""

    model: str
    version: str
    metric: str
    feature: str = ""
    principal: str = ""
    segment: str = ""

    def __str__(self) -> str:
        parts = [self.model, self.version, self.metric, self.feature, self.principal]
        # Ids of alerts are made of this text: those of whole models stay what they were.
        return "|".join([*parts, self.segment] if self.segment else parts)


@dataclass(frozen=True, slots=True)
class Reading:
    """One metric over one pane [`at_ns` - pane, `at_ns`)."""

    series: Series
    at_ns: int
    n: int
    value: float | None
    expected: float | None = None
    p: float | None = None
    effect: float | None = None
    baseline: str = ""
    evidence: Callable[[], dict[str, Any]] = dict
