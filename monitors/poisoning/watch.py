"""The labels of one model version, pane by pane, past triggers, ranges and sources.

 1. what each label's chance is, by the score, from what others said;
 2. triggers see every label;
 3. ranges see those that no suspected trigger and no suspected source explains;
 4. sources see those that no suspected trigger and no suspected range explains;
 5. what nothing explains teaches what is normal.
A pane's labels are judged by what was known before it, so their order inside it does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from monitors.poisoning import sources, subgroups, triggers
from monitors.poisoning.bank import Bounded, WrittenBank
from monitors.poisoning.calibration import Calibration, expected
from monitors.poisoning.found import Found
from monitors.poisoning.matrix import Ranges
from monitors.poisoning.sources import Sources
from monitors.poisoning.subgroups import Subgroups
from monitors.poisoning.triggers import Triggers, WrittenTriggers
from schemas.events import Floats
from schemas.labelled import LabelRow

DAY_NS = 86_400_000_000_000
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
    triggers: WrittenTriggers = msgspec.field(default_factory=WrittenTriggers)


class LabelWatch:
    """`add` the labels of a pane, then ask what was `found`."""

    def __init__(self) -> None:
        self.calibration = Calibration()
        self.sources, self.subgroups, self.triggers = Sources(), Subgroups(), Triggers()
        self.day = 0
        self.found: list[Found] = []

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
        pane = self._bounded(source, score, true, suspects)
        lying = np.array([name in suspects for name in source], dtype=bool)
        keys = self.triggers.keys_of(rows)
        planted = np.array(self.triggers.suspected(keys), dtype=bool)
        self.triggers.add(rows, keys, pane, at_ns)
        self.subgroups.begin(rows, at_ns)
        targeted = np.zeros(len(rows), dtype=bool)
        if self.subgroups.ranges is not None:
            inside = self.subgroups.ranges.inside(rows)
            targeted = self.subgroups.suspected(inside)
            clear = ~planted & ~lying
            self.subgroups.add(inside[clear], pane.only(clear), at_ns)
        clear = ~planted & ~targeted
        self.sources.add([name for name, ok in zip(source, clear, strict=True) if ok], pane.only(clear), at_ns)
        for name in sorted(set(source)):
            mine = clear & np.array([name == other for other in source])
            self.calibration.add(name, score[mine], true[mine])
        self.found = [*self.triggers.found(), *self.subgroups.found(), *self.sources.found()]

    def _bounded(self, source: Sequence[str], score: Floats, true: Floats, suspects: set[str]) -> Bounded:
        low, high = np.empty(len(score)), np.empty(len(score))
        total = self.calibration.total(suspects)
        for name in sorted(set(source)):
            mine = np.array([name == other for other in source])
            low[mine], high[mine] = expected(self.calibration.others(total, suspects, name), score[mine])
        return Bounded(true, low, high)

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
            self.triggers.dump(),
        )

    @staticmethod
    def load(written: WrittenWatch) -> LabelWatch:
        """Continue from a profile."""
        watch = LabelWatch()
        watch.day = written.day
        watch.calibration.table = {name: np.array(rows) for name, rows in written.calibration.items()}
        watch.sources.bank.load(written.sources)
        watch.subgroups.bank.load(written.subgroups)
        watch.subgroups.first, watch.subgroups.ranges = written.first, written.ranges
        watch.triggers = Triggers(written.triggers)
        return watch
