"""Whole hours beside the panes: what is too small to be told from chance in five minutes can be told in sixty.

Counts of an hour's panes are added up and rules with `hourly` ask about them. Hours do not overlap. What an hour's
p-values forget (minutes that resemble each other, the rhythm of the day) is large at that size, so the first hours only
teach what is usual (`Usual.hourly`), and a rule is not asked while another one tells the same trouble.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from monitors.held import Held, WrittenHeld
from monitors.ledger import Ledger
from monitors.pane import Pane
from monitors.readings import FAMILIES, metrics_of, of_hours, read_hour
from monitors.testing import Remembered, Tester
from monitors.week import HOUR_NS
from schemas.days import USUAL, Days
from schemas.events import MINUTE_NS
from schemas.readings import Reading, Series
from schemas.rules import Rule
from schemas.summaries import Summary


class Hourly:
    """The open hour of one model version, and the rules that are asked when it is over."""

    def __init__(self, rules: Iterable[Rule], pane_minutes: int, days: Days = USUAL) -> None:
        rules = list(rules)
        self.pane_ns = pane_minutes * MINUTE_NS
        self.tester = Tester((rule for rule in rules if rule.hourly), 60, days)
        self.others = {
            rule.id: [r.id for r in rules if r.metric == rule.metric and not r.hourly] for rule in rules if rule.hourly
        }
        self.held = Held()

    def add(self, at_ns: int, total: Summary | None, scored: Mapping[str, Summary]) -> Held | None:
        """One more pane, that ends at `at_ns`; returns the hour's counts if it was the last of its hour."""
        if not self.tester.rules:
            return None
        self.held.add(total, scored)
        if at_ns // HOUR_NS == (at_ns - self.pane_ns) // HOUR_NS:
            return None
        held, self.held = self.held, Held()
        return held

    def restore(self, series: list[tuple[str, Series, list[Remembered]]], held: WrittenHeld) -> None:
        """Go on from what a profile has."""
        self.tester.load(series)
        self.held = Held.load(held)

    def read(self, pane: Pane, ledger: Ledger) -> list[Reading]:
        """The hour's readings that some rule asks about whose trouble is not told already."""
        metrics = {
            metric
            for metric, rules in self.tester.rules.items()
            if not any(ledger.confirmed(other) for rule in rules for other in self.others[rule.id])
        }
        families = [f for f in FAMILIES if of_hours(f) and not metrics.isdisjoint(metrics_of(f))]
        return [r for family in families for r in read_hour(family, pane) if r.series.metric in metrics]
