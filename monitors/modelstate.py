"""Everything the judge carries about one model version, from pane to pane, as plain data that can be written down.

What is carried: the open pane's counts and those of thin panes before it, what a baseline is being learnt from, who is
usually heard, the last values of every series that a detector looks at, how surprising healthy panes are, the labels
seen, the pane before, and the ledger. All is written on Monday but the wealth of LORD++, which starts afresh then; a
state dumped and loaded on Monday goes on the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec
import numpy as np

from monitors.activity import Activity, WrittenActivity
from monitors.explain import Before, explain_all
from monitors.held import Held, WrittenHeld
from monitors.learning import Learning, WrittenLearning
from monitors.ledger import Ledger, Standing
from monitors.limits import Limits
from monitors.pane import Pane
from monitors.poisoning.watch import KINDS, LabelWatch, WrittenWatch
from monitors.prepared import Prepared
from monitors.purse import Budget, Purse, sober
from monitors.readings import FAMILIES, every_pane, latency, of_labels, outputs, seldom
from monitors.testing import Tester
from monitors.truth import Truth
from monitors.usual import Usual, WrittenUsual
from monitors.week import HOUR_NS
from schemas.alerts import Alert
from schemas.baselines import Baseline
from schemas.events import MINUTE_NS
from schemas.readings import Reading, Series
from schemas.rules import Rule
from schemas.signals import Signal
from schemas.summaries import Summary, SummaryKey, bounded, merge


class Written(msgspec.Struct):
    """A `ModelState` as it stands in a profile, at the end of a pane."""

    model: str
    version: str
    slot: int
    first_ns: int
    pane_end_ns: int
    baseline: str
    learning: WrittenLearning
    activity: WrittenActivity
    principals: dict[str, WrittenActivity]
    series: list[tuple[str, Series, list[tuple[int, float | None, float | None]]]]
    standings: list[tuple[str, Series, Standing]]
    held: WrittenHeld = msgspec.field(default_factory=WrittenHeld)
    usual: WrittenUsual = msgspec.field(default_factory=WrittenUsual)
    before: Before = msgspec.field(default_factory=Before)
    truth: Truth = msgspec.field(default_factory=Truth)
    labels: WrittenWatch = msgspec.field(default_factory=WrittenWatch)


class ModelState:
    """One model version. `slot` is its place in the budget; slots beyond the budgeted number cannot open tickets."""

    def __init__(
        self,
        model: str,
        version: str,
        slot: int,
        first_ns: int,
        limits: Limits,
        rules: tuple[Rule, ...],
        rules_hash: str,
    ) -> None:
        self.model, self.version, self.slot, self.first_ns, self.limits = model, version, slot, first_ns, limits
        self.prepared: Prepared | None = None
        self.baseline = ""  # id of the baseline last judged by, as a profile has it
        self.pane_end_ns = 0
        self.parts: list[Summary] = []
        self.scored: dict[str, list[Summary]] = {}
        self.known: dict[str, Prepared] = {}
        self.held = Held()
        self.learning = Learning()
        self.activity = Activity()
        self.principals: dict[str, Activity] = {}
        self.tester = Tester(rules, limits.pane_minutes)
        self.ledger = Ledger(rules, rules_hash)
        self.usual = Usual()
        self.before = Before()
        self.truth = Truth()
        self.labels = LabelWatch()
        # LORD++ starts afresh every Monday, when the state goes through its profile: nothing of it is written.
        self.purse = Purse(
            limits.tickets_per_week,
            limits.pages_per_month,
            limits.slots,
            limits.pane_minutes,
            budgeted=slot < limits.slots,
        )

    def add(self, key: SummaryKey, summary: Summary, prepared: Prepared | None) -> Baseline | None:
        """Count one closed minute; returns a baseline if this minute completed one."""
        self.parts.append(summary)
        if not summary.n:
            return None  # labels that arrived later: nobody was heard, and there is nothing to learn from
        end_ns = key.minute_ns + MINUTE_NS
        self.activity.last_ns = max(self.activity.last_ns, end_ns)
        for name in summary.principals:
            if name in self.principals:
                self.principals[name].last_ns = max(self.principals[name].last_ns, end_ns)
        if prepared is not None:
            self.known[prepared.id] = prepared
            self.scored.setdefault(prepared.id, []).append(summary)
            self.learning.done, self.learning.rows, self.learning.total = True, {}, None
        elif not self.learning.done:
            return self._learn(key, summary)
        return None

    def _learn(self, key: SummaryKey, summary: Summary) -> Baseline | None:
        """Gather the first minutes; what they were gathered for is made once, and they are forgotten."""
        learning = self.learning
        total = self._merge([summary] if learning.total is None else [learning.total, summary])
        learning.add(key.minute_ns, summary, total, self.limits.baseline_events)
        if self.model == "(other)" or not learning.enough(self.limits.baseline_events, self.limits.baseline_minutes):
            return None
        self.learning = Learning(done=True)
        return learning.baseline(self.model, self.version)

    def end_pane(self, at_ns: int) -> tuple[list[Reading], list[Signal], list[Alert]]:
        """Read the pane, test the readings, enter the ledger."""
        self.pane_end_ns = at_ns
        total = self._merge(self.parts) if self.parts else None
        scored = {id: self._merge(parts) for id, parts in self.scored.items()}
        enough = self.held.add(total, scored)
        self._choose(scored)
        pane = self._pane(at_ns, total or silence())
        readings = [reading for family in FAMILIES if every_pane(family) for reading in family.read(pane)]
        signals, alerts = self._judge(readings, self.purse.every_pane)
        self._remember(pane)
        if total is not None and total.labelled:
            self.labels.add(total.labelled, at_ns)
            lies = [reading for family in FAMILIES if of_labels(family) for reading in family.read(pane)]
            named = self._judge(lies, lambda tests: self.purse.labels(len(KINDS)))
            readings, signals, alerts = readings + lies, signals + named[0], alerts + named[1]
        if enough:
            held, self.held = self.held, Held()
            pane = self._pane(at_ns, held.total or silence(), held.scored, held.panes)
            self.truth.add(pane.total, self.prepared.id if self.prepared else "")
            more = [reading for family in FAMILIES if seldom(family) for reading in family.read(pane)]
            self.truth.forget()
            told = self._judge(more, lambda tests: self.purse.judged(tests, held.panes))
            self.before = Before.of(at_ns, more)
            self.purse.lord.enter(any(alert.opened_ns == at_ns for alert in told[1]))
            readings, signals, alerts = readings + more, signals + told[0], alerts + told[1]
        self.parts, self.scored, self.known = [], {}, {}
        return readings, signals, alerts

    def _judge(self, readings: list[Reading], levels: Callable[[int], Budget]) -> tuple[list[Signal], list[Alert]]:
        """Test readings at these levels, enter the ledger, remember how surprising they were."""
        signals, budget = self.tester.test(readings, levels, self._scale)
        changed = []
        for signal in signals:
            named = (signal.series.principal,) if signal.series.principal else ()
            principals = named or tuple(signal.evidence.get("principals", ()))
            allowed = sober(budget, self.ledger.rules[signal.rule], self._known_ns())
            alert = self.ledger.enter(signal, allowed, principals)
            if alert is not None:
                changed.append((signal, alert))
        for rule, p in self.tester.surprises.items():
            self.usual.add(rule, self.pane_end_ns, p, self.ledger.confirmed(rule))
        return signals, explain_all(changed, signals, readings, self.ledger, self.before)

    def _scale(self, rule: Rule, reading: Reading) -> float:
        """What a surprise is divided by, from what is usual for this model at this hour."""
        return self.usual.scale(rule.id, reading.at_ns, self._known_ns())

    def _known_ns(self) -> int:
        """How much time of this model was looked at: what its baseline spans, and what was heard after that."""
        if self.prepared is None:
            return 0
        learnt = self.prepared.baseline
        heard = self.pane_end_ns - max(learnt.learnt_to_ns, self.first_ns)
        return learnt.learnt_to_ns - learnt.learnt_from_ns + max(0, heard)

    def _choose(self, scored: Mapping[str, Summary]) -> None:
        """The newest baseline that scored anything in this pane; two are in use only around a change."""
        if scored:
            before, self.prepared = self.prepared, max(self.known.values(), key=lambda p: p.rank)
            if before is not None and before is not self.prepared:
                self.usual = Usual()

    def _pane(
        self, at_ns: int, total: Summary, scored: Mapping[str, Summary] = MappingProxyType({}), panes: int = 1
    ) -> Pane:
        return Pane(
            model=self.model,
            version=self.version,
            at_ns=at_ns,
            minutes=self.limits.pane_minutes * panes,
            total=total,
            scored=scored.get(self.prepared.id) if self.prepared else None,
            prepared=self.prepared,
            first_hour=self.first_ns // HOUR_NS,
            activity=self.activity,
            principals=self.principals,
            truth=self.truth,
            labels=self.labels,
        )

    def _remember(self, pane: Pane) -> None:
        """Who was heard, by the hour; the names kept are those with the smallest hash, however they arrived."""
        self.activity.add(pane.hour, pane.n, 0)
        for name in pane.total.principals:
            if name not in self.principals:
                self.principals[name] = Activity(last_ns=pane.at_ns)
        self.principals = bounded(self.principals, self.limits.max_principals)
        for name, activity in self.principals.items():
            row = pane.total.principals.get(name)
            activity.add(pane.hour, row[0] if row else 0, 0)

    def _merge(self, parts: list[Summary]) -> Summary:
        limits = self.limits
        return merge(
            parts, max_principals=limits.max_principals, max_predictions=limits.max_predictions, max_sample=512
        )

    def dump(self) -> bytes:
        """Deterministic JSON; only meaningful at the end of a pane."""
        written = Written(
            model=self.model,
            version=self.version,
            slot=self.slot,
            first_ns=self.first_ns,
            pane_end_ns=self.pane_end_ns,
            baseline=self.prepared.id if self.prepared else "",
            learning=self.learning.dump(),
            activity=self.activity.dump(),
            principals={name: activity.dump() for name, activity in sorted(self.principals.items())},
            series=self.tester.dump(),
            standings=self.ledger.dump(),
            held=self.held.dump(),
            usual=self.usual.dump(),
            before=self.before,
            truth=self.truth,
            labels=self.labels.dump(),
        )
        return msgspec.json.encode(written, order="deterministic")

    @staticmethod
    def load(data: bytes, limits: Limits, rules: tuple[Rule, ...], rules_hash: str) -> ModelState:
        """The state that `dump` wrote."""
        w = msgspec.json.decode(data, type=Written)
        state = ModelState(w.model, w.version, w.slot, w.first_ns, limits, rules, rules_hash)
        state.learning = Learning.load(w.learning)
        state.pane_end_ns = w.pane_end_ns
        state.baseline = w.baseline
        state.activity = Activity.load(w.activity)
        state.principals = {name: Activity.load(plain) for name, plain in w.principals.items()}
        state.tester.load(w.series)
        state.ledger.load(w.standings)
        state.held = Held.load(w.held)
        state.usual.load(w.usual)
        state.before = w.before
        state.truth = w.truth
        state.labels = LabelWatch.load(w.labels)
        return state


def silence() -> Summary:
    """The summary of a pane without events: zero in every vector that every event counts in."""
    widths = {"n": 1, "failed": 1, "latency": len(latency.EDGES) + 1, "score": outputs.BINS, "score_sum": 1}
    return Summary({name: np.zeros(width, dtype=np.int64) for name, width in widths.items()}, {}, {}, [])
