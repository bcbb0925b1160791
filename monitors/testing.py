"""Rules on readings: which detector looks at which series, at what level, and what it said.

What a test may spend comes from the model's purse (`monitors.purse`), in equal parts over a pane's calibrated tests.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from monitors.detectors import Detector, accepted, kind, load, own, remembers
from monitors.purse import WEEK_MINUTES, Budget
from monitors.questions import Question, Scale, ask, unscaled
from monitors.robust import usable
from monitors.usual import Surprise
from schemas.days import USUAL, Days
from schemas.readings import Reading, Series
from schemas.rules import Rule
from schemas.signals import BREACH, Signal

Remembered = tuple[int, float | None, float | None]  # n, value, expected
# After a rule's id: the row beside, (at_ns, p, None) of each remembered reading, for detectors that ask for it.
DATES = "@dates"
ANCHORED = 2  # memories that an anchored detector is rebuilt from, at most, before it begins elsewhere


class Tester:
    """The detectors of one model version, one per (rule, series) where a detector has a memory."""

    def __init__(self, rules: Iterable[Rule], pane_minutes: int, days: Days = USUAL) -> None:
        self.days = days
        self.rules: dict[str, list[Rule]] = {}
        for rule in rules:
            self.rules.setdefault(rule.metric, []).append(rule)
        self.pane_minutes = pane_minutes
        self.detectors: dict[tuple[str, Series], Detector] = {}
        self.shared: dict[str, Detector] = {}  # detectors of this pane that remember nothing
        self.surprises: dict[str, Surprise] = {}  # of this pane, by rule
        self.recent: dict[tuple[str, Series], deque[Remembered]] = {}
        self.dates: dict[tuple[str, Series], deque[Remembered]] = {}

    def test(
        self,
        readings: Iterable[Reading],
        levels: Callable[[int], Budget],
        scale: Scale = unscaled,
    ) -> tuple[list[Signal], Budget]:
        """Signals of all rules on these readings, and the levels that each test spent.

        `levels(tests)` says what one of so many tests may spend; `scale` what a surprise is divided by.
        """
        self.shared, self.surprises = {}, {}
        questions = ask(self.rules, readings, lambda rule, reading: scale(rule, reading) if rule.usual else 1.0)
        tests = sum(kind(question.rule.detector).calibrated for question in questions) or 1
        budget = levels(tests)
        # Without a budget tests are still made, at the level one ticket a week would give, and only suspect.
        alpha = budget.ticket or self.pane_minutes / WEEK_MINUTES / tests
        signals = [self._signal(question, alpha, tests) for question in questions]
        self._notice(questions)
        return signals, budget

    def _notice(self, questions: Iterable[Question]) -> None:
        """The smallest p of each rule, times how many it was the smallest of, and that of each feature."""
        asked: dict[str, list[Question]] = {}
        for question in questions:
            if question.rule.usual and question.strangest is not None and kind(question.rule.detector).calibrated:
                asked.setdefault(question.rule.id, []).append(question)
        for rule, mine in asked.items():
            smallest = min(question.strangest or 0.0 for question in mine)
            found: dict[str, float] = {}
            for feature, p in (each for question in mine for each in question.found.items()):
                found[feature] = min(p, found.get(feature, p))  # several principals may share one
            self.surprises[rule] = Surprise(min(1.0, len(mine) * smallest), found)

    def _signal(self, question: Question, alpha: float, tests: int) -> Signal:
        rule, reading, by = question.rule, question.reading, question.by
        said = self._detector(rule, reading, alpha).update(reading)
        judged = {"tests": tests, "level": alpha, "surprise_divided_by": by, "p_before": question.p_before}
        return Signal(
            rule=rule.id,
            detector=rule.detector,
            series=reading.series,
            at_ns=reading.at_ns,
            verdict=said.verdict,
            n=reading.n,
            value=reading.value,
            expected=reading.expected,
            p=said.p,
            effect=said.effect,
            baseline=reading.baseline,
            reason=said.reason
            + (f"; surprise divided by {by:.2g}, as is usual here" if by > 1 and said.p is not None else ""),
            evidence=reading.evidence() | ({} if said.p is None else {"judged": judged})
            if said.verdict == BREACH
            else {},
            about=question.about,
        )

    def _detector(self, rule: Rule, reading: Reading, alpha: float) -> Detector:
        budget = {"alpha": alpha, "min_n": rule.min_n, "min_effect": rule.min_effect}
        calibrated = kind(rule.detector).calibrated
        parameters = {**self._given(rule), **(budget if calibrated else {})}
        if not remembers(rule.detector):
            if rule.id not in self.shared:
                self.shared[rule.id] = load(rule.detector, parameters)
            return self.shared[rule.id]
        key = (rule.id, reading.series)
        if key not in self.detectors:
            self._keep(key, load(rule.detector, parameters), [], [])
        if calibrated:
            self.detectors[key].alpha = alpha  # type: ignore[attr-defined]
        if usable(reading.value):  # what is not, no detector learns from: it would take a value's place in the memory
            self.recent[key].append((reading.n, reading.value, reading.expected))
            if key in self.dates:
                self.dates[key].append((reading.at_ns, reading.p, None))
        return self.detectors[key]

    def _given(self, rule: Rule) -> dict[str, Any]:
        """A rule's parameters; a detector that knows days off takes what it does not name from the calendar."""
        known = accepted(rule.detector)
        days = {name: getattr(self.days, name) for name in Days.__struct_fields__ if name in known}
        return {**days, **own(rule.detector, rule.parameters)}

    def _keep(
        self, key: tuple[str, Series], detector: Detector, values: list[Remembered], dates: list[Remembered]
    ) -> None:
        most = detector.memory * (ANCHORED + 1 if getattr(detector, "anchored", False) else 1)
        self.detectors[key] = detector
        self.recent[key] = deque(values, maxlen=most)
        if getattr(detector, "dated", False):
            self.dates[key] = deque(dates, maxlen=most)

    def dump(self) -> list[tuple[str, Series, list[Remembered]]]:
        """The last values of every series a detector remembers, sorted."""
        kept = {key: list(values)[self._from(key) :] for key, values in self.recent.items()}
        kept |= {(key[0] + DATES, key[1]): list(values)[self._from(key) :] for key, values in self.dates.items()}
        items = sorted(kept.items(), key=lambda item: (item[0][0], str(item[0][1])))
        return [(rule, series, values) for (rule, series), values in items]

    def _from(self, key: tuple[str, Series]) -> int:
        """Where a rebuilt detector begins: an anchored one where it began before, as long as that is near enough."""
        memory, n = self.detectors[key].memory, len(self.recent[key])
        return n - memory if n >= ANCHORED * memory else 0

    def load(self, series: list[tuple[str, Series, list[Remembered]]]) -> None:
        """Rebuild every detector by showing it those values again; series of rules that are gone are dropped."""
        rules = {rule.id: rule for same in self.rules.values() for rule in same}
        dates = {(rule_id, name): values for rule_id, name, values in series if rule_id.endswith(DATES)}
        for rule_id, name, values in series:
            if rule_id not in rules:
                continue
            rule = rules[rule_id]
            gates = {"min_n": rule.min_n, "min_effect": rule.min_effect} if kind(rule.detector).calibrated else {}
            detector = load(rule.detector, {**self._given(rule), **gates})
            when = dates.get((rule_id + DATES, name), [(0, None, None)] * len(values))
            for (n, value, expected), (at_ns, p, _) in zip(values, when, strict=True):
                detector.update(Reading(name, at_ns, n, value, expected, p=p))
            self._keep((rule_id, name), detector, values, when)
