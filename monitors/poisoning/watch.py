"""The labels of one model version, pane by pane, past triggers, ranges and sources.

 1. what each label's chance is, by the score, from what others said;
 2. triggers see those that no suspected range explains, unless the trigger itself is suspected;
 3. ranges see those that no suspected trigger and no suspected source explains;
 4. sources see those that no suspected trigger and no suspected range explains;
 5. what nothing explains teaches what is normal.
A pane's labels are judged by what was known before it, so their order inside it matters in one thing only: of labels of
the same case the first counts. They come in order of their hash.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from monitors.poisoning import sources, subgroups, triggers
from monitors.poisoning.bank import Bounded, WrittenBank
from monitors.poisoning.calibration import WARM, Calibration, expected
from monitors.poisoning.found import Found
from monitors.poisoning.matrix import Ranges, values_of
from monitors.poisoning.sources import Sources
from monitors.poisoning.subgroups import Subgroups
from monitors.poisoning.triggers import Triggers, WrittenTriggers
from monitors.view import coded
from monitors.week import DAY_NS
from schemas.events import Floats
from schemas.labelled import LabelRow

LINGERS = 150  # panes with labels; an alert needs 100 quiet ones to end, or it would come and go
FADE = 0.9  # of the past, a day
KINDS = (triggers.METRIC, subgroups.METRIC, sources.METRIC)  # tested with an equal share of the budget each


class WrittenWatch(msgspec.Struct):
    """A `LabelWatch` in a profile."""

    day: int = 0
    calibration: dict[str, list[list[float]]] = {}
    sources: WrittenBank = msgspec.field(default_factory=WrittenBank)
    subgroups: WrittenBank = msgspec.field(default_factory=WrittenBank)
    first: list[LabelRow] = []
    ranges: Ranges | None = None
    told: dict[str, int] = {}
    triggers: WrittenTriggers = msgspec.field(default_factory=WrittenTriggers)
    cases: list[int] = []


class LabelWatch:
    """`add` the labels of a pane, then ask what was `found`."""

    def __init__(self) -> None:
        self.calibration = Calibration()
        self.sources, self.subgroups, self.triggers = Sources(), Subgroups(), Triggers()
        self.day = 0
        self.found: list[Found] = []
        self.told: dict[str, int] = {}  # what was suspected, and in how many more panes it is still spoken of

    def add(self, rows: Sequence[LabelRow], at_ns: int) -> None:
        """Labels that arrived in one pane, ended at `at_ns`."""
        self._turn_day(at_ns)
        rows = [row for row in rows if not row.cut]
        self.found = []
        if not rows:
            return
        source = [row.source for row in rows]
        true = np.array([row.true for row in rows], dtype=np.float64)
        score = np.array([row.score for row in rows])
        suspects = self.sources.suspects()
        self.subgroups.begin(rows, at_ns)
        if self.calibration.total(suspects)[0].sum() < WARM:
            self.triggers.count(map(values_of, rows))
            self._learn(source, score, true, np.ones(len(rows), dtype=bool))
            return
        pane = self._bounded(source, score, true, suspects)
        lying = np.array([name in suspects for name in source], dtype=bool)
        cases = self.triggers.look(rows)
        planted = np.array(self.triggers.suspected(cases), dtype=bool)
        targeted = np.zeros(len(rows), dtype=bool)
        inside = None if self.subgroups.ranges is None else self.subgroups.ranges.inside(rows)
        if inside is not None:
            targeted = self.subgroups.suspected(inside)
        seen = np.flatnonzero(planted | ~targeted).tolist()
        self.triggers.add([cases[i] for i in seen], pane.only(np.array(seen, int)), at_ns)
        if inside is not None:
            clear = ~planted & ~lying
            mine = [cases[i].hash for i in np.flatnonzero(clear)]
            self.subgroups.add(mine, inside[clear], pane.only(clear), at_ns)
        clear = ~planted & ~targeted
        self.sources.add([name for name, ok in zip(source, clear, strict=True) if ok], pane.only(clear), at_ns)
        self._learn(source, score, true, clear)
        shares = self.calibration.shares()
        told = self.told
        self.found = [*self.triggers.found(shares), *self.subgroups.found(told), *self.sources.found(told)]
        fresh = {found.name: LINGERS for found in self.found if found.capital >= 1}
        self.told = {name: left - 1 for name, left in told.items() if left > 1} | fresh

    def _learn(self, source: Sequence[str], score: Floats, true: Floats, clear: NDArray[np.bool_]) -> None:
        for name, mine in _by_source(source):
            self.calibration.add(name, score[mine & clear], true[mine & clear])

    def _bounded(self, source: Sequence[str], score: Floats, true: Floats, suspects: set[str]) -> Bounded:
        low, high = np.empty(len(score)), np.empty(len(score))
        total = self.calibration.total(suspects)
        for name, mine in _by_source(source):
            low[mine], high[mine] = expected(self.calibration.others(total, suspects, name), score[mine])
        return Bounded(true, low, high, (low + high) / 2)

    def _turn_day(self, at_ns: int) -> None:
        day = at_ns // DAY_NS
        if self.day and day > self.day:
            by = FADE ** min(day - self.day, 365)
            self.calibration.fade(by)
            self.sources.bank.fade(by)
            self.subgroups.bank.fade(by)
        self.day = day

    def dump(self) -> WrittenWatch:
        """Plain data for a profile."""
        table = {name: rows.tolist() for name, rows in sorted(self.calibration.table.items())}
        subgroups = self.subgroups
        return WrittenWatch(
            self.day,
            table,
            self.sources.bank.dump(),
            subgroups.bank.dump(),
            subgroups.first,
            subgroups.ranges,
            dict(sorted(self.told.items())),
            self.triggers.dump(),
            list(subgroups.cases),
        )

    @staticmethod
    def load(written: WrittenWatch) -> LabelWatch:
        """Continue from a profile."""
        watch = LabelWatch()
        watch.day, watch.told = written.day, dict(written.told)
        watch.calibration.table = {name: np.array(rows) for name, rows in written.calibration.items()}
        watch.sources.bank.load(written.sources)
        watch.subgroups.bank.load(written.subgroups)
        watch.subgroups.cases = dict.fromkeys(written.cases)
        watch.subgroups.first, watch.subgroups.ranges = written.first, written.ranges
        watch.triggers = Triggers(written.triggers)
        return watch


def _by_source(source: Sequence[str]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Each source, by name, and which labels are its."""
    names, codes = coded(source)
    for place in sorted(range(len(names)), key=names.__getitem__):
        yield names[place], codes == place
