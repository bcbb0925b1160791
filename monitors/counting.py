"""Counts of many groups of rows at once, by name: what summaries are made of.

A family that does not look at the baseline counts the rows of all models of a batch together, so a batch of a thousand
models costs little more than a batch of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from monitors.readings import Family, sparse
from monitors.view import Names, View, principals_of
from schemas.events import Ints


@dataclass(slots=True)
class Counts:
    """Of each group, in order: a row of every vector, and its principals and predictions if they were counted.

    `rare` says which groups have a count at all; others do without that vector.
    """

    vectors: dict[str, Ints] = field(default_factory=dict)
    rare: dict[str, NDArray[np.bool_]] = field(default_factory=dict)
    principals: list[dict[str, list[int]]] = field(default_factory=list)
    predictions: list[dict[str, int]] = field(default_factory=list)

    def of(self, group: int) -> dict[str, Ints]:
        """The vectors of one group."""
        rare = self.rare
        return {n: counts[group] for n, counts in self.vectors.items() if n not in rare or rare[n][group]}

    def part(self, first: int, end: int) -> Counts:
        """Some groups, `end` left out."""
        return Counts(
            {name: counts[first:end] for name, counts in self.vectors.items()},
            {name: some[first:end] for name, some in self.rare.items()},
            self.principals[first:end],
            self.predictions[first:end],
        )

    def add(self, view: View, families: Iterable[Family]) -> None:
        """Count these families' vectors, too, of the same groups."""
        for family in families:
            counted = family.summarise(view)
            self.vectors.update(counted)
            if sparse(family):
                self.rare.update((name, np.asarray(counts.any(axis=1))) for name, counts in counted.items())


def count(view: View, families: Iterable[Family], names: Names, *, asking: bool = True) -> Counts:
    """All that these families count of a view, what was answered, and who asked, unless that is not wanted."""
    counts = Counts()
    counts.add(view, families)
    nobody = [""], np.zeros(len(view.batch), dtype=np.int64)
    counts.principals, counts.predictions = principals_of(view, names.principal if asking else nobody, names.prediction)
    return counts


def together(views: Sequence[View]) -> View:
    """All rows of some views of one batch as one view without a baseline; their groups follow each other."""
    starts = np.cumsum([0, *(view.groups for view in views)])
    rows = np.concatenate([view.rows for view in views])
    return View(
        batch=views[0].batch,
        rows=rows,
        prepared=None,
        num=np.empty((len(rows), 0)),
        cat=np.empty((len(rows), 0), dtype=np.int64),
        anomaly=np.concatenate([view.anomaly for view in views]),
        flags=np.concatenate([view.flags for view in views]),
        group=np.concatenate([view.group + start for view, start in zip(views, starts[:-1].tolist(), strict=True)]),
        places=views[0].places,
        groups=int(starts[-1]),
    )
