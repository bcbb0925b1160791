"""What is usual for a model: by how much its healthy panes exceed what their p-values say, and p-values scaled by it.

A p-value against a baseline assumes independent events from a world that stands still. Real traffic has rhythm, batches
and retries, so healthy panes breach it. Here every pane's surprise, -ln p, is counted by rule and by hour of the day
(weekdays and weekends apart); where its quantiles exceed those of an honest p-value by a factor, later surprises are
divided by that factor. Of the panes of a confirmed alert a few are counted once it has resolved: what comes back every
night becomes usual at night, and an incident that was repaired makes nobody blind. It belongs to one baseline.

A rule's features share its counts, or a profile would be twenty times as large. So that the rhythm of one of them hides
nothing of the others, a feature that was never much stranger than chance makes it, for a day of panes at least, is
divided by no more than that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp, inf, log, log2
from typing import NamedTuple

import msgspec

from monitors.week import BANK, DAY_NS, HOUR_NS, WEEK_NS, Calendar

QUANTILES = ((0.5, log(2)), (0.9, log(10)))  # and where an honest p-value has them
ENOUGH = 24  # panes of the same hours, two days of them, before those hours have a say of their own
GUMBEL = 0.577  # the largest of n honest surprises is ln n and this on average
STEPS = 4  # bins per doubling of 1 + surprise
MOST = 50_000  # panes counted per rule; beyond it all counts are halved, so what was usual long ago fades
OWN = 288  # panes of a feature before it has a say of its own: a day of the usual ones
CALM = 2.0  # by how much the strangest pane of a calm feature may exceed the strangest of honest ones
PENDING = 3  # panes of an open alert that are counted when it resolves: the first ones
# A baseline of an hour has seen one mood of the traffic; one of less than a day knows neither night nor noon; one of
# less than a week knows no weekend.
YOUNG = ((6 * HOUR_NS, 6.0), (DAY_NS, 3.0), (WEEK_NS, 2.0))

Bucket = tuple[int, int]  # 1 on the weekend, hour of the day
EVERY: Bucket = (2, 0)  # all of them together
Counts = dict[Bucket, Counter[int]]
NEW = (0, -1)  # panes of a feature, and its strangest bin
Waiting = tuple[Bucket, int, dict[str, int]]  # when, how strange in all, and features stranger than ever


class Surprise(NamedTuple):
    """Of one rule in one pane, not divided by what is usual: the smallest p, times how many, and p by feature."""

    p: float
    found: Mapping[str, float]


class WrittenUsual(msgspec.Struct):
    """`Usual` in a profile: per rule, (weekend or every, hour, bin, count), what is pending, and of each feature.

    Of a feature: panes, the strangest bin, and of each pending pane the bin if it is stranger still.
    """

    counts: dict[str, list[tuple[int, int, int, int]]] = {}
    pending: dict[str, list[tuple[int, int, int]]] = {}
    own: dict[str, dict[str, tuple[int, int]]] = {}
    pending_own: dict[str, list[dict[str, int]]] = {}


@dataclass(slots=True)
class Usual:
    """Of one model version; hours and days off are those of `calendar`."""

    counts: dict[str, Counts] = field(default_factory=dict)
    own: dict[str, dict[str, tuple[int, int]]] = field(default_factory=dict)
    pending: dict[str, list[Waiting]] = field(default_factory=dict)
    calendar: Calendar = BANK
    _asked: dict[tuple[str, Bucket], float] = field(default_factory=dict, compare=False)  # since the last count

    def scale(self, rule: str, feature: str, at_ns: int, age_ns: int) -> float:
        """What to divide a surprise by, at least 1; `age_ns` is how much time the baseline and what followed span."""
        return max(_young(age_ns), min(self._common(rule, at_ns), self._own(rule, feature, 1)))

    def hourly(self, rule: str, feature: str, at_ns: int, age_ns: int, span: int) -> float:
        """The same for a rule over sums of up to `span` panes: infinite until `ENOUGH` that have nothing in common are
        known, then what the strangest asks.

        Where minutes resemble each other a sum's p-values are wrong by powers, and further out more so than among
        the ordinary ones; a sum that was healthy and strange is the best measure of how far.
        """
        counter = self.counts.get(rule, {}).get(EVERY, Counter())
        apart = counter.total() / span
        if apart < ENOUGH:
            return inf
        common = max(self._common(rule, at_ns), _tail(max(counter), apart))
        return max(_young(age_ns), min(common, self._own(rule, feature, span)))

    def add(self, rule: str, at_ns: int, seen: Surprise, confirmed: bool, late: int = 0) -> None:
        """Count a pane; `confirmed` while an alert of this rule is open at ticket level (hourly: any) or above.

        The newest `late` wait, or the first panes of a change would be the measure of the next ones.
        """
        waiting = self.pending.setdefault(rule, [])
        own = self.own.setdefault(rule, {})
        if not confirmed or len(waiting) < PENDING + late:
            steps = {feature: _step(p) for feature, p in seen.found.items()}
            stranger = {feature: step for feature, step in steps.items() if step > own.get(feature, NEW)[1]}
            waiting.append((self._bucket(at_ns), _step(seen.p), stranger))
        if confirmed:
            return
        for feature in seen.found:
            panes, step = own.get(feature, NEW)
            own[feature] = panes + 1, step
        due = max(0, len(waiting) - late)
        self.pending[rule] = waiting[due:]
        if not self.pending[rule]:
            del self.pending[rule]
        for where, what, stranger in waiting[:due]:
            self._count(rule, where, what, stranger)

    def _count(self, rule: str, where: Bucket, what: int, stranger: Mapping[str, int]) -> None:
        self._asked.clear()
        known, own = self.counts.setdefault(rule, {}), self.own[rule]
        known.setdefault(where, Counter())[what] += 1
        known.setdefault(EVERY, Counter())[what] += 1
        for feature, step in stranger.items():
            panes, strangest = own.get(feature, NEW)
            own[feature] = panes, max(step, strangest)
        if known[EVERY].total() > MOST:
            own.clear()
            for counter in known.values():
                for key, n in list(counter.items()):
                    counter[key] = n // 2
                    if not counter[key]:
                        del counter[key]

    def _common(self, rule: str, at_ns: int) -> float:
        """What the rule's features ask together, at any hour and at this one; each feature asks for it."""
        asked = rule, self._bucket(at_ns)
        if asked not in self._asked:
            known = self.counts.get(rule, {})
            self._asked[asked] = max(_excess(known.get(bucket, Counter())) for bucket in (EVERY, asked[1]))
        return self._asked[asked]

    def _own(self, rule: str, feature: str, span: int) -> float:
        """The most that is asked of a feature: little of a calm one, and no limit of others, or as long as few panes
        are known."""
        panes, strangest = self.own.get(rule, {}).get(feature, NEW)
        return CALM if panes >= max(OWN, ENOUGH * span) and _tail(strangest, panes / span) <= CALM else inf

    def _bucket(self, at_ns: int) -> Bucket:
        """Of the pane that ends at `at_ns`."""
        free, hour = self.calendar.hour(at_ns - 1)[1]
        return int(free), hour

    def dump(self) -> WrittenUsual:
        """Plain data, sorted."""
        return WrittenUsual(
            {
                rule: sorted((*bucket, step, n) for bucket, counter in known.items() for step, n in counter.items())
                for rule, known in sorted(self.counts.items())
            },
            {rule: [(*bucket, step) for bucket, step, _ in waiting] for rule, waiting in sorted(self.pending.items())},
            {rule: dict(sorted(own.items())) for rule, own in sorted(self.own.items()) if own},
            {rule: [dict(sorted(own.items())) for *_, own in each] for rule, each in sorted(self.pending.items())},
        )

    def load(self, written: WrittenUsual) -> None:
        """Continue from what was written."""
        self._asked.clear()
        self.counts = {}
        for rule, rows in written.counts.items():
            known = self.counts.setdefault(rule, {})
            for off, hour, step, n in rows:
                known.setdefault((off, hour), Counter())[step] = n
        self.own = {rule: dict(own) for rule, own in written.own.items()}
        self.pending = {}
        for rule, rest in written.pending.items():
            each = written.pending_own.get(rule, [{}] * len(rest))
            waiting = [((off, hour), step, dict(own)) for (off, hour, step), own in zip(rest, each, strict=True)]
            self.pending[rule] = waiting


def _young(age_ns: int) -> float:
    return next((scale for span, scale in YOUNG if age_ns < span), 1.0)


def _step(p: float) -> int:
    return round(STEPS * log2(1.0 - log(max(p, 1e-300))))


def _tail(step: int, panes: float) -> float:
    """By what factor the strangest of so many healthy panes exceeds the strangest of honest ones; at least 1."""
    return max(1.0, float(2.0 ** (step / STEPS) - 1.0) / (log(panes) + GUMBEL))


def scaled(p: float, scale: float) -> float:
    """A p-value whose surprise was divided."""
    return p if scale <= 1.0 or p <= 0 else exp(log(p) / scale)


def _excess(counter: Counter[int]) -> float:
    """The largest factor by which a quantile of the counted surprises exceeds an honest one; 1 with too few panes."""
    total = counter.total()
    if total < ENOUGH:
        return 1.0
    ranked, excess, below = sorted(counter.items()), 1.0, 0
    wanted = list(QUANTILES)
    for step, n in ranked:
        below += n
        while wanted and below >= wanted[0][0] * total:
            excess = max(excess, (2.0 ** (step / STEPS) - 1.0) / wanted.pop(0)[1])
    return excess
