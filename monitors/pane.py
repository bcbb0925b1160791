"""A `Pane`: what the closed minutes of one model version add up to, beside its baseline and its recent past."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from monitors.activity import Activity
from monitors.prepared import Prepared
from schemas.events import MINUTE_NS, Ints
from schemas.readings import Reading, Series
from schemas.summaries import Summary


@dataclass(slots=True)
class Pane:
    """One pane of one model version. `total` counts all events; `scored` those scored against the present baseline."""

    model: str
    version: str
    at_ns: int  # end of the pane
    minutes: int
    total: Summary
    scored: Summary | None
    prepared: Prepared | None
    first_hour: int = 0  # hours since 1970 when the model was first heard
    activity: Activity = field(default_factory=Activity)
    principals: dict[str, Activity] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Events in the pane."""
        return self.total.n

    @property
    def hour(self) -> int:
        """Hours since 1970 at the pane's start."""
        return (self.at_ns - self.minutes * MINUTE_NS) // (60 * MINUTE_NS)

    def expected(self, name: str) -> Ints | None:
        """The baseline's counts under a vector's name; None without a baseline or without that vector."""
        if self.prepared is None or name not in self.prepared.baseline.vectors:
            return None
        return np.array(self.prepared.baseline.vectors[name], dtype=np.int64)

    def reading(
        self,
        metric: str,
        n: int,
        value: float | None,
        *,
        feature: str = "",
        principal: str = "",
        expected: float | None = None,
        p: float | None = None,
        effect: float | None = None,
        evidence: Callable[[], dict[str, Any]] = dict,
    ) -> Reading:
        """A Reading of this pane."""
        series = Series(self.model, self.version, metric, feature, principal)
        baseline = self.prepared.id if self.prepared else ""
        return Reading(series, self.at_ns, int(n), value, expected, p, effect, baseline, evidence)
