"""Counts of many groups of rows at once, by name: what summaries are made of.

A family that does not look at the baseline counts the rows of all models of a batch together, so a batch of a thousand
models costs little more than a batch of one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from monitors.readings import Family, sparse
from monitors.view import Names, View, principals_of
from schemas.events import Ints
from schemas.vectors import Vectors, shape_of


@dataclass(slots=True)
class Counts:
    """Of each group, in order: a row of every vector, and its principals and predictions if they were counted.

    `rare` says which groups have a count at all; others do without that vector.
    """

    vectors: dict[str, Ints] = field(default_factory=dict)
    rare: dict[str, NDArray[np.bool_]] = field(default_factory=dict)
    principals: list[dict[str, list[int]]] = field(default_factory=list)
    predictions: list[dict[str, int]] = field(default_factory=list)

    def rows(self) -> list[Vectors]:
        """The vectors of each group."""
        names, widths = tuple(self.vectors), tuple(counts.shape[1] for counts in self.vectors.values())
        flat = np.concatenate(list(self.vectors.values()), axis=1)
        if all(some.all() for some in self.rare.values()):
            return [Vectors(shape_of(names, widths), row) for row in flat]
        there = np.array([self.rare.get(name, np.ones(len(flat), dtype=bool)) for name in names]).T
        rows = []
        for row, some in zip(flat, there, strict=True):
            shape = shape_of(tuple(compress(names, some)), tuple(compress(widths, some)))
            rows.append(Vectors(shape, row[np.repeat(some, widths)]))
        return rows

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
