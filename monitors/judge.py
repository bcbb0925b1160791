"""Closed minutes to readings, detectors, signals, alerts: the judgement of one shard of models.

`close(minute, summaries)` is called once per closed minute, in order, with the merged summaries of that minute; its
`Outcome` is what must be stored and told. The same closes give the same outcomes. No clock: time is the minutes'.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from monitors.contacts import tried
from monitors.early import Early
from monitors.limits import Limits
from monitors.modelstate import WHOLE, ModelState
from monitors.prepared import Prepared
from monitors.release import Release, newest
from monitors.segments import key_of
from monitors.segmentstate import SegmentState
from monitors.week import PROFILE_NS, week_of
from monitors.written import written_of
from schemas.alerts import Alert
from schemas.baselines import Baseline
from schemas.events import MINUTE_NS, OTHER
from schemas.queries import Queries
from schemas.readings import Reading
from schemas.rules import Rule, hash_rules
from schemas.settings import Settings
from schemas.signals import BREACH, Signal
from schemas.summaries import Summary, SummaryKey

# Of a longer gap without any minute this many panes are judged, then its last one: whatever can be told of a silence is
# told by then, and a log that leaps through decades costs no more than its records.
LONGEST_GAP_PANES = 576


class Profile(NamedTuple):
    """The state of one model version, or of one of its segments, as it is written down four times a day."""

    model: str
    version: str
    segment: str
    at_ns: int
    state: bytes


@dataclass(slots=True)
class Outcome:
    """What judging some closes gave, in the order it happened."""

    readings: list[Reading] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    notices: list[Alert] = field(default_factory=list)  # what became of those told before their minute closed
    baselines: list[Baseline] = field(default_factory=list)
    profiles: list[Profile] = field(default_factory=list)

    def extend(self, other: Outcome) -> None:
        self.readings += other.readings
        self.signals += other.signals
        self.alerts += other.alerts
        self.notices += other.notices
        self.baselines += other.baselines
        self.profiles += other.profiles


def judged_under(rules: tuple[Rule, ...], settings: Settings) -> str:
    """Hash of the rules and of every setting that changes what is alerted."""
    return f"{hash_rules(rules)}-{settings.judged_hash}"


class Judge:
    """State of every model version of one shard. Bounded by `line.max_models`; the rest is counted under (other)."""

    def __init__(self, settings: Settings, rules: tuple[Rule, ...], shards: int = 1) -> None:
        self.settings, self.rules = settings, rules
        self.rules_hash = judged_under(rules, settings)
        self.pane_minutes = settings.line.pane_minutes
        self.most = max(1, settings.line.max_models // shards)
        self.limits = Limits.of(settings, shards)
        self.states: dict[tuple[str, str], ModelState] = {}
        self.versions: dict[str, list[ModelState]] = {}  # of each model
        self.segments: dict[tuple[str, str], dict[str, SegmentState]] = {}
        self.prepared: dict[str, Prepared] = {}
        line = settings.line
        self.early = Early(settings.judge.early_share, (line.max_query_principals, line.max_queries))
        self.last_ns: int | None = None  # start of the last closed minute
        self.turn_ns: int | None = None  # when profiles were due last, before or at the last pane's end

    def know(self, prepared: Prepared) -> None:
        """A baseline that was given, or learnt before. Which one a pane is judged by follows from its minutes alone."""
        self.prepared[prepared.id] = prepared

    def close(self, minute_ns: int, minutes: Mapping[SummaryKey, Summary]) -> Outcome:
        """Judge one minute. Minutes must come in order; those skipped are taken as empty."""
        outcome = Outcome()
        pane_ns = self.pane_minutes * MINUTE_NS
        if self.last_ns is not None:
            first = (self.last_ns // pane_ns + 1) * pane_ns
            ends = range(first, minute_ns + 1, pane_ns)
            for at in (*ends[:LONGEST_GAP_PANES], *ends[LONGEST_GAP_PANES:][-1:]):
                outcome.extend(self._end_pane(at))
        for key in sorted(minutes):
            state = self._state(key.model, key.version, minute_ns)
            prepared = self.prepared.get(key.baseline)
            if key.segment:
                self._add_segment(state, key, minutes[key], prepared)
                continue
            learnt = state.add(key, minutes[key], prepared)
            if learnt is not None:
                outcome.baselines.append(learnt)
                self.know(Prepared(learnt))
        for name in sorted(self.states):
            readings, signals, alerts = self.states[name].end_minute(minute_ns + MINUTE_NS)
            outcome.readings += readings
            outcome.signals += signals
            outcome.alerts += alerts
        self.last_ns = minute_ns
        if (minute_ns + MINUTE_NS) % pane_ns == 0:
            outcome.extend(self._end_pane(minute_ns + MINUTE_NS))
        self.early.acquit(outcome.alerts)
        heard = {(key.model, key.version) for key, summary in minutes.items() if summary.queries.of}
        outcome.notices += self.early.settle(minute_ns, heard, self.states)
        return outcome

    def look(self, news: Mapping[SummaryKey, Sequence[Queries]]) -> list[Alert]:
        """Attacks that can be told of open minutes, by the queries that have just come; closes do not change."""
        told = []
        for key in sorted(news):
            state, prepared = self.states.get((key.model, key.version)), self.prepared.get(key.baseline)
            if state is not None and prepared is not None:
                told += self.early.look(state, key.minute_ns, news[key], prepared)
        return told

    def _end_pane(self, at_ns: int) -> Outcome:
        """End the pane at `at_ns` for every model, once; the first of a profile's hours takes all state through it."""
        outcome = Outcome()
        for key in sorted(self.states):
            state = self.states[key]
            if state.pane_end_ns >= at_ns:
                continue
            for each in (state, *self._segments(key)):
                readings, signals, alerts = each.end_pane(at_ns)
                outcome.readings += readings
                outcome.signals += [signal for signal in signals if signal.verdict == BREACH]
                outcome.alerts += alerts
        for found, state in tried(at_ns, [self.states[key] for key in sorted(self.states)]):
            signals, alerts = state.accuser.enumerated(at_ns, found)
            outcome.signals += signals
            outcome.alerts += alerts
        before, self.turn_ns = self.turn_ns, _due(at_ns)
        if before is not None and before < self.turn_ns:
            outcome.profiles += self.turn(at_ns, new_week=week_of(before) < week_of(at_ns))
        return outcome

    def _segments(self, key: tuple[str, str]) -> list[SegmentState]:
        """The segments of a model version; what the whole of it leaves of the budget is theirs in equal parts.

        Segments are only ever added, so a pane that waits never has less than what its panes had put aside together.
        """
        states = [state for _, state in sorted(self.segments.get(key, {}).items())]
        for state in states:
            state.purse.weight = (1 - WHOLE) / len(states)
        return states

    def _add_segment(self, of: ModelState, key: SummaryKey, summary: Summary, prepared: Prepared | None) -> None:
        """Count one closed minute of a segment; those that settings name are judged."""
        if prepared is None or of.model == OTHER:
            return
        of.parts.add(key.segment, key.minute_ns, summary, prepared.id)
        named = self.limits.segments(of.model)
        if key_of(key.segment) not in named:
            return
        states = self.segments.setdefault((of.model, of.version), {})
        if key.segment not in states:
            if len(states) >= len(named) * (self.limits.max_segments + 1):
                return  # baselines with ever new values, one after the other; those come first that came first
            states[key.segment] = SegmentState(of, key.segment, key.minute_ns)
        states[key.segment].add(key, summary, prepared)

    def turn(self, at_ns: int, new_week: bool = False) -> list[Profile]:
        """Write every state down and continue from what was written, so that a rebuilt judge is in the same state."""
        profiles = []
        for key in sorted(self.states):
            for each in (self.states[key], *self._segments(key)):
                profiles.append(Profile(*key, each.segment, at_ns, each.dump(new_week)))
        self._restore(profile.state for profile in profiles)
        return profiles

    def load(self, profiles: Iterable[bytes], last_ns: int) -> None:
        """Continue from stored profiles; `last_ns` is the start of the last minute before them."""
        self._restore(profiles)
        self.last_ns = last_ns
        self.turn_ns = _due(last_ns + MINUTE_NS)

    def _restore(self, profiles: Iterable[bytes]) -> None:
        """States from what was written, whole models first: segments hold on to them."""
        for w in sorted(map(written_of, profiles), key=lambda w: (w.model, w.version, w.segment)):
            key = (w.model, w.version)
            if w.segment:
                if key in self.states:
                    self.segments.setdefault(key, {})[w.segment] = SegmentState.loaded(w, self.states[key])
                continue
            state = ModelState(*key, w.slot, w.first_ns, self.limits, self.rules, self.rules_hash)
            state.restore(w, self.prepared)
            self.states[key] = state
        self.versions = {}
        for state in self.states.values():
            self.versions.setdefault(state.model, []).append(state)
        for model in self.versions:
            self._release(model)

    def _state(self, model: str, version: str, minute_ns: int) -> ModelState:
        if (model, version) not in self.states and len(self.states) >= self.most:
            model, version = OTHER, ""
        state = self.states.get((model, version))
        if state is None:
            slot = len(self.states)
            state = ModelState(model, version, slot, minute_ns, self.limits, self.rules, self.rules_hash)
            self.states[model, version] = state
            self.versions.setdefault(model, []).append(state)
            self._release(model)
        return state

    def _release(self, model: str) -> None:
        """Tell all versions of a model which is the newest, and of each other."""
        versions = self.versions[model]
        fresh = newest(Release(state.version, state.first_ns) for state in versions)
        for state in versions:
            state.release, state.versions = fresh, versions


def _due(at_ns: int) -> int:
    """The last time that profiles were due. Weeks begin with one."""
    return at_ns // PROFILE_NS * PROFILE_NS
