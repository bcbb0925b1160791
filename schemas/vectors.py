"""Named rows of integer counts laid side by side: `Vectors` reads as a dict of arrays, and is one array.

A summary has dozens of short rows, and a minute of a thousand models is thousands of summaries: adding, sending and
keeping them row by row costs more than counting them. Which names there are, and how wide, is a `Shape`, of which equal
ones are kept once. Nothing is ever changed in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate

import numpy as np

from schemas.events import Ints

REMEMBERED = 1024  # shapes; of some ten kilobytes with a hundred features


@dataclass(frozen=True)
class Shape:
    """Names in order, and how many counts each has."""

    names: tuple[str, ...]
    widths: tuple[int, ...]

    @cached_property
    def ends(self) -> list[int]:
        """Where each name's counts end."""
        return list(accumulate(self.widths))

    @cached_property
    def at(self) -> dict[str, slice]:
        """Where each name's counts are."""
        return {n: slice(end - width, end) for n, width, end in zip(self.names, self.widths, self.ends, strict=True)}

    @cached_property
    def _under(self) -> dict[str, tuple[str, ...]]:
        return {}

    def under(self, prefix: str) -> tuple[str, ...]:
        """The names that begin so."""
        if prefix not in self._under:
            self._under[prefix] = tuple(name for name in self.names if name.startswith(prefix))
        return self._under[prefix]

    @property
    def total(self) -> int:
        """Counts of all names."""
        return self.ends[-1] if self.ends else 0


@lru_cache(maxsize=REMEMBERED)
def shape_of(names: tuple[str, ...], widths: tuple[int, ...]) -> Shape:
    """The one shape of these names and widths."""
    return Shape(names, widths)


class Vectors(Mapping[str, Ints]):
    """Counts `flat`, (shape.total,), under the names of a shape."""

    __slots__ = ("flat", "shape")

    def __init__(self, shape: Shape, flat: Ints) -> None:
        self.shape, self.flat = shape, flat

    @staticmethod
    def of(rows: Mapping[str, Ints]) -> Vectors:
        """The same rows side by side."""
        if isinstance(rows, Vectors):
            return rows
        shape = shape_of(tuple(rows), tuple(map(len, rows.values())))
        return Vectors(shape, np.concatenate([*rows.values(), np.empty(0, dtype=np.int64)]))

    def __getitem__(self, name: str) -> Ints:
        return self.flat[self.shape.at[name]]

    def __contains__(self, name: object) -> bool:
        return name in self.shape.at

    def __iter__(self) -> Iterator[str]:
        return iter(self.shape.names)

    def __len__(self) -> int:
        return len(self.shape.names)

    def __repr__(self) -> str:
        return f"Vectors({ {name: row.tolist() for name, row in self.items()} })"


def add(parts: Iterable[Mapping[str, Ints]]) -> Vectors:
    """Sums by name; a name that a part lacks counts nothing there. Raises ValueError where widths differ."""
    rows = [Vectors.of(part) for part in parts]
    shapes = tuple(dict.fromkeys(row.shape for row in rows))
    if len(shapes) == 1:
        total = rows[0].flat
        for row in rows[1:]:
            total = total + row.flat
        return Vectors(shapes[0], total)
    shape, places = _union(shapes)
    total = np.zeros(shape.total, dtype=np.int64)
    for row in rows:
        total[places[row.shape]] += row.flat
    return Vectors(shape, total)


@lru_cache(maxsize=REMEMBERED // 8)
def _union(shapes: Sequence[Shape]) -> tuple[Shape, dict[Shape, Ints]]:
    """All names in order of first appearance, and where each shape's counts are among theirs."""
    widths: dict[str, int] = {}
    for shape in shapes:
        for name, width in zip(shape.names, shape.widths, strict=True):
            if widths.setdefault(name, width) != width:
                raise ValueError(f"{name} has {width} counts here and {widths[name]} there; both must be of one width")
    union = shape_of(tuple(widths), tuple(widths.values()))
    where = np.arange(union.total)
    nowhere = np.empty(0, dtype=np.int64)
    return union, {shape: np.concatenate([nowhere, *(where[union.at[n]] for n in shape.names)]) for shape in shapes}
