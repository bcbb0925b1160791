"""From what a `TalkWatch` hears to readings, signals and alerts: one alert per threat and principal.

A ticket or page costs what its test has spent until then, as with attacks on queries (docs/decisions/0014). Where one
false suspicion a week would be accepted for each model, a principal is only suspected. What a reply holds that no reply
of the baseline held is a suspicion as well, however rare: a single card number is no statistic, and is told.
Alerts end after as many quiet hours as the rule says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec

from monitors.ledger import Ledger
from monitors.prepared import Prepared
from monitors.purse import WEEK_MINUTES, Budget, earned
from monitors.readings.texts import LEAK, SEEN, leaked
from monitors.talk import Past
from monitors.talks import METRICS, THREATS
from monitors.talkwatch import Heard, TalkWatch, WrittenTalks
from monitors.week import HOUR_NS
from schemas.alerts import Alert
from schemas.readings import Reading, Series
from schemas.rules import Rule
from schemas.signals import BREACH, QUIET, Signal, said
from schemas.summaries import Summary

INNOCENT = frozenset(threat.METRIC for threat in THREATS if not getattr(threat, "DOES", True))
WHY = "as sure as one false suspicion a week allows"
Told = tuple[list[Reading], list[Signal], list[Alert]]


class WrittenTalkAccuser(msgspec.Struct):
    """A `TalkAccuser` in a profile."""

    watch: WrittenTalks = msgspec.field(default_factory=WrittenTalks)
    heard: list[tuple[str, str, int]] = []
    hour: int = 0


class TalkAccuser:
    """The watch of one model version and its part of the ledger."""

    def __init__(self, model: str, version: str, rules: Sequence[Rule], ledger: Ledger) -> None:
        self.model, self.version, self.ledger = model, version, ledger
        self.rules = {rule.metric: rule for rule in rules if rule.metric in (*METRICS, SEEN)}
        self.watch = TalkWatch()
        self.leaks: list[tuple[str, int, int, dict[str, Any]]] = []  # of this minute: kind, replies with it, replies
        self.heard: dict[tuple[str, str], int] = {}  # of every (rule, principal or kind) told: its last breach
        self.hour = 0

    def add(self, summary: Summary, prepared: Prepared | None) -> None:
        """One closed minute."""
        if not self.rules or "replies" not in summary.vectors:
            return
        self.watch.add(summary.texts, prepared)
        before = prepared.baseline.vectors if prepared is not None else {}
        replies = int(summary.vectors["replies"][0])
        for name, counts in sorted(summary.vectors.items()):
            if name.startswith(LEAK) and not any(before.get(name, (0,))):
                kind = name.removeprefix(LEAK)
                self.leaks.append((kind, int(counts[0]), replies, leaked(summary.texts, kind)))

    def minute(self, at_ns: int, budget: Budget) -> Told:
        """Judge what was added; `budget` is for all tests of this minute. `at_ns` is its end."""
        readings: list[Reading] = []
        signals: list[Signal] = []
        alerts: list[Alert | None] = []
        spend = budget.ticket or 1 / WEEK_MINUTES
        often = max(1.0, 1 / WEEK_MINUTES / spend)  # how much more a suspicion may cost than a ticket
        for found in self.watch.minute(spend):
            rule = self.rules.get(found.metric)
            if rule is None:
                continue
            reading, signal = self._said(found, rule, often)
            readings.append(reading)
            if signal.verdict == BREACH:
                self.heard[rule.id, found.principal] = at_ns
                signals.append(signal)
                alerts.append(self.ledger.enter(signal, _allowed(found, budget), _doers(found)))
        for signal in self._leaks(at_ns):
            self.heard[signal.rule, signal.series.feature] = at_ns
            signals.append(signal)
            alerts.append(self.ledger.enter(signal, Budget(0.0, 0.0)))
        if at_ns // HOUR_NS > self.hour:
            self.hour = at_ns // HOUR_NS
            alerts += self._quiet(at_ns)
        return readings, signals, [alert for alert in alerts if alert is not None]

    def dump(self) -> WrittenTalkAccuser:
        """Plain data for a profile, after `minute`."""
        heard = [(*key, at) for key, at in sorted(self.heard.items())]
        return WrittenTalkAccuser(self.watch.dump(), heard, self.hour)

    def load(self, w: WrittenTalkAccuser, prepared: Prepared | None) -> None:
        """Continue from what was written; `prepared` is the baseline that scored it."""
        self.heard, self.hour = {(rule, who): at for rule, who, at in w.heard}, w.hour
        self.watch.load(w.watch, prepared)

    def _said(self, found: Heard, rule: Rule, often: float) -> tuple[Reading, Signal]:
        series = Series(self.model, self.version, rule.metric, "", found.principal)
        level = min(1.0, found.allowed * often)
        breach = found.p <= level and found.n >= rule.min_n and found.effect >= rule.min_effect
        reason = f"p {found.p:.1e} {'<=' if breach else '>'} {level:.1e}, on {found.n} texts"
        judged = {"level": found.allowed, "tests": 1, "surprise_divided_by": 1.0, "p_before": found.p}
        shown = excerpts(found.principal, found.past)
        evidence = {"principals": list(_doers(found)), "judged": judged, "excerpts": shown} if breach else {}
        base = self.watch.baseline
        reading = Reading(series, found.at_ns, found.n, found.effect, None, found.p, found.effect, base)
        signal = self._signal(rule, series, found.at_ns, BREACH if breach else QUIET, reason, found.n)
        return reading, replace(signal, value=found.effect, p=found.p, effect=found.effect, evidence=evidence)

    def _leaks(self, at_ns: int) -> list[Signal]:
        """What replies held of which the baseline had none; nothing more where a test of shares tells it already."""
        found, self.leaks = self.leaks, []
        rule = self.rules.get(SEEN)
        told = {series.feature for _, series, _ in self.ledger.open_on(("text.leaks",))}
        signals = []
        for kind, hits, replies, evidence in found if rule is not None else ():
            if kind not in told:
                assert rule is not None
                reason = f"{hits} of {replies} replies hold {kind}, where the baseline had none"
                series = Series(self.model, self.version, SEEN, kind)
                signal = self._signal(rule, series, at_ns, BREACH, reason, replies)
                signals.append(replace(signal, value=hits / replies, effect=hits / replies, evidence=evidence))
        return signals

    def _quiet(self, at_ns: int) -> list[Alert | None]:
        """One quiet hour of every alert whose principal or kind was not heard of in it."""
        changed: list[Alert | None] = []
        for rule, series, _ in self.ledger.open_on((*METRICS, SEEN)):
            about = series.principal or series.feature
            if self.heard.get((rule.id, about), 0) > at_ns - HOUR_NS:
                continue
            signal = self._signal(rule, series, at_ns, QUIET, "no such texts in this hour", 0)
            alert = self.ledger.enter(signal, Budget(0.0, 0.0))
            if alert is not None:
                self.heard.pop((rule.id, about), None)
                self.watch.acquit(series.principal)
                changed.append(alert)
        return changed

    def _signal(self, rule: Rule, series: Series, at_ns: int, verdict: str, reason: str, n: int) -> Signal:
        return said(rule, series, at_ns, verdict, reason, n, self.watch.baseline)


def excerpts(who: str, past: Past) -> list[dict[str, Any]]:
    """What an alert shows of a principal's last reasons, masked."""
    shown = []
    for reason in past.reasons:
        if reason.text:
            marks = [list(mark) for mark in reason.marks]
            said = {"at": reason.time, "by": who, "score": reason.score / 1000, "text": reason.text, "marks": marks}
            shown.append(said)
        if reason.answer:
            marks = [list(mark) for mark in reason.answer_marks]
            shown.append({"at": reason.time, "to": who, "text": reason.answer, "marks": marks})
    return shown


def _doers(found: Heard) -> tuple[str, ...]:
    """Who is named for it; nobody where it was done to, not by, the principal."""
    return () if found.metric in INNOCENT else (found.principal,)


def _allowed(found: Heard, budget: Budget) -> Budget:
    """What this principal's tests have cost so far, and the part of it that may page; none while it is less sure."""
    if budget.ticket and found.p > found.allowed:
        return Budget(0.0, 0.0, WHY)
    return earned(found.allowed, budget)
