"""Unusual for this hour of the week: the rhythm of days and weekends is learnt and taken out before judging.

It suspects only. It knows hours, weekends and a list of holidays; no months, no trend, no summer time.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from statistics import fmean
from typing import ClassVar

from monitors.detectors import Verdict
from monitors.robust import NORMAL, usable
from monitors.week import HOUR_NS, WEEK_HOURS, Calendar
from schemas.readings import Reading
from schemas.signals import BREACH, NOT_ENOUGH, QUIET

WEEKS = 2
Hour = int | tuple[bool, int]


class Seasonal:
    """Breach when a reading stands apart from what this hour of the week has been, `lasting` times running.

    Expected is the median of the same hour of the week, where that has `enough` values, else of the same hour on all
    working or all free days; on a holiday always the latter. The residual is rare when its conformal p, the rank of
    its size among the residuals of the last `residuals` readings (each against what was expected then), is at most
    `rare`, and when it is at least `min_effect` of their robust spreads. Until two weeks of readings are remembered the
    answer is "not enough data". A lasting change is told once, until a reading is ordinary again. `effect` is the
    residual in spreads, signed. `weekend` names the free days, `holidays` are dates, `utc_offset` hours.

    `memory` must hold two weeks of values, better four: 8,064 of five minutes, some 300 kB per series in the weekly
    profile. Where values come once an hour (longer panes, or thin traffic) 672 are enough, with `residuals = 300`. One
    that holds less than two weeks never has them, and never says more than "not enough data".

    When it does not work: the p is measured, not proven (residuals of one hour resemble each other), so it pays from no
    budget. Over 12 times three weeks of five-minute panes with a daily wave of ten spreads, P(p <= 0.01) was 0.0098 on
    white noise and 0.0095 on AR(1) noise of 0.5, without a breach. A level that moves is unusual for half of the
    memory, then usual. Within an hour it expects one value, so a season with steep hours has wide residuals.

    >>> from schemas.readings import Reading, Series
    >>> series, detector = Series("card", "1", "latency.p50"), Seasonal(residuals=300, memory=672)
    >>> day = [20.0 + (8 <= hour < 16) * 10 for hour in range(24)]
    >>> values = [each + i % 7 for i, each in enumerate(day * 28)] + [20.0, 21.0, 60.0, 61.0, 60.0]
    >>> said = [detector.update(Reading(series, i * 3_600_000_000_000, 900, v)) for i, v in enumerate(values)]
    >>> [(i, each.reason) for i, each in enumerate(said) if each.verdict == "breach"]
    [(676, '60, expected 24 at this hour of the week, 12 spreads')]

    Reference: R. J. Hyndman, G. Athanasopoulos, "Forecasting: principles and practice", 3rd edition, 2021, chapter 3.
    """

    calibrated: ClassVar[bool] = False
    dated: ClassVar[bool] = True

    def __init__(
        self,
        rare: float = 0.01,
        min_effect: float = 5.0,
        lasting: int = 3,
        weekend: tuple[str, ...] = ("friday", "saturday"),
        holidays: tuple[str, ...] = (),
        utc_offset: float = 0.0,
        enough: int = 20,
        residuals: int = 2016,
        memory: int = 8064,
    ) -> None:
        if not 0 < rare < 1 or rare * (residuals + 1) < 1 or lasting < 1 or enough < 2 or memory < 2 * residuals:
            raise ValueError(
                "need rare in (0, 1), residuals >= 1 / rare, lasting >= 1, enough >= 2 and memory >= 2 * residuals,"
                f" not {rare}, {residuals}, {lasting}, {enough} and {memory}"
            )
        self.rare = rare
        self.min_effect = min_effect
        self.lasting = lasting
        self.weekend = weekend
        self.holidays = holidays
        self.utc_offset = utc_offset
        self.enough = enough
        self.residuals = residuals
        self.memory = memory
        self._calendar = Calendar(weekend, holidays, utc_offset)
        self._seen: deque[tuple[int, float]] = deque()
        self._by_hour: dict[Hour, list[float]] = {}  # sorted values
        self._residuals: deque[float] = deque(maxlen=residuals)
        self._sizes: list[float] = []  # of the residuals, sorted
        self._held: deque[float] = deque(maxlen=residuals)
        self._run = 0

    def update(self, reading: Reading) -> Verdict:
        """Take the next reading of the series."""
        value = reading.value
        if value is None or not usable(value):
            return Verdict(NOT_ENOUGH, None, None, f"no value from {reading.n} events in this pane")
        expected = self._expected(reading.at_ns)
        hours = (reading.at_ns - self._seen[0][0]) // HOUR_NS if self._seen else 0
        self._learn(reading.at_ns, value)
        if expected is None or hours < WEEKS * WEEK_HOURS:
            if expected is not None:
                self._keep(value - expected)
            return Verdict(NOT_ENOUGH, None, None, f"{hours} hours seen of {WEEKS * WEEK_HOURS} needed")
        return self._judge(value, expected)

    def _expected(self, at_ns: int) -> float | None:
        hour, kind = self._calendar.hour(at_ns)
        same = self._by_hour.get(hour, []) if hour is not None else []
        like = same if len(same) >= self.enough else self._by_hour.get(kind, [])
        return like[len(like) // 2] if len(like) >= min(self.enough, WEEKS) else None

    def _learn(self, at_ns: int, value: float) -> None:
        """After it was judged; what is older than `memory` readings is forgotten."""
        self._seen.append((at_ns, value))
        for hour in self._calendar.hour(at_ns):
            if hour is not None:
                insort(self._by_hour.setdefault(hour, []), value)
        if len(self._seen) > self.memory:
            old_ns, old = self._seen.popleft()
            for hour in self._calendar.hour(old_ns):
                if hour is not None:
                    values = self._by_hour[hour]
                    del values[bisect_left(values, old)]

    def _keep(self, residual: float) -> None:
        if len(self._residuals) == self.residuals:
            del self._sizes[bisect_left(self._sizes, abs(self._residuals[0]))]
        self._residuals.append(residual)
        insort(self._sizes, abs(residual))

    def _judge(self, value: float, expected: float) -> Verdict:
        residual, known = value - expected, len(self._sizes)
        if known * self.rare < 1:
            self._keep(residual)
            return Verdict(NOT_ENOUGH, None, None, f"{known} residuals of {1 / self.rare:.0f} needed")
        p = (1 + known - bisect_left(self._sizes, abs(residual))) / (known + 1)
        # The robust spread around 0, of sizes that are sorted already; never 0.
        spread = NORMAL * self._sizes[known // 2] or fmean(self._sizes) or max(abs(expected) / 100, 1e-6)
        effect = residual / spread
        strange = p <= self.rare and abs(effect) >= self.min_effect
        self._run = self._run + 1 if strange else 0
        # Strange ones join the others only when their run has ended: among themselves none of them would be rare.
        self._held.append(residual)
        while not strange and self._held:
            self._keep(self._held.popleft())
        reason = f"{value:.4g}, expected {expected:.4g} at this hour of the week, {effect:.2g} spreads"
        return Verdict(BREACH if self._run == self.lasting else QUIET, None, effect, reason)
