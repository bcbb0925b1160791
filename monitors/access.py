"""From what the kinds of `monitors.abuse` see to signals and alerts: one alert per kind and principal, only suspected.

Looked at once a pane, when it has ended. An alert ends after three hours in which nothing of the kind was seen. What a
suspect's queries look like is said beside: a load test, requests sent again, a job over ordinary records.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import msgspec

from monitors import abuse
from monitors.abuse import WEEK, Access, Found
from monitors.activity import Activity
from monitors.ledger import Ledger
from monitors.purse import Budget
from monitors.track import Track
from monitors.watch import NULL
from monitors.week import HOUR_NS
from schemas.alerts import Alert
from schemas.readings import Series
from schemas.rules import Rule
from schemas.signals import BREACH, QUIET, Signal, said

AGAIN = 0.25  # share of queries that repeat an earlier one: of customers hardly any
FEW, OVER = 50, 4  # records that are sent over and over, and how often at least
Told = tuple[list[Signal], list[Alert]]


class WrittenAccess(msgspec.Struct):
    """An `AccessWatch` in a profile."""

    failed: dict[str, list[tuple[int, int]]] = {}
    heard: list[tuple[str, str, int]] = []
    hour: int = 0


class AccessWatch:
    """Of one model version: its rules, who failed in which hour of the last week, and its part of the ledger."""

    def __init__(self, model: str, version: str, rules: Sequence[Rule], ledger: Ledger) -> None:
        self.model, self.version, self.ledger = model, version, ledger
        self.rules = {rule.metric: rule for rule in rules if rule.metric in abuse.METRICS}
        self.failed: dict[str, dict[int, int]] = {}
        self.heard: dict[tuple[str, str], int] = {}  # of every (rule, principal) suspected: when last
        self.hour = 0
        self.fresh: list[str] = []  # first heard in the pane that was judged last

    def pane(
        self,
        at_ns: int,
        hours: tuple[int, int],
        asked: Mapping[str, Sequence[int]],
        known: Mapping[str, Activity],
        tracks: Mapping[str, Track],
        elsewhere: Sequence[Mapping[str, Activity]] = (),
    ) -> Told:
        """Judge the pane that ends at `at_ns`; `hours` are its own and the model's first, `known` has it counted.

        `elsewhere`: who is known to other versions of the model.
        """
        self._count(hours[0], asked, known)
        self.fresh = [n for n, row in asked.items() if n in known and known[n].hours == {hours[0]: row[0]}]
        access = Access(*hours, asked, known, self.failed, elsewhere=elsewhere)
        signals, alerts = self.tell(at_ns, (found for kind in abuse.KINDS for found in kind.seen(access)), tracks)
        if at_ns // HOUR_NS > self.hour:
            self.hour = at_ns // HOUR_NS
            self._forget(hours[0], known)
            alerts += self._quiet(at_ns)
        return signals, alerts

    def tell(self, at_ns: int, seen: Iterable[Found], tracks: Mapping[str, Track]) -> Told:
        """Enter who is suspected."""
        signals, alerts = [], []
        for found in seen:
            rule = self.rules.get(found.metric)
            if rule is None or found.p > found.allowed or found.effect < rule.min_effect or found.n < rule.min_n:
                continue
            self.heard[rule.id, found.principal] = at_ns
            looks = likeness(tracks.get(found.principal))
            why = f"p {found.p:.1e} <= {found.allowed:.1e}: {found.why}" + (f"; looks like {looks}" if looks else "")
            signal = self._signal(rule, found.principal, at_ns, BREACH, why, found.n)
            evidence = {"principals": [found.principal], "looks_like": looks, **found.evidence}
            signal = replace(signal, value=found.value, expected=found.expected, evidence=evidence)
            signals.append(replace(signal, p=found.p, effect=found.effect))
            alerts.append(self.ledger.enter(signals[-1], Budget(0.0, 0.0), (found.principal,)))
        return signals, [alert for alert in alerts if alert is not None]

    def dump(self) -> WrittenAccess:
        """Plain data for a profile."""
        failed = {name: sorted(hours.items()) for name, hours in sorted(self.failed.items())}
        return WrittenAccess(failed, [(*key, at) for key, at in sorted(self.heard.items())], self.hour)

    def load(self, w: WrittenAccess) -> None:
        """Continue from what was written."""
        self.failed = {name: dict(hours) for name, hours in w.failed.items()}
        self.heard, self.hour = {(rule, who): at for rule, who, at in w.heard}, w.hour

    def _count(self, hour: int, asked: Mapping[str, Sequence[int]], known: Mapping[str, Activity]) -> None:
        """Count who failed."""
        for name, row in asked.items():
            if row[2] and name in known:
                hours = self.failed.setdefault(name, {})
                hours[hour] = hours.get(hour, 0) + row[2]

    def _forget(self, hour: int, known: Mapping[str, Activity]) -> None:
        """What is older than a week, and whoever is no longer known."""
        kept = {name: {h: n for h, n in hours.items() if h >= hour - WEEK} for name, hours in self.failed.items()}
        self.failed = {name: hours for name, hours in kept.items() if hours and name in known}

    def _quiet(self, at_ns: int) -> list[Alert]:
        """One quiet hour of every suspicion of which nothing was seen in it."""
        changed = []
        for rule, series, _ in self.ledger.open_on(abuse.METRICS):
            if self.heard.get((rule.id, series.principal), 0) > at_ns - HOUR_NS:
                continue
            signal = self._signal(rule, series.principal, at_ns, QUIET, "nothing of the kind in this hour", 0)
            alert = self.ledger.enter(signal, Budget(0.0, 0.0))
            if alert is not None:
                self.heard.pop((rule.id, series.principal), None)
                changed.append(alert)
        return changed

    def _signal(self, rule: Rule, principal: str, at_ns: int, verdict: str, reason: str, n: int) -> Signal:
        return said(rule, Series(self.model, self.version, rule.metric, "", principal), at_ns, verdict, reason, n, "")


def likeness(track: Track | None) -> str:
    """What harmless thing a principal's queries of this week look like; "" where nothing is known, or none."""
    if track is None or not track.queries:
        return ""
    if track.distinct <= FEW and track.queries >= OVER * track.distinct:
        return f"a load test: {track.distinct} records over and over"
    if track.distinct < (1 - AGAIN) * track.queries:
        return f"retries: {1 - track.distinct / track.queries:.0%} of its requests were sent before"
    if track.distinct >= FEW and bool((track.rates <= NULL).all()):
        return "a job over ordinary records: each once, none unusual, none near another"
    return ""
