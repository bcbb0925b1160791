"""Everything the judge carries about one model version, from pane to pane, as plain data that can be written down.

What is carried: the open pane's counts and those of thin panes before it, what a baseline is being learnt from, who is
usually heard, the last values of every series that a detector looks at, how surprising healthy panes are, the labels
seen, the pane before, the ledger, and of this week the tests of LORD++ and what is watched of single queries. A state
dumped and loaded goes on the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from monitors.accuse import Accuser
from monitors.activity import Activity
from monitors.context import Scene
from monitors.explain import Before, explain_all
from monitors.held import Held
from monitors.hourly import Hourly
from monitors.learning import Learning
from monitors.ledger import Ledger
from monitors.limits import Limits
from monitors.lord import Lord
from monitors.nullrate import Counted
from monitors.pane import Pane
from monitors.parts import Parts
from monitors.poisoning.watch import KINDS, LabelWatch
from monitors.prepared import Prepared
from monitors.purse import Budget, Purse, cautious, sober
from monitors.quiet import silence
from monitors.readings import FAMILIES, every_pane, of_labels, seldom
from monitors.release import Release
from monitors.segments import dimensions
from monitors.testing import Tester
from monitors.truth import Truth
from monitors.usual import Usual
from monitors.week import HOUR_NS, Calendar
from monitors.written import Written, write_down
from schemas.alerts import Alert
from schemas.baselines import Baseline
from schemas.readings import Reading
from schemas.rules import Rule
from schemas.signals import Signal
from schemas.summaries import Summary, SummaryKey, bounded, merge

WHOLE = 0.5  # of the budget of a model that has segments of its own: what is asked of the whole of it


class ModelState:
    """One model version. `slot` is its place in the budget; slots beyond the budgeted number cannot open tickets."""

    segment = ""
    families = FAMILIES
    hours = True  # whether up to an hour is judged together, too

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
        self.rules = rules
        self.release: Release | None = None  # the model's newest version
        self.versions: list[ModelState] = []  # of the model, this one among them; one list for all of them
        self.prepared: Prepared | None = None
        self.baseline = ""  # id of the baseline last judged by, as a profile has it
        self.pane_end_ns = 0
        self.minutes: list[Summary] = []
        self.parts = Parts(limits.baseline_events, limits.baseline_minutes)
        self.scored: dict[str, list[Summary]] = {}
        self.known: dict[str, Prepared] = {}
        self.held = Held()
        self.learning = Learning()
        self.activity = Activity()
        self.principals: dict[str, Activity] = {}
        self.tester = Tester((rule for rule in rules if not rule.hourly), limits.pane_minutes, limits.days)
        self.hourly = Hourly(rules if self.hours else (), limits.pane_minutes, limits.days)
        self.ledger = Ledger(rules, rules_hash)
        self.accuser = Accuser(model, version, rules, self.ledger, limits.max_principals, limits.pane_minutes)
        self.calendar = Calendar.of(limits.days)
        self.usual = Usual(calendar=self.calendar)
        self.before = Before()
        self.truth = Truth()
        self.counted = Counted(rules if self.hours else (), limits.pane_minutes)
        self.labels = LabelWatch()
        share = limits.tickets_per_week, limits.pages_per_month, limits.slots, limits.pane_minutes
        self.purse = Purse(*share, budgeted=slot < limits.slots, early=limits.early)
        if limits.segments(model):
            self.purse.weight = WHOLE

    def add(self, key: SummaryKey, summary: Summary, prepared: Prepared | None) -> Baseline | None:
        """Count one closed minute; returns a baseline if this minute completed one."""
        self.minutes.append(summary)
        if not summary.n:
            return None  # labels that arrived later: nobody was heard, and there is nothing to learn from
        self.accuser.add(summary, prepared)
        self.activity.heard(key.minute_ns)
        for name in summary.principals:
            if name in self.principals:
                self.principals[name].heard(key.minute_ns)
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

    def end_minute(self, at_ns: int) -> tuple[list[Reading], list[Signal], list[Alert]]:
        """Judge the queries of the minute that ends at `at_ns`."""
        return self.accuser.minute(at_ns, self.purse.attacks())

    def end_pane(self, at_ns: int) -> tuple[list[Reading], list[Signal], list[Alert]]:
        """Read the pane, test the readings, enter the ledger."""
        self.pane_end_ns, self.purse.sharers = at_ns, self.counted.in_force(at_ns)
        total = self._merge(self.minutes) if self.minutes else None
        scored = {id: self._merge(parts) for id, parts in self.scored.items()}
        enough = self.held.add(total, scored)
        self._choose(scored)
        self.parts.end_pane(self.prepared.id if self.prepared else "")
        if not self._ready():
            enough, self.held = False, Held()
        pane = last = self._pane(at_ns, total or silence())
        readings = [reading for family in self.families if every_pane(family) for reading in family.read(pane)]
        signals, alerts = self._judge(readings, self.purse.every_pane, pane)
        self._remember(pane)
        if total is not None and total.labelled:
            self.labels.add(total.labelled, at_ns)
            lies = [reading for family in self.families if of_labels(family) for reading in family.read(pane)]
            named = self._judge(lies, lambda tests: self.purse.labels(len(KINDS)), pane)
            readings, signals, alerts = readings + lies, signals + named[0], alerts + named[1]
        if enough:
            held, self.held = self.held, Held()
            pane = self._pane(at_ns, held.total or silence(), held.scored, held.panes)
            self.truth.add(pane.total, self.prepared.id if self.prepared else "")
            more = [reading for family in self.families if seldom(family) for reading in family.read(pane)]
            told = self._judge(more, lambda tests: self.purse.judged(tests, held.panes), pane)
            self.truth.forget(learn=not self.ledger.suspects("labels.errors"))
            self.before = Before.of(at_ns, more)
            self.purse.lord.enter(any(alert.opened_ns == at_ns for alert in told[1]))
            readings, signals, alerts = readings + more, signals + told[0], alerts + told[1]
        sums = [self._pane(at_ns, s.total or silence(), s.scored, s.panes) for s in self.hourly.add(total, scored)]
        if sums:
            # Judged and not kept: a series has one value at a time.
            told = self._judge(self.hourly.read(sums, self.ledger), self.purse.hourly, sums[0], self.hourly.tester)
            signals, alerts = signals + told[0], alerts + told[1]
        if self.hourly.turn():
            self.truth.settle()
        if enough:
            self.parts.judged()
        if not self.segment:
            spend = partial(self.counted.spend, allowed=self.purse.every_pane(1), purse=self.purse)
            known = [self.principals, *(other.principals for other in self.versions if other is not self)]
            used = self.accuser.pane(at_ns, (last.hour, last.first_hour), total, known, spend)
            signals, alerts = signals + used[0], alerts + used[1]
        self.minutes, self.scored, self.known = [], {}, {}
        return readings, signals, alerts

    def _judge(
        self,
        readings: list[Reading],
        levels: Callable[[int], Budget],
        pane: Pane,
        tester: Tester | None = None,
    ) -> tuple[list[Signal], list[Alert]]:
        """Test readings at these levels, enter the ledger, remember how surprising they were."""
        tester = tester or self.tester
        signals, budget = tester.test(readings, levels, self._scale)
        changed = []
        accused = self.accuser.share(pane.total) if signals else 0.0
        for signal in signals:
            named = (signal.series.principal,) if signal.series.principal else ()
            principals = named or tuple(signal.evidence.get("principals", ()))
            rule = self.ledger.rules[signal.rule]
            allowed = cautious(self._allowed(budget, rule), rule, accused)
            alert = self.ledger.enter(*self.counted.spend(signal, allowed, self.purse), principals)
            if alert is not None:
                changed.append((signal, alert))
        for id, seen in tester.surprises.items():
            waits = self.ledger.waits(id, self.prepared.id if self.prepared else "")
            self.usual.add(id, self.pane_end_ns, seen, waits, self.hourly.span)
        if not changed:
            return signals, []
        return signals, explain_all(changed, signals, readings, self.ledger, self.before, self._scene(pane))

    def _scene(self, pane: Pane) -> Scene:
        """What an explanation needs to know beside the ledger."""
        if self.prepared is None:
            return Scene(release=self.release, whole=self.ledger, total=pane.total)
        split = dimensions(self.prepared, self.limits.segments(self.model), self.limits.max_segments)
        return Scene(self.prepared, self.parts.parts, split, self.release, self.ledger, pane.total)

    def _allowed(self, budget: Budget, rule: Rule) -> Budget:
        """What a rule may spend here."""
        return sober(budget, rule, self._known_ns())

    def _heard_ns(self) -> int | None:
        """When the whole of it was last heard, if this is a part."""
        return None

    def _ready(self) -> bool:
        """Whether panes are counted at all; a model is always looked at."""
        return True

    def _scale(self, rule: Rule, reading: Reading) -> float:
        """What a surprise is divided by, from what is usual for this model at this hour."""
        asked = rule.id, reading.series.feature, reading.at_ns, self._known_ns()
        return self.usual.hourly(*asked, self.hourly.span) if rule.hourly else self.usual.scale(*asked)

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
                self.usual = Usual(calendar=self.calendar)

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
            segment=self.segment,
            began_ns=self.first_ns if any(other.first_ns < self.first_ns for other in self.versions) else None,
            heard_ns=self._heard_ns(),
            labels=self.labels,
        )

    def _remember(self, pane: Pane) -> None:
        """Who was heard, by the hour; the names kept are those with the smallest hash, however they arrived."""
        self.activity.add(pane.hour, pane.n, 0)
        for name in pane.total.principals:
            self.principals.setdefault(name, Activity(last_ns=pane.at_ns))
        self.principals = bounded(self.principals, self.limits.max_principals)
        for name, activity in self.principals.items():
            activity.add(pane.hour, pane.total.principals.get(name, (0,))[0], 0)

    def _merge(self, parts: list[Summary]) -> Summary:
        limits = self.limits
        return merge(
            parts, max_principals=limits.max_principals, max_predictions=limits.max_predictions, max_sample=512
        )

    def dump(self, new_week: bool = False) -> bytes:
        """Deterministic JSON; only meaningful at the end of a pane. A new week begins without what is of one only."""
        return write_down(self, new_week)

    def restore(self, w: Written, known: Mapping[str, Prepared]) -> None:
        """Go on from what `dump` wrote; `known` are baselines by id."""
        self.learning = Learning.load(w.learning)
        self.pane_end_ns, self.purse.sharers = w.pane_end_ns, self.counted.in_force(w.pane_end_ns)
        self.baseline = w.baseline
        self.activity = Activity.load(w.activity)
        self.principals = {name: Activity.load(plain) for name, plain in w.principals.items()}
        self.tester.load(w.series)
        self.hourly.restore(w.series, w.hour, w.half, w.told, w.reached)
        self.ledger.load(w.standings)
        self.held = Held.load(w.held)
        self.usual.load(w.usual)
        self.before = w.before
        self.truth = w.truth
        self.parts.load(w.parts)
        self.labels = LabelWatch.load(w.labels)
        self.purse.lord = Lord.load(self.purse.lord.q, w.tests, w.found)
        if not self.segment:
            self.accuser.load(w.accuser, known)
            self.prepared = known.get(w.baseline)
