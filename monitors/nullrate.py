"""What a detector that only says yes or no may open: its rate of false tickets, measured on healthy days.

It has no p of its own, but null replay counts how often its rule would have opened a ticket in weeks in which nothing
happened. That rate is a bound on the expected false tickets of a week, however panes and series depend on each other,
and may be spent from a part of the week's budget that such rules share equally (`Purse.counted`). A rule whose rate is
beyond its part stays *suspected*. Counted from `since` on, so that what was judged before is judged the same again.

When it does not work: what no healthy day contained; a model much noisier than those that were measured, whose rate is
an average of all; a rule on segments, where it stays *suspected*; pages, which would need a year of healthy days.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from monitors.detectors import kind
from monitors.purse import Budget, Purse
from schemas.rules import Rule, decisive
from schemas.signals import BREACH, Signal


def pays(rule: Rule) -> bool:
    """Whether a rule's statements come with a p of their own; a count of events of one principal does not."""
    return rule.per is None and kind(rule.detector).calibrated


def usable(rule: Rule, pane_minutes: int) -> bool:
    """Whether the rule's calibration was measured of this rule, with these panes."""
    known = rule.calibration
    if known is None or pays(rule):
        return False
    return known.of == decisive(rule) and known.pane_minutes == pane_minutes


class Counted:
    """The rules of a model version that have a measured rate."""

    def __init__(self, rules: Iterable[Rule], pane_minutes: int) -> None:
        self.known = {
            rule.id: rule.calibration for rule in rules if rule.calibration is not None and usable(rule, pane_minutes)
        }

    def in_force(self, at_ns: int) -> int:
        """How many share the part of the budget."""
        return sum(each.since_ns <= at_ns for each in self.known.values())

    def spend(self, signal: Signal, allowed: Budget, purse: Purse) -> tuple[Signal, Budget]:
        """A yes with the rate of its rule in place of a p, and what it may open; any other signal as it was."""
        known = self.known.get(signal.rule)
        if known is None or known.since_ns > signal.at_ns or signal.verdict != BREACH:
            return signal, allowed
        level, rate = purse.counted(), known.false_per_week
        said = f"{rate:.2g} false tickets a week at most in null replay"
        if allowed.ticket:
            why = f"{level:.2g} are budgeted for it"
            allowed = Budget(level, 0.0) if rate <= level else Budget(0.0, 0.0, why)
        return replace(signal, p=min(1.0, rate), reason=f"{signal.reason}; {said}"), allowed
