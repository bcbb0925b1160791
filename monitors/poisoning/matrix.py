"""Features of labelled rows as one matrix of numbers, and the ranges of each in which labels are counted.

Ranges are learnt once, from the first `FIRST` labelled rows: single values where there are few, else tenths and longer
ends. A category is a value too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from schemas.events import Floats, name_hash
from schemas.labelled import LabelRow
from schemas.values import text

FIRST = 1500  # rows: an end of a tenth is then known to a tenth of itself
FEATURES = 64  # watched; of more, those whose names have the smallest hash
FEW = 12  # values that are counted one by one
TENTHS = tuple(i / 10 for i in range(1, 10))
ENDS = (0.05, 0.2, 0.3)
INF = float("inf")


class Range(NamedTuple):
    """Values of a feature from `low` up to but without `high`, None where there is no such end; or a category."""

    feature: str
    low: float | None
    high: float | None
    category: str | None = None

    def __str__(self) -> str:
        if self.category is not None:
            return f"= {self.category}"
        if self.low is None:
            return f"below {self.high:.6g}"
        return f"{self.low:.6g} or more" if self.high is None else f"{self.low:.6g} to {self.high:.6g}"


class Ranges(msgspec.Struct):
    """All ranges of a model's features, and the categories that have numbers."""

    numeric: list[str] = []
    categorical: list[str] = []
    vocabularies: list[dict[str, int]] = []
    cells: list[Range] = []

    def inside(self, rows: Sequence[LabelRow]) -> NDArray[np.bool_]:
        """Which rows are in which range, shape (rows, ranges)."""
        x = self._matrix(rows)
        names = {name: j for j, name in enumerate([*self.numeric, *self.categorical])}
        column = x[:, [names[cell.feature] for cell in self.cells]]
        low = np.array([-INF if cell.low is None else cell.low for cell in self.cells])
        high = np.array([INF if cell.high is None else cell.high for cell in self.cells])
        result: NDArray[np.bool_] = (column >= low) & (column < high)
        return result

    def _matrix(self, rows: Sequence[LabelRow]) -> Floats:
        nan = float("nan")
        num = [[row.num.get(name, nan) for name in self.numeric] for row in rows]
        cat = [
            [float(words.get(row.cat.get(name, ""), -1)) for name, words in zip(self.categorical, self.vocabularies)]
            for row in rows
        ]
        return np.array([a + b for a, b in zip(num, cat)], dtype=np.float64).reshape(len(rows), -1)


def learn(rows: Sequence[LabelRow]) -> Ranges:
    """The ranges of these rows' features."""
    names = sorted({name for row in rows for name in (*row.num, *row.cat)}, key=name_hash)[:FEATURES]
    ranges = Ranges()
    for name in sorted(names):
        values = np.array([row.num[name] for row in rows if name in row.num])
        if len(values) * 2 >= len(rows):
            ranges.numeric.append(name)
            ranges.cells += [Range(name, low, high) for low, high in _numeric(values)]
            continue
        words = [row.cat[name] for row in rows if name in row.cat]
        ranked = sorted(set(words), key=lambda word: (-words.count(word), word))[:FEW]
        ranges.categorical.append(name)
        ranges.vocabularies.append({word: i for i, word in enumerate(ranked)})
        ranges.cells += [Range(name, float(i), i + 1.0, word) for i, word in enumerate(ranked)]
    return ranges


def _numeric(values: Floats) -> list[tuple[float | None, float | None]]:
    distinct = np.unique(values)
    if len(distinct) <= FEW:
        middle = (distinct[1:] / 2 + distinct[:-1] / 2).tolist()
        return list(zip([None, *middle], [*middle, None], strict=True)) if middle else []
    edges = np.unique(np.quantile(values, TENTHS, method="higher")).tolist()
    found = list(zip([-INF, *edges], [*edges, INF], strict=True))
    for share in ENDS:
        found.append((-INF, float(np.quantile(values, share, method="higher"))))
        found.append((float(np.quantile(values, 1 - share, method="lower")), INF))
    ends = sorted({(low, high) for low, high in found if low < high})
    return [(None if low == -INF else low, None if high == INF else high) for low, high in ends]


def values_of(row: LabelRow) -> dict[str, str]:
    """A row's features as texts, for exact combinations."""
    return {**{name: text(value) for name, value in row.num.items()}, **row.cat}
