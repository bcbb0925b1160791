"""Many series of labels (by source, or by a feature's range) watched alike: capital of the bets, and own past.

What a series may honestly show is learnt from itself, as long as it is not suspected: a source that was always a little
careless is compared with its own carelessness. Nobody may be careless beyond `most`, however long it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from monitors.poisoning.found import Found
from monitors.poisoning.stakes import BETS, WAYS, WORDS, odds, play
from monitors.week import DAY_NS, WEEK_NS
from schemas.events import Floats, Ints

RAISED = 5.0  # capital, times the series it is shared among, from which what comes is no longer the series' honest past


@dataclass(frozen=True, slots=True)
class Bounded:
    """Labels of a pane: what came, the chance of it as low and as high as it may well be, and as it is expected."""

    true: Floats
    low: Floats
    high: Floats
    middle: Floats

    def within(self, slack: float) -> Bounded:
        """The chance is known well, but for the ends: what leaves less than that to yes, or to no, may leave none.

        One wrong answer in fifty is honest where one in a hundred was expected, and so is none.
        """
        no, yes = self.middle < slack, self.middle > 1 - slack
        low = np.select([no, yes], [0.001, 1 - slack], self.middle)
        high = np.select([no, yes], [slack, 0.999], self.middle)
        return Bounded(self.true, low, high, self.middle)

    def only(self, keep: NDArray[np.bool_] | Ints) -> Bounded:
        """Some of them."""
        return Bounded(self.true[keep], self.low[keep], self.high[keep], self.middle[keep])


@dataclass(frozen=True, slots=True)
class Honest:
    """Wrong shares by way (flip, up, down) that honest labels may show: at least, before anything is known, at most.

    `own`: nothing is bet on a series before its own past is known.
    """

    least: tuple[float, float, float]
    first: tuple[float, float, float]
    most: tuple[float, float, float]
    doubt: float = 1.0  # standard errors of the past that are allowed for
    own: bool = False


class WrittenBank(msgspec.Struct):
    """A `Bank` in a profile."""

    names: list[str] = []
    last_ns: list[int] = []
    n: list[int] = []
    stakes: list[list[float]] = []
    past: list[list[list[list[float]]]] = []
    run: list[list[list[float]]] = []
    waiting: list[int] = []
    since_ns: list[int] = []
    first_ns: list[int] = []


TRUST = np.array([30.0, 30.0, 3.0])  # weight of what is thought first
CALM = 0.02  # capital below which nothing is going on; what is told of a suspicion is counted from there
STAGES, RIPE = 3, 50  # labels wait until two later lots have come, of so many labels and a quarter of the time known
LONGEST_NS = 4 * DAY_NS  # but at least a day and at most this
SPREAD = 0.1  # variance of a label about its chance


class Bank:
    """At most `most` series; those not heard longest go first."""

    def __init__(self, honest: Honest, most: int) -> None:
        self.honest, self.most = honest, most
        self.place: dict[str, int] = {}
        self.last_ns = np.zeros(0, dtype=np.int64)
        self.n = np.zeros(0, dtype=np.int64)
        self.stakes = np.zeros((0, BETS))
        self.past = np.zeros((0, STAGES, 2, 3))  # learnt, then what waits: sums of excess and of weight by way
        self.run = np.zeros((0, 3, 3))  # since the capital was last small: those sums; labels, yes, yes expected
        self.waiting = np.zeros(0, dtype=np.int64)  # labels in the newest stage, since `since_ns`
        self.since_ns = np.zeros(0, dtype=np.int64)
        self.first_ns = np.zeros(0, dtype=np.int64)

    @property
    def names(self) -> list[str]:
        return list(self.place)

    @property
    def capital(self) -> Floats:
        total: Floats = self.stakes.sum(axis=1)
        return total

    def know(self, names: list[str], at_ns: int) -> None:
        """Make room for these series; those seen for the first time begin now."""
        new = [name for name in names if name not in self.place]
        if not new:
            return
        over = len(self.place) + len(new) - self.most
        if over > 0:
            ranked = sorted(self.place, key=lambda name: (self.last_ns[self.place[name]], name))
            gone = set(ranked[:over]) - set(names)
            self._keep([i for name, i in self.place.items() if name not in gone])
            new = new[: max(0, self.most - len(self.place))]
        for name in new:
            self.place[name] = len(self.place)
        k = len(new)
        self.last_ns = np.append(self.last_ns, np.full(k, at_ns))
        self.n = np.append(self.n, np.zeros(k, dtype=np.int64))
        self.stakes = np.vstack([self.stakes, np.zeros((k, BETS))])
        self.past = np.concatenate([self.past, np.zeros((k, STAGES, 2, 3))])
        self.run = np.concatenate([self.run, np.zeros((k, 3, 3))])
        self.waiting = np.append(self.waiting, np.zeros(k, dtype=np.int64))
        self.since_ns = np.append(self.since_ns, np.full(k, at_ns))
        self.first_ns = np.append(self.first_ns, np.full(k, at_ns))

    def _keep(self, places: list[int]) -> None:
        names = self.names
        self.place = {names[i]: new for new, i in enumerate(places)}
        self.last_ns, self.n = self.last_ns[places], self.n[places]
        self.stakes, self.past, self.run = self.stakes[places], self.past[places], self.run[places]
        self.waiting, self.since_ns = self.waiting[places], self.since_ns[places]
        self.first_ns = self.first_ns[places]

    def shares(self) -> Floats:
        """What each series may honestly show, shape (series, 3)."""
        honest, weight = self.honest, self.past[:, 0, 1] + TRUST
        share = (self.past[:, 0, 0] + TRUST * np.array(honest.first)) / weight + honest.doubt * np.sqrt(SPREAD / weight)
        clipped: Floats = np.clip(share, honest.least, honest.most)
        return clipped

    def add(self, group: Ints, pane: Bounded, at_ns: int) -> None:
        """Labels of one pane, each with its series' place."""
        heard = np.unique(group)
        log_odds = np.zeros((len(self.place), BETS))
        np.add.at(log_odds, group, odds(pane.low, pane.high, pane.true, self.shares()[group]))
        waited = np.clip(at_ns - self.last_ns[heard], 0, DAY_NS) / WEEK_NS
        ready = self.past[heard, 0, 1].any(axis=1) if self.honest.own else np.ones(len(heard), dtype=bool)
        some = heard[ready]
        self.stakes[some] = play(self.stakes[some], waited[ready] / len(self.place), log_odds[some])
        self.last_ns[heard] = at_ns
        np.add.at(self.n, group, 1)
        fresh = self.capital < CALM
        self.run[fresh] = 0.0
        self._remember(group, pane.middle, pane.true, at_ns)

    def _remember(self, group: Ints, middle: Floats, true: Floats, at_ns: int) -> None:
        """Labels wait in two stages before they count as past; those of a time of suspicion never do."""
        # Of those expected to be no, or yes, the part that was not: a ratio, however rare they are.
        turned = 1 - 2 * middle
        excess = np.stack([turned * (true - middle), true - middle, middle - true], axis=1)
        sums = np.stack([excess, np.stack([turned**2, 1 - middle, middle], axis=1)], axis=1)
        np.add.at(self.past[:, -1], group, sums)
        np.add.at(self.run[:, :2], group, sums)
        np.add.at(self.run[:, 2, 0], group, 1.0)
        np.add.at(self.run[:, 2, 1], group, true)
        np.add.at(self.run[:, 2, 2], group, middle)
        np.add.at(self.waiting, group, 1)
        suspected = self.capital * len(self.place) >= RAISED
        self.past[suspected, 1:] = 0.0
        lot_ns = np.clip((at_ns - self.first_ns) // 4, DAY_NS, LONGEST_NS)
        ripe = (self.waiting >= RIPE) & (at_ns - self.since_ns >= lot_ns)
        self.past[ripe, 0] += self.past[ripe, 1]
        self.past[ripe, 1:-1] = self.past[ripe, 2:]
        self.past[ripe, -1] = 0.0
        self.waiting[ripe], self.since_ns[ripe] = 0, at_ns

    def found(self, metric: str, i: int, name: str, evidence: dict[str, Any]) -> Found:
        """What is known of one series since its capital was last small."""
        way = int(WAYS[int(self.stakes[i].argmax())])
        toward, weight, (n, yes, expected) = self.run[i, 0, way], self.run[i, 1, way], self.run[i, 2].tolist()
        effect = float(np.clip(toward / weight, 0.0, 1.0)) if weight > 0 else 0.0
        value, usual = (yes / n, expected / n) if n else (0.0, 0.0)
        told = {**evidence, "way": WORDS[way], "labels": int(n), "yes": int(yes), "yes_expected": expected}
        return Found(metric, name, int(n), float(self.stakes[i].sum()), effect, value, usual, told)

    def fade(self, by: float) -> None:
        """The past weighs that much less."""
        self.past = self.past * by

    def dump(self) -> WrittenBank:
        """Plain data for a profile."""
        return WrittenBank(
            self.names,
            self.last_ns.tolist(),
            self.n.tolist(),
            self.stakes.tolist(),
            self.past.tolist(),
            self.run.tolist(),
            self.waiting.tolist(),
            self.since_ns.tolist(),
            self.first_ns.tolist(),
        )

    def load(self, written: WrittenBank) -> None:
        """Continue from a profile."""
        k = len(written.names)
        self.place = {name: i for i, name in enumerate(written.names)}
        self.last_ns, self.n = np.array(written.last_ns, dtype=np.int64), np.array(written.n, dtype=np.int64)
        self.stakes = np.array(written.stakes, dtype=np.float64).reshape(k, BETS)
        self.past = np.array(written.past, dtype=np.float64).reshape(k, STAGES, 2, 3)
        self.run = np.array(written.run, dtype=np.float64).reshape(k, 3, 3)
        self.waiting, self.since_ns = np.array(written.waiting, np.int64), np.array(written.since_ns, np.int64)
        self.first_ns = np.array(written.first_ns, np.int64)
