"""What one model version may spend on false alarms, pane by pane (design §3.2, error rates).

A quarter of the ticket budget goes to what is read every pane (silence), in equal parts over the panes of a week, an
eighth to attacks, in equal parts over its minutes, and an eighth to poisoned labels, whose tests bound the chance
within a week. A part of that for attacks, `early`, is for what is told before a minute closes. Of the other half, half
again goes in equal parts, one half of them to panes and the other to sums of up to an hour, so that those levels add up
to at most the budget whatever the tests' dependence; the rest follows LORD++, which fades while nothing is found and is
generous after a find. Its rate of false discoveries holds for its own levels, not for what the equal parts find beside
it. Pages know equal parts only, and none of such sums.
Where rules have a measured rate of false tickets an eighth of everything is theirs.
"""

from __future__ import annotations

from typing import NamedTuple

from monitors.lord import Lord
from monitors.week import WEEK_NS
from schemas.rules import Rule

WEEK_MINUTES, MONTH_MINUTES = 7 * 24 * 60, 30 * 24 * 60
MOST_PANES = 2016  # of a pane that waited; a year of waiting must not save up a year of budget
EXPLAINS = 0.05  # share of the events from which on accused principals explain what inputs and answers show
MOVED = ("anomaly", "embedding", "feature", "output", "pair")  # metrics that an attacker's queries move
ATTACKED = 1 / 8  # of the budget, for attacks
COUNTED = 1 / 8  # of the budget, for rules whose rate of false tickets was measured, while there are any
MOST_FALSE = 0.1  # share of false ones among all discoveries that LORD++ may allow, however large the budget


class Budget(NamedTuple):
    """The levels one test may spend; 0 means none, and then nothing rises above *suspected*: `why`."""

    ticket: float
    page: float
    why: str = "no false alarms are budgeted for this model, see judge.model_slots"


def sober(budget: Budget, rule: Rule, known_ns: int) -> Budget:
    """Drift wakes nobody before a week of the model is known: an evening differs from the morning that was learnt."""
    return budget._replace(page=0.0) if rule.family == "drift" and known_ns < WEEK_NS else budget


def cautious(budget: Budget, rule: Rule, accused: float) -> Budget:
    """What an attack alert already explains opens no ticket beside it: inputs and answers that attackers moved."""
    if accused < EXPLAINS or rule.metric.split(".")[0] not in MOVED:
        return budget
    return Budget(0.0, 0.0, f"principals accused of an attack sent {accused:.0%} of these events")


def earned(spent: float, budget: Budget) -> Budget:
    """Of a test that may be looked at after every query: what it has cost so far, and the part that may page."""
    if not budget.ticket:
        return Budget(0.0, 0.0)
    return Budget(spent, spent * budget.page / budget.ticket)


class Purse:
    """Of one model version that has one of `slots` equal shares; without a share (`budgeted` False) it is empty.

    A model with segments shares with them: `weight` is the part of the share that is spent from here. `early` is the
    part of what is for attacks that looks before a minute's close spend.
    """

    def __init__(
        self,
        per_week: float,
        per_month: float,
        slots: int,
        pane_minutes: int,
        *,
        budgeted: bool,
        early: float = 0.0,
    ) -> None:
        self.weight, self.early = 1.0, early
        self.sharers = 0  # rules with a measured rate that are in force
        share = pane_minutes / max(1, slots) if budgeted else 0.0
        self.pane_minutes = pane_minutes
        self.panes = WEEK_MINUTES / pane_minutes
        self.ticket, self.page = per_week * share / WEEK_MINUTES, per_month * share / MONTH_MINUTES
        self.lord = Lord(min(MOST_FALSE, per_week / max(1, slots) / 4) if budgeted else 0.0)

    @property
    def part(self) -> float:
        """Of the share, for all that is not counted."""
        return self.weight * (1 - COUNTED if self.sharers else 1.0)

    def counted(self) -> float:
        """False tickets a week that a rule with a measured rate may give."""
        return self.weight * self.ticket * self.panes * COUNTED / max(1, self.sharers)

    def every_pane(self, tests: int) -> Budget:
        """For one of so many tests of what is read every pane."""
        return _shared(self.part * self.ticket / 4, self.part * self.page / 4, tests)

    def attacks(self) -> Budget:
        """For all tests of one closed minute's queries together."""
        return self._queries(1 - self.early)

    def ahead(self) -> Budget:
        """For all looks of one minute at what has come of open ones."""
        return self._queries(self.early)

    def _queries(self, part: float) -> Budget:
        part *= self.part * ATTACKED
        return _shared(part * self.ticket, part * self.page, self.pane_minutes)

    def labels(self, tests: int) -> Budget:
        """For one of so many tests of what labels say of themselves: its p is the chance within a whole week."""
        week = self.part * self.panes / 8
        return _shared(week * self.ticket, week * self.page, tests)

    def judged(self, tests: int, panes: int) -> Budget:
        """For one of so many tests of a pane that was judged after `panes` had come together; at once if it is 1."""
        panes = min(panes, MOST_PANES)
        ticket = self.ticket / 8 * panes + self.lord.level()
        return _shared(self.part * ticket, self.part * self.page / 2 * panes, tests)

    def hourly(self, tests: int) -> Budget:
        """For one of so many tests of the stronger of two sums, after one pane."""
        return _shared(self.part * self.ticket / 8, 0.0, 2 * tests)


def _shared(ticket: float, page: float, tests: int) -> Budget:
    """In equal parts; a level is a chance, so one false ticket a test is all that any budget can buy."""
    ticket, page = (min(1.0, each / max(1, tests)) for each in (ticket, page))
    return Budget(ticket, min(ticket, page))
