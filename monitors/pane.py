"""A `Pane`: what the closed minutes of one model version add up to, beside its baseline and its recent past."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from monitors.activity import Activity
from monitors.poisoning.watch import LabelWatch
from monitors.prepared import Prepared
from monitors.truth import Truth
from schemas.baselines import Baseline
from schemas.events import MINUTE_NS, Ints
from schemas.readings import Reading, Series
from schemas.summaries import Summary

# Correlation of two events of one principal. Every principal has customers of its own, so a batch job of one that was
# rarely heard before says little about the model however long it is: its n events weigh like n / (1 + 0.05 n).
# Where the mix of principals is the baseline's (one gateway asks for everybody, say) nothing is allowed for.
LIKENESS = 0.05


@dataclass
class Pane:
    """One pane of one model version, or of one segment of it.

    `total` counts all events; `scored` those scored against the present baseline.
    """

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
    truth: Truth = field(default_factory=Truth)
    segment: str = ""
    began_ns: int | None = None  # when this version was first heard, if others were heard before it
    heard_ns: int | None = None  # of a segment: when the whole model was last heard
    labels: LabelWatch = field(default_factory=LabelWatch)
    asked: Collection[str] | None = None  # metrics that are asked about, so that no others need be read; None: all

    @property
    def n(self) -> int:
        """Events in the pane."""
        return self.total.n

    def asks(self, metric: str) -> bool:
        """Whether anybody wants to know; a reading that nobody asks about does no harm."""
        return self.asked is None or metric in self.asked

    @cached_property
    def moved(self) -> float:
        """How much the mix of principals differs from the baseline's: sum of squared differences of shares, 0 to 2."""
        return 0.0 if self.prepared is None else composition(self.total, self.prepared.baseline)

    def independent(self, p: float, n: int, n_ref: int) -> float:
        """A p-value of `n` events against `n_ref`, less sure where principals moved (see `LIKENESS`)."""
        weight = 1.0 + LIKENESS * self.moved / (1.0 / max(n, 1) + 1.0 / max(n_ref, 1))
        return float(p ** (1.0 / weight))

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
        series = Series(self.model, self.version, metric, feature, principal, self.segment)
        baseline = self.prepared.id if self.prepared else ""
        return Reading(series, self.at_ns, int(n), value, expected, p, effect, baseline, evidence)


def composition(total: Summary, baseline: Baseline) -> float:
    """Sum over principals of the squared difference between their shares; those without a name count as one."""
    now = {name: row[0] for name, row in total.principals.items()}
    before = {name: row[0] for name, row in baseline.principals.items()}
    n, n_before = max(total.n, 1), max(baseline.events, 1)
    rest, rest_before = n - sum(now.values()), n_before - sum(before.values())
    pairs = [(now.get(name, 0), before.get(name, 0)) for name in now.keys() | before.keys()]
    return float(sum((a / n - b / n_before) ** 2 for a, b in [*sorted(pairs), (rest, rest_before)]))
