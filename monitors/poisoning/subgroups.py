"""Ranges of a feature in which labels changed while the score did not, whoever gave them: a targeted poisoning.

Each range is compared with the labels of all ranges at the same score, and with its own past: a model that was always
wrong about the old is not under attack, however wrong it is. So nothing is bet on a range before its past is known,
which takes three days of labels. A case that is labelled again counts once among the last `CASES`. A change of the
world that befalls one range only, overnight and almost completely, looks the same; a person must tell. Where 95 in 100
say the same anyhow nothing is made of it.

Blind spots: the first days (a range could be ranked among all others there, but the strangest of 160 has a p of 1/161
while nothing happens, which no budget pays); a share of wrong labels that grows slowly; ranges of two features
together; ranges much narrower than a tenth; less than half of the labels; labels set to no where hardly any was yes.

Reference: M. Jagielski, G. Severi, N. Pousette Harger, A. Oprea, "Subpopulation data poisoning attacks", CCS 2021.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from monitors.poisoning.bank import Bank, Bounded, Honest
from monitors.poisoning.found import SUSPECT, Found
from monitors.poisoning.matrix import FIRST, Ranges, learn
from schemas.labelled import LabelRow

METRIC = "poisoning.subgroup"
# A score says in no range exactly what it says in all: where all are yes and 98 in 100 were expected, nobody lied.
SLACK = 0.05
CASES = 4096  # remembered, the latest
HONEST = Honest(least=(0.0, 0.0, -0.1), first=(0.08, 0.08, 0.2), most=(0.5, 1.0, 1.0), own=True)


class Subgroups:
    """A bank with one series per range, once the ranges are learnt."""

    def __init__(self) -> None:
        self.first: list[LabelRow] = []
        self.ranges: Ranges | None = None
        self.bank = Bank(HONEST, 10_000)
        self.cases: dict[int, None] = {}  # in the order they were first seen

    def begin(self, rows: Sequence[LabelRow], at_ns: int) -> None:
        """Gather the first rows; learn the ranges from them."""
        if self.ranges is not None:
            return
        self.first += [row for row in rows if row.num or row.cat][: FIRST - len(self.first)]
        if len(self.first) >= FIRST:
            self.ranges, self.first = learn(self.first), []
            self.bank.know([f"{cell.feature} {cell}" for cell in self.ranges.cells], at_ns)

    def suspected(self, inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which rows lie in a suspected range."""
        return np.asarray(inside[:, self.bank.capital >= SUSPECT].any(axis=1), dtype=np.bool_)

    def add(self, cases: Sequence[int], inside: NDArray[np.bool_], pane: Bounded, at_ns: int) -> None:
        """Labels of one pane, with hashes of their cases; what a suspected range explains is no evidence elsewhere."""
        suspects = self.bank.capital >= SUSPECT
        inside = inside & self._new(cases)[:, None] & (~self.suspected(inside)[:, None] | suspects[None, :])
        row, cell = np.nonzero(inside)
        if len(row):
            self.bank.add(cell, pane.within(SLACK).only(row), at_ns)

    def _new(self, cases: Sequence[int]) -> NDArray[np.bool_]:
        """Which were not seen lately, nor before in this pane."""
        new = np.zeros(len(cases), dtype=bool)
        for i, case in enumerate(cases):
            if case not in self.cases:
                new[i], self.cases[case] = True, None
        for case in list(self.cases)[:-CASES]:
            del self.cases[case]
        return new

    def found(self, told: Collection[str] = ()) -> Iterator[Found]:
        """Of each feature the most suspicious range."""
        if self.ranges is None:
            return
        best: dict[str, int] = {}
        capital = self.bank.capital
        for i, cell in enumerate(self.ranges.cells):
            if cell.feature not in best or capital[i] > capital[best[cell.feature]]:
                best[cell.feature] = i
        for feature, i in best.items():
            if capital[i] < 1 and feature not in told:
                continue
            cell = self.ranges.cells[i]
            where = {"range": str(cell), "from": cell.low, "below": cell.high, "category": cell.category}
            yield self.bank.found(METRIC, i, feature, where)
