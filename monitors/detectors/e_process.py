"""Evidence added up over time: an alarm at a stated average run length, from bets against "nothing has changed".

It suspects only. What it promises holds for values that could have come in any order, which nobody can know of a log.
"""

from __future__ import annotations

from bisect import insort
from collections import deque
from statistics import median
from typing import ClassVar

from monitors.bets import WAYS, bet
from monitors.detectors import Verdict
from monitors.ranks import SIDES, chance, online_p
from monitors.robust import RobustScale, usable
from schemas.readings import Reading
from schemas.signals import BREACH, NOT_ENOUGH, QUIET

LATELY = 5


class EProcess:
    """Breach when the wealth of betting on small p-values reaches `run_length`.

    `of` says whose p: "value" is the rank of each value among those before it, "p" is the reading's own. `way` is how
    the bets are added up: "sr" (Shiryaev-Roberts) or "cusum", or "wealth", a single stake from the beginning. The
    first `first` values are only ranked against. After 2 * `memory` values it begins again with the
    last `memory` values. After a breach it starts afresh, so a lasting shift is told once. `effect` is the median of
    the last five values less that of the first, in robust spreads.

    What holds, for exchangeable values and `of` = "value": the ranks are independent and uniform, every bet is 1 on
    average, so "sr" and "cusum" run `run_length` readings or more on average until a false breach, and "wealth" ever
    breaches with a chance of at most 1 / `run_length` (Ville's inequality), per beginning. Beginning again only takes
    evidence away. Measured on white noise with `run_length` = 1,000, 200 series: a mean run of 3,300 ("sr"), more than
    11,900 ("cusum", where 66 had not breached after 20,000), and no breach of "wealth" within 2,000. So "sr" is three
    times as careful as it says.

    When it does not work: neighbours that resemble each other are evidence, wrongly, again and again: of the 1,000
    promised the mean run ("sr") keeps 620 on AR(1) noise of 0.5, 140 of 0.8, 48 of 0.95. `of` = "p" needs a p that is
    uniform given all earlier ones, which one against a finite baseline is not; measured, conformal p against the same
    1,000 values ran 9,400 or more, but nothing proves it. So it is not calibrated. A season is a change. A shift during
    the first values is taken for normal.

    >>> from schemas.readings import Reading, Series
    >>> series, detector = Series("card", "1", "latency.p50"), EProcess(first=30)
    >>> values = [20.0, 21.0, 19.0] * 60 + [40.0, 41.0, 39.0] * 5
    >>> said = [detector.update(Reading(series, i, 900, value)) for i, value in enumerate(values)]
    >>> [(i, each.reason) for i, each in enumerate(said) if each.verdict == "breach"]
    [(185, 'evidence of 1.4e+04 to 1, 13 spreads from 20; by chance once in 10000 readings or less')]

    Reference: J. Shin, A. Ramdas, A. Rinaldo, "E-detectors: a nonparametric framework for sequential change
    detection", New England Journal of Statistics in Data Science 2, 2024.
    """

    calibrated: ClassVar[bool] = False
    anchored: ClassVar[bool] = True
    dated: ClassVar[bool] = True

    def __init__(
        self,
        run_length: int = 10_000,
        way: str = "sr",
        of: str = "value",
        side: str = "both",
        first: int = 50,
        memory: int = 512,
    ) -> None:
        if way not in WAYS or of not in ("value", "p") or side not in SIDES:
            raise ValueError(
                f"way is one of {', '.join(WAYS)}, of value or p, side one of {', '.join(SIDES)};"
                f" not {way!r}, {of!r} and {side!r}"
            )
        if run_length < 2 or first < 20 or memory < first:
            raise ValueError(f"need run_length >= 2 and memory >= first >= 20, not {run_length}, {memory} and {first}")
        self.run_length = run_length
        self.way = way
        self.of = of
        self.side = side
        self.first = first
        self.memory = memory
        self._begin(())

    def _begin(self, values: tuple[float, ...]) -> None:
        """Without evidence. `values` are those to rank against."""
        self._wealth = 0.0 if self.way == "sr" else 1.0
        self._seen = list(values)
        self._ordered = sorted(values)
        self._scale = RobustScale(self.first)
        for value in values[: self.first]:
            self._scale.add(value)
        self._lately: deque[float] = deque(maxlen=LATELY)

    def update(self, reading: Reading) -> Verdict:
        """Take the next reading of the series."""
        value = reading.value
        if value is None or not usable(value) or (self.of == "p" and not usable(reading.p)):
            return Verdict(NOT_ENOUGH, None, None, f"no {self.of} from {reading.n} events in this pane")
        if len(self._seen) >= 2 * self.memory:
            self._begin(tuple(self._seen[-self.memory :]))
        rank = online_p(self._ordered, value, self.side, chance(reading))
        self._seen.append(value)
        insort(self._ordered, value)
        if self._scale.missing:
            self._scale.add(value)
            return Verdict(NOT_ENOUGH, None, None, f"{len(self._seen)} values of {self.first} to rank against")
        self._lately.append(value)
        self._wealth = bet(self._wealth, rank if self.of == "value" else float(reading.p or 0.0), self.way)
        if self._wealth < self.run_length:
            return Verdict(QUIET, None, None, f"evidence of {self._wealth:.2g} to 1; {self.run_length} needed")
        return self._breach()

    def _breach(self) -> Verdict:
        effect = (median(self._lately) - self._scale.centre) / self._scale.spread
        where = f"evidence of {self._wealth:.2g} to 1, {effect:.2g} spreads from {self._scale.centre:.4g}"
        rarely = "by chance " + (
            f"ever with probability 1 in {self.run_length}"
            if self.way == "wealth"
            else f"once in {self.run_length} readings or less"
        )
        self._begin(())
        return Verdict(BREACH, None, effect, f"{where}; {rarely}")
