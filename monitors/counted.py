"""Vectors of some groups of rows, side by side in one matrix, until they become the groups' own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from schemas.events import Ints
from schemas.vectors import Vectors, shape_of


@dataclass(frozen=True, slots=True)
class Counted:
    """`counts` is (groups, sum of widths); `there`, (groups, names), says which vectors a group has, None: all."""

    names: tuple[str, ...]
    widths: tuple[int, ...]
    counts: Ints
    there: NDArray[np.bool_] | None = None

    @staticmethod
    def of(vectors: Mapping[str, Ints], *, sparse: bool = False) -> Counted:
        """Of vectors by name, at least one; of `sparse` ones a group has those that have a count at all."""
        there = np.array([counts.any(axis=1) for counts in vectors.values()]).T if sparse else None
        widths = tuple(counts.shape[1] for counts in vectors.values())
        return Counted(tuple(vectors), widths, np.concatenate(list(vectors.values()), axis=1), there)

    @staticmethod
    def joined(parts: Iterable[Counted]) -> Counted:
        """Those of the same groups side by side, whose names all differ."""
        parts = list(parts)
        if len(parts) == 1:
            return parts[0]
        names = sum((part.names for part in parts), ())
        widths = sum((part.widths for part in parts), ())
        there = None
        if any(part.there is not None for part in parts):
            there = np.concatenate([part._all_there() for part in parts], axis=1)
        return Counted(names, widths, np.concatenate([part.counts for part in parts], axis=1), there)

    def _all_there(self) -> NDArray[np.bool_]:
        return np.ones((len(self.counts), len(self.names)), dtype=bool) if self.there is None else self.there

    def part(self, first: int, end: int) -> Counted:
        """Some groups, `end` left out."""
        there = None if self.there is None else self.there[first:end]
        return Counted(self.names, self.widths, self.counts[first:end], there)

    def rows(self) -> list[Vectors]:
        """The vectors of each group."""
        counts = np.ascontiguousarray(self.counts)
        if self.there is None or self.there.all():
            shape = shape_of(self.names, self.widths)
            return [Vectors(shape, row) for row in counts]
        rows = []
        for row, some in zip(counts, self.there, strict=True):
            shape = shape_of(tuple(compress(self.names, some)), tuple(compress(self.widths, some)))
            rows.append(Vectors(shape, row[np.repeat(some, self.widths)]))
        return rows
