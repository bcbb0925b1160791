"""Rules on readings: which detector looks at which series, at what level, and what it said.

The budget is spent in equal parts over the panes of a week and the calibrated tests made in a pane, so that the levels
spent add up to at most the budget whatever the tests' dependence (design §3.2, error rates).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from monitors.detectors import Detector, kind, load, remembers
from schemas.readings import Reading, Series
from schemas.rules import Rule
from schemas.signals import BREACH, Signal

WEEK_MINUTES, MONTH_MINUTES = 7 * 24 * 60, 30 * 24 * 60
Remembered = tuple[int, float | None, float | None]  # n, value, expected
# After a rule's id: the row beside, (at_ns, p, None) of each remembered reading, for detectors that ask for it.
DATES = "@dates"


class Tester:
    """The detectors of one model version, one per (rule, series) where a detector has a memory."""

    def __init__(self, rules: Iterable[Rule], pane_minutes: int) -> None:
        self.rules: dict[str, list[Rule]] = {}
        for rule in rules:
            self.rules.setdefault(rule.metric, []).append(rule)
        self.pane_minutes = pane_minutes
        self.detectors: dict[tuple[str, Series], Detector] = {}
        self.shared: dict[str, Detector] = {}  # detectors of this pane that remember nothing
        self.recent: dict[tuple[str, Series], deque[Remembered]] = {}
        self.dates: dict[tuple[str, Series], deque[Remembered]] = {}

    def test(self, readings: list[Reading], per_week: float, per_month: float) -> tuple[list[Signal], float, float]:
        """Signals of all rules on these readings; the levels spent on a ticket and on a page, 0 without a budget."""
        self.shared = {}
        pairs = [(rule, reading) for reading in readings for rule in self.rules.get(reading.series.metric, ())]
        tests = sum(kind(rule.detector).calibrated for rule, _ in pairs) or 1
        alpha = per_week * self.pane_minutes / WEEK_MINUTES / tests
        page_alpha = per_month * self.pane_minutes / MONTH_MINUTES / tests
        # Without a budget tests are still made, at the level one ticket a week would give, and only suspect.
        tested = alpha or self.pane_minutes / WEEK_MINUTES / tests
        return [self._signal(rule, reading, tested) for rule, reading in pairs], alpha, min(page_alpha, alpha)

    def _signal(self, rule: Rule, reading: Reading, alpha: float) -> Signal:
        detector = self._detector(rule, reading, alpha)
        said = detector.update(reading)
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
            reason=said.reason,
            evidence=reading.evidence() if said.verdict == BREACH else {},
        )

    def _detector(self, rule: Rule, reading: Reading, alpha: float) -> Detector:
        budget = {"alpha": alpha, "min_n": rule.min_n, "min_effect": rule.min_effect}
        calibrated = kind(rule.detector).calibrated
        parameters = {**rule.parameters, **budget} if calibrated else rule.parameters
        if not remembers(rule.detector):
            if rule.id not in self.shared:
                self.shared[rule.id] = load(rule.detector, parameters)
            return self.shared[rule.id]
        key = (rule.id, reading.series)
        if key not in self.detectors:
            self._keep(key, load(rule.detector, parameters), [], [])
        if calibrated:
            self.detectors[key].alpha = alpha  # type: ignore[attr-defined]
        self.recent[key].append((reading.n, reading.value, reading.expected))
        if key in self.dates:
            self.dates[key].append((reading.at_ns, reading.p, None))
        return self.detectors[key]

    def _keep(
        self, key: tuple[str, Series], detector: Detector, values: list[Remembered], dates: list[Remembered]
    ) -> None:
        self.detectors[key] = detector
        self.recent[key] = deque(values, maxlen=detector.memory)
        if getattr(detector, "dated", False):
            self.dates[key] = deque(dates, maxlen=detector.memory)

    def dump(self) -> list[tuple[str, Series, list[Remembered]]]:
        """The last values of every series a detector remembers, sorted."""
        beside = {(rule + DATES, series): values for (rule, series), values in self.dates.items()}
        items = sorted({**self.recent, **beside}.items(), key=lambda item: (item[0][0], str(item[0][1])))
        return [(rule, series, list(values)) for (rule, series), values in items]

    def load(self, series: list[tuple[str, Series, list[Remembered]]]) -> None:
        """Rebuild every detector by showing it those values again; series of rules that are gone are dropped."""
        rules = {rule.id: rule for same in self.rules.values() for rule in same}
        dates = {(rule_id, name): values for rule_id, name, values in series if rule_id.endswith(DATES)}
        for rule_id, name, values in series:
            if rule_id not in rules:
                continue
            rule = rules[rule_id]
            gates = {"min_n": rule.min_n, "min_effect": rule.min_effect} if kind(rule.detector).calibrated else {}
            detector = load(rule.detector, {**rule.parameters, **gates})
            when = dates.get((rule_id + DATES, name), [(0, None, None)] * len(values))
            for (n, value, expected), (at_ns, p, _) in zip(values, when, strict=True):
                detector.update(Reading(name, at_ns, n, value, expected, p=p))
            self._keep((rule_id, name), detector, values, when)
