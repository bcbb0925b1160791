"""Rules with `per`: has one principal, or one session of it, sent `count` matching events within `minutes`?

A count says yes or no and has no p: what it opens stays *suspected* until `mirqab rules calibrate` has measured how
often healthy principals reach it (`monitors.nullrate`). Judged when a pane ends, over twelfths of the rule's minutes,
so that events further apart than those are never added up, and nothing of a principal is kept but twelve counts.

When it does not work: a limit that is reached by honest principals names them. Of more than `MOST` times as many
principals as a summary names, those heard longest ago are forgotten; who has many accounts stays below every count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import msgspec

from monitors.ledger import Ledger
from monitors.purse import Budget
from schemas.alerts import Alert
from schemas.counts import Who, counts_of
from schemas.events import MINUTE_NS, Ints
from schemas.readings import Series
from schemas.rules import COUNTS, Rule
from schemas.signals import BREACH, QUIET, Signal, said

PARTS = 12
MOST = 4
NAMED = 5  # sessions in the evidence
Told = tuple[list[Signal], list[Alert]]
Spend = Callable[[Signal], tuple[Signal, Budget]]  # a signal as its rule's measured rate has it, and what it may open


class WrittenCount(msgspec.Struct, array_like=True):
    """One of `Counters.found` in a profile."""

    rule: str
    minutes: int  # whose twelfths the parts are
    who: Who
    parts: dict[int, int]


class Counters:
    """Of one model version: `found` has per rule and principal (and session) the matching events by part of time."""

    def __init__(
        self, model: str, version: str, rules: Iterable[Rule], ledger: Ledger, principals: int, pane_minutes: int
    ) -> None:
        self.model, self.version, self.ledger = model, version, ledger
        self.rules = {rule.id: rule for rule in rules if rule.per is not None}
        # Whole panes, or events of a pane's beginning would be added to some that came too long after them.
        panes = {id: max(1, rule.per.minutes // pane_minutes) for id, rule in self.rules.items() if rule.per}
        self.minutes = {id: many * pane_minutes for id, many in panes.items()}
        self.most = MOST * principals
        self.found: dict[str, dict[Who, dict[int, int]]] = {id: {} for id in self.rules}

    def pane(self, at_ns: int, vectors: Mapping[str, Ints], spend: Spend) -> Told:
        """Count the pane that ends at `at_ns` and judge every rule."""
        signals: list[Signal] = []
        alerts: list[Alert | None] = []
        for rule in self.rules.values():
            self._count(rule.id, at_ns, vectors)
            breaches = {signal.series: signal for signal in self._reached(rule, at_ns)}
            ended = [series for of, series, _ in self.ledger.open_on((COUNTS,)) if of.id == rule.id]
            quiet = [
                said(rule, series, at_ns, QUIET, "fewer than that in the minutes before", 0, "")
                for series in ended
                if series not in breaches
            ]
            signals += breaches.values()
            alerts += [
                self.ledger.enter(*spend(signal), tuple(signal.evidence.get("principals", ())))
                for signal in (*breaches.values(), *quiet)
            ]
        return signals, [alert for alert in alerts if alert is not None]

    def dump(self) -> list[WrittenCount]:
        """Plain data for a profile, sorted."""
        return [
            WrittenCount(rule, self.minutes[rule], who, parts)
            for rule, of in sorted(self.found.items())
            for who, parts in sorted(of.items())
        ]

    def load(self, written: Sequence[WrittenCount]) -> None:
        """Continue from what was written; counts of rules that are gone, or have other minutes, are dropped."""
        self.found = {id: {} for id in self.rules}
        for each in written:
            if self.minutes.get(each.rule) == each.minutes:
                self.found[each.rule][each.who] = dict(each.parts)

    def _count(self, rule: str, at_ns: int, vectors: Mapping[str, Ints]) -> None:
        of, now = self.found[rule], self._part(rule, at_ns)
        for who, events in counts_of(rule, vectors):
            parts = of.setdefault(who, {})
            parts[now] = parts.get(now, 0) + events
        recent = {who: {part: n for part, n in parts.items() if part > now - PARTS} for who, parts in of.items()}
        heard = sorted((who for who, parts in recent.items() if parts), key=lambda who: (-max(recent[who]), who))
        self.found[rule] = {who: recent[who] for who in heard[: self.most]}

    def _part(self, rule: str, at_ns: int) -> int:
        """The twelfth that a pane's end falls into."""
        return (at_ns - 1) * PARTS // (self.minutes[rule] * MINUTE_NS)

    def _reached(self, rule: Rule, at_ns: int) -> Iterable[Signal]:
        """One breach for each principal with enough events, of its worst session where sessions are asked for."""
        assert rule.per is not None
        reached: dict[str, list[tuple[int, str]]] = {}
        for (principal, session), parts in self.found[rule.id].items():
            if sum(parts.values()) >= rule.per.count:
                reached.setdefault(principal, []).append((sum(parts.values()), session))
        minutes = self.minutes[rule.id]
        for principal, counted in sorted(reached.items()):
            counted.sort(key=lambda each: (-each[0], each[1]))
            events = counted[0][0]
            where = "one session" if rule.per.by == "session" else "all"
            reason = f"{events} matching events in {where} within {minutes} minutes; {rule.per.count} are enough"
            series = Series(self.model, self.version, COUNTS, "", principal)
            evidence = {
                "principals": [principal] if principal else [],
                "sessions": [session for _, session in counted[:NAMED] if session],
                "minutes": minutes,
            }
            signal = said(rule, series, at_ns, BREACH, reason, events, "")
            yield replace(signal, value=float(events), effect=events / rule.per.count, evidence=evidence)
