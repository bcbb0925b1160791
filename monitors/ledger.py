"""Signals become alerts: open, worsen, resolve, each transition with its reason.

A breach of a calibrated test raises an alert at *suspected*; breaches in k of the last n panes raise it to ticket or
page where the rule allows it and p is within the page budget. So many quiet panes in a row resolve it; none is quiet
that still shows what was told, if too weakly to tell it anew. A detector that only says yes or no never goes above
*suspected*, unless its rule's rate was measured (`monitors.nullrate`). "Not enough data" opens nothing, and closes only
what no longer shows in the little there is. Pure and deterministic.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any

from monitors.purse import Budget
from schemas.alerts import LEVELS, PAGE, RESOLVED, SUSPECTED, TICKET, Alert, Transition, alert_id
from schemas.readings import Series
from schemas.rules import Rule
from schemas.signals import BREACH, NOT_ENOUGH, QUIET, Signal

WORSE = 2.0  # an open alert worsens when its effect has doubled since the last time it was told
UNREMARKABLE = 0.05  # p beyond which too few events to open an alert still count towards its end
STILL = 0.5  # of the effect that a rule asks for, from which on what it told goes on
LASTING = ("last_quiet",)  # evidence of the first transition that the later ones keep
ATTACK = "attack."  # begins the metrics of attacks
SILENCE = ".silence"  # ends the metrics whose alerts last until somebody is heard
EXPIRES = 3  # an unconfirmed suspicion ends after so many quiet panes


@dataclass(slots=True)
class Standing:
    """What the ledger remembers of one (rule, series): recent verdicts (True is a breach) and the open alert."""

    recent: list[bool] = field(default_factory=list)
    quiet: int = 0
    told_effect: float | None = None
    told_features: int = 0
    alert: Alert | None = None


class Ledger:
    """All standings of one model version. `rules_hash` is stored on every alert."""

    def __init__(self, rules: Iterable[Rule], rules_hash: str) -> None:
        self.rules = {rule.id: rule for rule in rules}
        self.rules_hash = rules_hash
        self.standings: dict[tuple[str, Series], Standing] = {}

    def enter(self, signal: Signal, budget: Budget, principals: tuple[str, ...] = (), id: str = "") -> Alert | None:
        """Take one signal; returns the alert if it made a transition. `id`: of an alert that it opens, if not usual."""
        key = (signal.rule, signal.about or signal.series)
        standing = self.standings.get(key)
        if signal.verdict == NOT_ENOUGH:
            return self._thinned(standing, signal)
        if standing is None:
            if signal.verdict == QUIET:
                return None
            standing = self.standings[key] = Standing()
        rule = self.rules[signal.rule]
        standing.recent = [*standing.recent, signal.verdict == BREACH][-rule.open[1] :]
        standing.quiet = 0 if signal.verdict == BREACH else standing.quiet + 1
        changed = self._breached(standing, signal, rule, budget, principals, id)
        if signal.verdict == QUIET:
            changed = self._quietened(standing, signal, rule)
        if standing.alert is None and not any(standing.recent):
            del self.standings[key]
        return changed

    def _thinned(self, standing: Standing | None, signal: Signal) -> Alert | None:
        """Too few events open nothing; but if an alert's cause would still show in them and does not, they are quiet.

        Otherwise an alert on a model that is busy for an hour and idle for a day would stay open for that day.
        """
        if standing is None or standing.alert is None or signal.p is None or signal.p <= UNREMARKABLE:
            return None
        standing.quiet += 1
        changed = self._quietened(standing, signal, self.rules[signal.rule])
        if standing.alert is None:
            del self.standings[signal.rule, signal.about or signal.series]
        return changed

    def _breached(
        self, standing: Standing, signal: Signal, rule: Rule, budget: Budget, principals: tuple[str, ...], id: str
    ) -> Alert | None:
        if signal.verdict != BREACH:
            return None
        level, reason = self._level(standing, signal, rule, budget)
        alert = standing.alert
        if alert is None:
            self._tell(standing, signal)
            standing.alert = self._opened(signal, rule, level, reason, principals, id)
            return standing.alert
        if alert.opened_ns is not None and not budget.ticket:
            return None  # what may open nothing makes nothing worse: it, and what it looks like, stay as they were told
        merged = tuple(sorted({*alert.principals, *principals}))
        if LEVELS.index(level) > LEVELS.index(alert.level):
            return self._move(standing, replace(alert, level=level, principals=merged), signal, level, reason)
        told = standing.told_effect
        if signal.effect is not None and told is not None and abs(signal.effect) >= WORSE * abs(told) > 0:
            reason = f"worsened: effect {signal.effect:.3g} was {told:.3g} when last told; {signal.reason}"
            return self._move(standing, replace(alert, principals=merged), signal, alert.level, reason)
        more = set(merged) - set(alert.principals)
        if more and signal.about is not None:
            reason = f"another member: {', '.join(sorted(more))}; {signal.reason}"
            return self._move(standing, replace(alert, principals=merged), signal, alert.level, reason)
        now = len(signal.evidence.get("features", ()))
        if now >= WORSE * standing.told_features > 0:
            reason = f"worsened: {now} features, {standing.told_features} when last told; {signal.reason}"
            return self._move(standing, replace(alert, principals=merged), signal, alert.level, reason)
        return None

    def _level(self, standing: Standing, signal: Signal, rule: Rule, budget: Budget) -> tuple[str, str]:
        """How serious: a yes-or-no detector suspects, k of n confirms, the page budget decides whom it wakes."""
        if signal.p is None or rule.level == SUSPECTED:
            return SUSPECTED, signal.reason
        if not budget.ticket:
            return SUSPECTED, f"{signal.reason} ({budget.why}: only suspected)"
        k, n = rule.open
        breaches = sum(standing.recent)
        if breaches < k:
            return SUSPECTED, f"{signal.reason} ({breaches} of {k} breaches needed within {n} panes)"
        confirmed = f"{signal.reason} ({breaches} breaches in the last {len(standing.recent)} panes)"
        if rule.level == PAGE and signal.p <= budget.page:
            return PAGE, f"{confirmed}; p is within the page budget of {budget.page:.2g}"
        if rule.level == PAGE and not budget.page:
            return TICKET, f"{confirmed}; no page: none is budgeted, or less than a week of this model is known"
        return TICKET, confirmed

    @staticmethod
    def _tell(standing: Standing, signal: Signal) -> None:
        """Remember the worst that was told of an alert, or one that swings would be told for ever."""
        if standing.alert is None:
            standing.told_effect, standing.told_features = None, 0
        told = [each for each in (standing.told_effect, signal.effect) if each is not None]
        standing.told_effect = max(told, key=abs, default=None)
        standing.told_features = max(standing.told_features, len(signal.evidence.get("features", ())))

    def foretold(self, signal: Signal, budget: Budget, principals: tuple[str, ...], id: str) -> Alert:
        """The alert that `enter` would open by this breach, if its series had none; nothing is entered."""
        rule = self.rules[signal.rule]
        level, reason = self._level(Standing(recent=[True]), signal, rule, budget)
        return self._opened(signal, rule, level, reason, principals, id)

    def _opened(
        self, signal: Signal, rule: Rule, level: str, reason: str, principals: tuple[str, ...], id: str
    ) -> Alert:
        series = signal.series
        return Alert(
            id=id or alert_id(rule.id, series, signal.at_ns),
            rule=rule.id,
            family=rule.family,
            level=level,
            state="open",
            series=series,
            principals=principals,
            first_seen_ns=signal.at_ns,
            opened_ns=None if level == SUSPECTED else signal.at_ns,
            resolved_ns=None,
            p=signal.p,
            effect=signal.effect,
            n=signal.n,
            summary=sentence(rule, signal),
            technique=rule.technique,
            baseline=signal.baseline,
            rules_hash=self.rules_hash,
            evidence=signal.evidence,
            transitions=(Transition(signal.at_ns, level, reason),),
        )

    def _move(self, standing: Standing, alert: Alert, signal: Signal, level: str, reason: str) -> Alert:
        opened = alert.opened_ns if alert.opened_ns is not None or level == SUSPECTED else signal.at_ns
        self._tell(standing, signal)
        standing.alert = replace(
            alert,
            opened_ns=opened,
            p=signal.p,
            effect=signal.effect,
            n=signal.n,
            summary=sentence(self.rules[alert.rule], signal, alert.series.feature),
            baseline=signal.baseline,
            evidence=signal.evidence | {name: alert.evidence[name] for name in LASTING if name in alert.evidence},
            transitions=(*alert.transitions, Transition(signal.at_ns, level, reason)),
        )
        return standing.alert

    def amend(self, signal: Signal, more: dict[str, Any], said: Sequence[str] = ()) -> Alert:
        """Add to the evidence, and the sentence, of the alert that this signal has just moved and left open."""
        standing = self.standings[signal.rule, signal.about or signal.series]
        assert standing.alert is not None
        alert = standing.alert
        standing.alert = replace(alert, evidence=alert.evidence | more, summary="; ".join([alert.summary, *said]))
        return standing.alert

    def _quietened(self, standing: Standing, signal: Signal, rule: Rule) -> Alert | None:
        alert = standing.alert
        if alert is None:
            return None
        if _lasts(alert, signal, rule):
            standing.quiet = 0
            return None
        needed = rule.close if alert.opened_ns is not None else EXPIRES
        if standing.quiet < needed:
            return None
        panes = "1 pane" if standing.quiet == 1 else f"{standing.quiet} panes"
        over = "heard again" if signal.series.metric.endswith(SILENCE) else f"quiet for {panes}"
        reason = f"{'' if alert.opened_ns is not None else 'not confirmed; '}{over}: {signal.reason}"
        resolved = replace(
            alert,
            state=RESOLVED,
            resolved_ns=signal.at_ns,
            transitions=(*alert.transitions, Transition(signal.at_ns, RESOLVED, reason)),
        )
        standing.alert, standing.recent = None, []
        return resolved

    def open_on(self, metrics: Collection[str]) -> list[tuple[Rule, Series, Alert]]:
        """Open alerts of rules on these metrics, with the series they stand on, the oldest first."""
        found = [
            (self.rules[id], series, standing.alert)
            for (id, series), standing in self.standings.items()
            if standing.alert is not None and self.rules[id].metric in metrics
        ]
        return sorted(found, key=lambda each: (each[2].first_seen_ns, each[2].id))

    def confirmed(self, rule: str) -> bool:
        """Whether an alert of this rule is open at ticket level or above."""
        return any(
            standing.alert is not None and standing.alert.opened_ns is not None
            for (id, _), standing in self.standings.items()
            if id == rule
        )

    def waits(self, rule: str, baseline: str) -> bool:
        """Whether panes of this rule measure what is usual only once its alert has resolved: a confirmed one; of sums
        of an hour any by this baseline. By an older one it would never end: without such panes no sum is asked about.
        """
        if not self.rules[rule].hourly:
            return self.confirmed(rule)
        return any(s.alert and s.alert.baseline == baseline for (id, _), s in self.standings.items() if id == rule)

    def suspects(self, metric: str) -> bool:
        """Whether any alert on this metric is open, however sure."""
        return any(standing.alert and series.metric == metric for (_, series), standing in self.standings.items())

    def dump(self) -> list[tuple[str, Series, Standing]]:
        """All standings as plain data, sorted, for a profile."""
        items = sorted(self.standings.items(), key=lambda item: (item[0][0], str(item[0][1])))
        return [(rule, series, standing) for (rule, series), standing in items]

    def load(self, standings: Iterable[tuple[str, Series, Standing]]) -> None:
        """Continue from a profile; standings of rules that no longer exist are dropped."""
        self.standings = {(rule, series): standing for rule, series, standing in standings if rule in self.rules}


def sentence(rule: Rule, signal: Signal, opened: str | None = None) -> str:
    """One line for a person: what, on which model, how big, how sure, how many.

    `opened` is the feature that its alert was opened with, which the line begins with even where another is worse now.
    """
    series = signal.series
    where = ", ".join(part for part in (f"{series.model} {series.version}".strip(), series.segment) if part)
    first = series.feature if opened is None else opened
    now = "" if series.feature == first else f", now most of all {series.feature}"
    more = len({*signal.evidence.get("features", ())} - {first, series.feature})
    about = series.principal if rule.match else first or series.principal
    what = f"{rule.title} {about}".strip() + now + (f" and {more} more" if more else "")
    if "range" in signal.evidence:
        what += f" {signal.evidence['range']}"
    parts = [f"{what} on {where}"]
    if signal.value is not None and not series.metric.startswith(ATTACK):  # whose value says nothing to a person
        expected = "" if signal.expected is None else f", expected {signal.expected:.4g}"
        if series.metric.endswith(SILENCE):
            expected = "" if signal.expected is None else f", usually heard every {_gap(signal.expected)}"
            parts.append(f"nothing for {signal.value:.4g} min{expected}")
        elif "minutes" in signal.evidence:
            parts.append(f"{signal.value:.0f} events within {signal.evidence['minutes']} minutes")
        else:
            parts.append(f"{signal.value:.4g}{expected}")
    sure = "p unknown" if signal.p is None else f"p = {max(signal.p, 1e-300):.1e}"
    return f"{': '.join(parts)} ({sure}, n = {signal.n})"


def _lasts(alert: Alert, signal: Signal, rule: Rule) -> bool:
    """Whether what a confirmed alert told goes on, though this pane alone would not tell it.

    A silence may surprise nobody at night: it is no shorter than when last told. All else is material, and no chance.
    """
    if signal.series.metric.endswith(SILENCE):
        return signal.value is not None and bool(signal.value >= alert.evidence.get("silent_minutes", inf))
    if alert.opened_ns is None or signal.p is None or signal.effect is None:
        return False
    return signal.p <= UNREMARKABLE and 0 < STILL * rule.min_effect <= signal.effect


def _gap(minutes: float) -> str:
    """How far apart events usually are, as people say it."""
    return f"{60 * minutes:.2g} s" if minutes < 1 else f"{minutes:.3g} min"
