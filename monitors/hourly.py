"""Up to an hour beside the pane: what is too small to be told from chance in five minutes can be told in sixty.

Two sums of counts are kept: of the period that is open, and of it and the one before. A period ends after half an hour,
later where so little is asked that `PERIOD` events take longer. After every pane rules with `hourly` ask about both
sums, series by series about the stronger evidence of the two, and each is a test that the budget counts. One sum and
not the p-values of its panes is tested because all panes are compared with the same finite baseline, whose own chance
an hour of p-values would repeat twelve times over.

Such sums overlap, and minutes that resemble each other make their p-values wrong by powers: a day of them only teaches
what is usual (`Usual.hourly`). What another rule on the same metric has told is not told again: a metric is left out
until no sum holds anything of that time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from monitors.held import Held, WrittenHeld
from monitors.ledger import Ledger
from monitors.pane import Pane
from monitors.readings import FAMILIES, metrics_of, of_hours, read_hour
from monitors.testing import Remembered, Tester
from schemas.days import USUAL, Days
from schemas.readings import Reading, Series
from schemas.rules import Rule
from schemas.summaries import Summary

HALF = 30  # minutes of a period, at least
PERIOD = 500  # events of a period, at least
SUMS = 2


class Hourly:
    """The sums of one model version, and the rules that ask about them."""

    def __init__(self, rules: Iterable[Rule], pane_minutes: int, days: Days = USUAL) -> None:
        rules = list(rules)
        self.shortest = max(1, HALF // pane_minutes)  # panes of a period
        self.tester = Tester((rule for rule in rules if rule.hourly), pane_minutes, days)
        self.others = {
            rule.id: [r.id for r in rules if r.metric == rule.metric and not r.hourly] for rule in rules if rule.hourly
        }
        self.least = {metric: min(r.min_n for r in same) for metric, same in self.tester.rules.items()}
        self.both, self.open = Held(), Held()
        self.reached = 0  # panes in which something came, of the longest sum of the period before
        self.told: dict[str, int] = {}  # metrics told by another rule: for how many periods sums hold something of it

    @property
    def span(self) -> int:
        """Panes in which something came of the longest sum since the open period's predecessor began: so many later,
        another one has nothing in common with it. Between periods a sum falls to half its length, and this does not.
        """
        return max(SUMS * self.shortest, self.reached, self.both.heard)

    def add(self, total: Summary | None, scored: Mapping[str, Summary]) -> list[Held]:
        """One more pane; returns the sums to ask about, none if nothing was added to them."""
        if not self.tester.rules:
            return []
        for held in (self.both, self.open):
            held.add(total, scored)
        if total is None:
            return []
        older = self.both.panes > self.open.panes
        return [self.both] * (older or self.both.panes > 1) + [self.open] * (older and self.open.panes > 1)

    def turn(self) -> bool:
        """End the open period if it is long enough; returns whether a new one begins."""
        if self.open.panes < self.shortest or self.open.total is None or self.open.total.n < PERIOD:
            return False
        self.reached, self.both, self.open = self.both.heard, self.open, Held()
        self.told = {metric: left - 1 for metric, left in self.told.items() if left > 1}
        return True

    def restore(
        self,
        series: list[tuple[str, Series, list[Remembered]]],
        both: WrittenHeld,
        open: WrittenHeld,
        told: Mapping[str, int],
        reached: int,
    ) -> None:
        """Go on from what a profile has."""
        self.tester.load(series)
        self.both, self.open, self.told, self.reached = Held.load(both), Held.load(open), dict(told), reached

    def read(self, panes: Iterable[Pane], ledger: Ledger) -> list[Reading]:
        """The stronger reading of every series that some rule asks about and whose trouble is not told already."""
        metrics = self._untold(ledger)
        families = [f for f in FAMILIES if of_hours(f) and not metrics.isdisjoint(metrics_of(f))]
        found: dict[Series, Reading] = {}
        asked = [replace(pane, asked=metrics) for pane in panes]
        for reading in (r for pane in asked for family in families for r in read_hour(family, pane)):
            if reading.series.metric in metrics:
                best = found.setdefault(reading.series, reading)
                found[reading.series] = min(best, reading, key=self._weakness)
        return list(found.values())

    def _weakness(self, reading: Reading) -> tuple[bool, float]:
        return reading.n < self.least[reading.series.metric], 1.0 if reading.p is None else reading.p

    def _untold(self, ledger: Ledger) -> set[str]:
        """Metrics to ask about."""
        for metric, rules in self.tester.rules.items():
            if any(ledger.confirmed(other) for rule in rules for other in self.others[rule.id]):
                self.told[metric] = SUMS
        return {metric for metric in self.tester.rules if metric not in self.told}
