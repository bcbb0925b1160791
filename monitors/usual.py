"""What is usual for a model: by how much its healthy panes exceed what their p-values say, and p-values scaled by it.

A p-value against a baseline assumes independent events from a world that stands still. Real traffic has rhythm, batches
and retries, so healthy panes breach it. Here every pane's surprise, -ln p, is counted by rule and by hour of the day
(weekdays and weekends apart); where its quantiles exceed those of an honest p-value by a factor, later surprises are
divided by that factor. Of the panes of a confirmed alert a few are counted once it has resolved: what comes back every
night becomes usual at night, and an incident that was repaired makes nobody blind. It belongs to one baseline.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import exp, inf, log, log2

import msgspec

from monitors.week import BANK, DAY_NS, HOUR_NS, WEEK_NS, Calendar

QUANTILES = ((0.5, log(2)), (0.9, log(10)))  # and where an honest p-value has them
ENOUGH = 24  # panes of the same hours, two days of them, before those hours have a say of their own
GUMBEL = 0.577  # the largest of n honest surprises is ln n and this on average
STEPS = 4  # bins per doubling of 1 + surprise
MOST = 50_000  # panes counted per rule; beyond it all counts are halved, so what was usual long ago fades
PENDING = 3  # panes of an open alert that are counted when it resolves: the first ones
# A baseline of an hour has seen one mood of the traffic; one of less than a day knows neither night nor noon; one of
# less than a week knows no weekend.
YOUNG = ((6 * HOUR_NS, 6.0), (DAY_NS, 3.0), (WEEK_NS, 2.0))

Bucket = tuple[int, int]  # 1 on the weekend, hour of the day
EVERY: Bucket = (2, 0)  # all of them together
Counts = dict[Bucket, Counter[int]]


class WrittenUsual(msgspec.Struct):
    """`Usual` in a profile: per rule, (weekend or every, hour, bin, count), and what is pending."""

    counts: dict[str, list[tuple[int, int, int, int]]] = {}
    pending: dict[str, list[tuple[int, int, int]]] = {}


@dataclass(slots=True)
class Usual:
    """Of one model version; hours and days off are those of `calendar`."""

    counts: dict[str, Counts] = field(default_factory=dict)
    pending: dict[str, list[tuple[Bucket, int]]] = field(default_factory=dict)
    calendar: Calendar = BANK

    def scale(self, rule: str, at_ns: int, age_ns: int) -> float:
        """What to divide a surprise by, at least 1; `age_ns` is how much time the baseline and what followed span."""
        young = next((scale for span, scale in YOUNG if age_ns < span), 1.0)
        known = self.counts.get(rule, {})
        return max(young, *(_excess(known.get(bucket, Counter())) for bucket in (EVERY, self._bucket(at_ns))))

    def hourly(self, rule: str, at_ns: int, age_ns: int, span: int) -> float:
        """The same for a rule over sums of up to `span` panes: infinite until `ENOUGH` that have nothing in common are
        known, then what the strangest asks.

        Where minutes resemble each other a sum's p-values are wrong by powers, and further out more so than among
        the ordinary ones; a sum that was healthy and strange is the best measure of how far.
        """
        counter = self.counts.get(rule, {}).get(EVERY, Counter())
        apart = counter.total() / span
        if apart < ENOUGH:
            return inf
        largest = float(2.0 ** (max(counter) / STEPS) - 1.0) / (log(apart) + GUMBEL)
        return max(self.scale(rule, at_ns, age_ns), largest)

    def add(self, rule: str, at_ns: int, p: float, confirmed: bool, late: int = 0) -> None:
        """Count a pane; `confirmed` while an alert of this rule is open at ticket level (hourly: any) or above.

        The newest `late` wait, or the first panes of a change would be the measure of the next ones.
        """
        bucket = self._bucket(at_ns)
        step = round(STEPS * log2(1.0 - log(max(p, 1e-300))))
        waiting = self.pending.setdefault(rule, [])
        if not confirmed or len(waiting) < PENDING + late:
            waiting.append((bucket, step))
        if confirmed:
            return
        due = max(0, len(waiting) - late)
        self.pending[rule] = waiting[due:]
        if not self.pending[rule]:
            del self.pending[rule]
        if not due:
            return
        known = self.counts.setdefault(rule, {})
        for where, what in waiting[:due]:
            known.setdefault(where, Counter())[what] += 1
            known.setdefault(EVERY, Counter())[what] += 1
        if known[EVERY].total() > MOST:
            for counter in known.values():
                for key, n in list(counter.items()):
                    counter[key] = n // 2
                    if not counter[key]:
                        del counter[key]

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
            {rule: [(*bucket, step) for bucket, step in waiting] for rule, waiting in sorted(self.pending.items())},
        )

    def load(self, written: WrittenUsual) -> None:
        """Continue from what was written."""
        self.counts = {}
        for rule, rows in written.counts.items():
            known = self.counts.setdefault(rule, {})
            for off, hour, step, n in rows:
                known.setdefault((off, hour), Counter())[step] = n
        self.pending = {
            rule: [((off, hour), step) for off, hour, step in waiting] for rule, waiting in written.pending.items()
        }


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
