"""From what a watch finds to readings, signals and alerts: one alert per family of attack and chain of queries.

Every member of an alert was found by its own queries, or by what those show among the queries of all light accounts
(`monitors.pool`); those whose queries lie along one chain share an alert.

A test that may be looked at after every query does not pay per pane: what it spent until now is what its p is held
against, and an alert that is open stays with the family it was opened under. It ends after as many quiet hours as the
rule says. Times are those of the deciding query; the alert is written when its minute closes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

import msgspec

from monitors.abuse import Found as Used
from monitors.access import AccessWatch, WrittenAccess
from monitors.activity import Activity
from monitors.attacks import METRICS, claims
from monitors.counters import Counters, Spend, WrittenCount
from monitors.ledger import Ledger
from monitors.prepared import Prepared
from monitors.purse import WEEK_MINUTES, Budget, earned
from monitors.talkaccuse import TalkAccuser, WrittenTalkAccuser
from monitors.verdict import ATTACK
from monitors.watch import Finding, Watch, WrittenTracks
from monitors.week import HOUR_NS
from schemas.alerts import Alert, alert_id
from schemas.events import MINUTE_NS
from schemas.readings import Reading, Series
from schemas.rules import Rule
from schemas.signals import BREACH, QUIET, Signal, said
from schemas.summaries import Summary

STRONG = 0.8  # a claim that adds an alert to one that was opened under another family
BETTER = 1.25  # as does so many times the claims of that one, of all looks together
SETTLED = 64  # different queries before it may
SHOWN = 0.15  # of the last queries, that are odd in themselves: honest ones follow each other, too, after an attack
Told = tuple[list[Reading], list[Signal], list[Alert]]


class WrittenAccuser(msgspec.Struct):
    """An `Accuser` in a profile."""

    watch: WrittenTracks = msgspec.field(default_factory=WrittenTracks)
    heard: dict[str, int] = {}
    hour: int = 0
    talks: WrittenTalkAccuser = msgspec.field(default_factory=WrittenTalkAccuser)
    access: WrittenAccess = msgspec.field(default_factory=WrittenAccess)
    claims: dict[str, dict[str, float]] = {}
    counters: list[WrittenCount] = []


class Accuser:
    """The watch of one model version and its part of the ledger."""

    def __init__(
        self, model: str, version: str, rules: Sequence[Rule], ledger: Ledger, principals: int, pane_minutes: int
    ) -> None:
        self.model, self.version, self.ledger = model, version, ledger
        self.rules: Mapping[str, Rule] = {rule.metric: rule for rule in rules if rule.metric in METRICS}
        self.watch = Watch(principals)
        self.talks = TalkAccuser(model, version, rules, ledger)
        self.access = AccessWatch(model, version, rules, ledger)
        self.counters = Counters(model, version, rules, ledger, principals, pane_minutes)
        self.heard: dict[str, int] = {}  # of every accused principal: its last breach
        self.claims: dict[str, dict[str, float]] = {}  # of every suspect: what each family claimed, added up
        self.hour = 0

    def add(self, summary: Summary, prepared: Prepared | None) -> None:
        """Queries and texts of one closed minute."""
        if self.rules:
            self.watch.add(summary.queries, prepared)
        self.talks.add(summary, prepared)

    def minute(self, at_ns: int, budget: Budget) -> Told:
        """Judge what was added; `budget` is for all tests of this minute. `at_ns` is its end.

        Of a model that has texts half of it is for those.
        """
        half = Budget(budget.ticket / 2, budget.page / 2, budget.why)
        texts = self.talks.watch.heard
        one = self._queries(at_ns, half if texts else budget)
        other = self.talks.minute(at_ns, half if texts else Budget(0.0, 0.0))
        return one[0] + other[0], one[1] + other[1], one[2] + other[2]

    def _queries(self, at_ns: int, budget: Budget) -> Told:
        readings: list[Reading] = []
        signals: list[Signal] = []
        alerts: list[Alert | None] = []
        # Without a budget tests are still made, at the level of one ticket a week, and only suspect.
        findings = self.watch.minute(budget.ticket or 1 / WEEK_MINUTES)
        accused = self._open() if findings else {}
        for found in sorted(findings, key=_order):
            known = self._known(found, accused)
            rule = self._rule(found, known)
            if rule is None:
                continue
            reading, signal = self._said(found, rule)
            readings.append(reading)
            if signal.verdict == BREACH:
                self.heard.update(dict.fromkeys(found.members, at_ns))
                signal = replace(signal, about=self._about(found.members, rule, self.watch))
                signals.append(signal)
                id = "" if known else self._id(found)
                alerts.append(self.ledger.enter(signal, earned(found.allowed, budget), found.members, id))
        if at_ns // HOUR_NS > self.hour:
            self.hour = at_ns // HOUR_NS
            alerts += self._quiet(at_ns)
            self.claims = {name: sums for name, sums in self.claims.items() if name in self.watch.tracks}
        return readings, signals, [alert for alert in alerts if alert is not None]

    def foretell(self, findings: Sequence[Finding], ahead: Watch, budget: Budget) -> list[Alert]:
        """The alerts that open if these findings of a watch that is ahead hold at the close; nothing is entered.

        An alert that is open already is no news, whoever else joins it.
        """
        accused = self._open() if findings else {}
        told = []
        for found in sorted(findings, key=_order):
            named = claims(found.shape)
            rule = self.rules.get(max(named, key=lambda metric: named[metric]))
            if rule is None or found.principal in accused or self._about(found.members, rule, ahead) is not None:
                continue
            signal = self._said(found, rule)[1]
            if signal.verdict == BREACH:
                told.append(self.ledger.foretold(signal, earned(found.allowed, budget), found.members, self._id(found)))
        return [alert for alert in told if alert.opened_ns is not None]

    def standing(self, foretold: Alert) -> Alert | None:
        """What became of it: the open alert of the same id, or else one that names who it named."""
        mine = [alert for _, _, alert in self.ledger.open_on(self.rules) if alert.opened_ns is not None]
        same = [alert for alert in mine if alert.id == foretold.id]
        named = [alert for alert in mine if {*foretold.principals} <= {*alert.principals}]
        return next(iter([*same, *named]), None)

    def pane(
        self,
        at_ns: int,
        hours: tuple[int, int],
        total: Summary | None,
        known: Sequence[Mapping[str, Activity]],
        spend: Spend,
    ) -> tuple[list[Signal], list[Alert]]:
        """Judge how the model was used in the pane that ends at `at_ns`; `hours` are its own and the model's first.

        `known`: who was heard, by this version and by each of the others; `spend` says what a rule that only says yes
        or no may open.
        """
        asked, (mine, *elsewhere) = total.principals if total else {}, known
        used = self.access.pane(at_ns, hours, asked, mine, self.watch.tracks, elsewhere)
        many = self.counters.pane(at_ns, total.vectors if total else {}, spend)
        return used[0] + many[0], used[1] + many[1]

    def enumerated(self, at_ns: int, found: Used) -> tuple[list[Signal], list[Alert]]:
        """Somebody has tried many models, this one among them."""
        return self.access.tell(at_ns, [found], self.watch.tracks)

    def dump(self, new_week: bool) -> WrittenAccuser:
        """Plain data for a profile, after `minute`. A new week knows how models are used, and nothing of queries."""
        access, counters = self.access.dump(), self.counters.dump()
        if new_week:
            return WrittenAccuser(access=access, counters=counters)
        talks = self.talks.dump()
        return WrittenAccuser(self.watch.dump(), self.heard, self.hour, talks, access, self.claims, counters)

    def load(self, w: WrittenAccuser, known: Mapping[str, Prepared]) -> None:
        """Continue from what was written; `known` are baselines by id."""
        self.heard, self.hour, self.claims = w.heard, w.hour, w.claims
        self.watch.load(w.watch, known.get(w.watch.baseline))
        self.talks.load(w.talks, known.get(w.talks.watch.baseline))
        self.access.load(w.access)
        self.counters.load(w.counters)

    def _open(self) -> dict[str, list[tuple[Rule, Series]]]:
        """Accused principals, and of what; the series is the alert's, which may have begun with another member."""
        accused: dict[str, list[tuple[Rule, Series]]] = {}
        for rule, series, alert in self.ledger.open_on(self.rules):
            for principal in alert.principals:
                accused.setdefault(principal, []).append((rule, series))
        return accused

    def share(self, total: Summary) -> float:
        """How many of these events the accused sent, 0 to 1."""
        sent = sum(total.principals[name][0] for name in self._open() if name in total.principals)
        return sent / total.n if total.n else 0.0

    @staticmethod
    def _known(found: Finding, accused: Mapping[str, list[tuple[Rule, Series]]]) -> list[Rule]:
        """What members are accused of already, each rule once, the oldest first."""
        return list({rule.id: rule for member in found.members for rule, _ in accused.get(member, ())}.values())

    def _id(self, found: Finding) -> str:
        """Of the first alert on a principal, whatever its family, as soon and as late as it is found; "" of several.

        What is told before a minute closes rests on other queries than the close, but on the same principal, watched
        since the same minute.
        """
        if not found.principal:
            return ""
        series = Series(self.model, self.version, "attack", "", found.principal)
        return alert_id("attack", series, found.begun_ns // MINUTE_NS * MINUTE_NS)

    def _about(self, members: Sequence[str], rule: Rule, watch: Watch) -> Series | None:
        """The open alert that a member belongs to, or whose chain their queries lie along."""
        mine = [(series, alert) for each, series, alert in self.ledger.open_on(self.rules) if each.id == rule.id]
        for series, alert in mine:
            if not {*members}.isdisjoint(alert.principals):
                return series
        for series, alert in mine:
            if any(watch.linked(each, member) for each in members for member in alert.principals):
                return series
        return None

    def _rule(self, found: Finding, known: Sequence[Rule]) -> Rule | None:
        """The family it was accused of, unless by now another one's claim is strong, or its claims are clearly better.

        Those are added up over all looks: what one look shows may be a stretch of the way only. An order in time opens
        no second family: whoever is honest after an attack asks what is unlike it, so nearest to what it asked last.
        """
        now = claims(found.shape)
        sums = self.claims.setdefault(found.principal, {}) if found.principal else {}
        for metric, claim in now.items():
            sums[metric] = sums.get(metric, 0.0) + claim
        best, lasting = max(now, key=lambda metric: now[metric]), max(now, key=lambda metric: sums[metric])
        if not known:
            return self.rules.get(best)
        if len(known) > 2 or found.n < SETTLED or found.shape.shown < SHOWN:
            return known[-1]
        if now[best] >= STRONG:
            return self.rules.get(best)
        before = max(sums.get(rule.metric, 0.0) for rule in known)
        return self.rules.get(lasting) if sums[lasting] >= BETTER * before else known[-1]

    def _said(self, found: Finding, rule: Rule) -> tuple[Reading, Signal]:
        series = Series(self.model, self.version, rule.metric, "", found.principal)
        breach = found.p <= found.allowed and found.n >= rule.min_n and found.effect >= rule.min_effect
        reading = Reading(series, found.at_ns, found.n, found.effect, None, found.p, found.effect, self.watch.baseline)
        sign = "<=" if breach else ">"
        through = f" through {len(found.members)} accounts" if len(found.members) > 1 else ""
        reason = f"p {found.p:.1e} {sign} {found.allowed:.1e}, on {found.n} different queries{through}"
        shape = {name: round(value, 3) for name, value in asdict(found.shape).items() if value is not None}
        judged = {"level": found.allowed, "tests": 1, "surprise_divided_by": 1.0, "p_before": found.p}
        evidence = {"principals": list(found.members), "shape": shape, "judged": judged, "verdict": ATTACK}
        signal = said(rule, series, found.at_ns, BREACH if breach else QUIET, reason, found.n, self.watch.baseline)
        evidence = evidence if breach else {}
        return reading, replace(signal, value=found.effect, p=found.p, effect=found.effect, evidence=evidence)

    def _quiet(self, at_ns: int) -> list[Alert | None]:
        """One quiet hour of every alert none of whose members was heard of in it."""
        changed: list[Alert | None] = []
        for rule, series, open_alert in self.ledger.open_on(self.rules):
            if max(self.heard.get(member, 0) for member in open_alert.principals) > at_ns - HOUR_NS:
                continue
            signal = said(rule, series, at_ns, QUIET, "no such queries in this hour", 0, self.watch.baseline)
            alert = self.ledger.enter(signal, Budget(0.0, 0.0))
            if alert is not None:
                for member in alert.principals:
                    self.heard.pop(member, None)
                    self.watch.acquit(member)
                changed.append(alert)
        return changed


def _order(found: Finding) -> tuple[bool, int, str]:
    """Who was found first comes first; several together after those alone."""
    return not found.principal, found.at_ns, found.principal
