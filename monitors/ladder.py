"""Between which steps a number lies, for all features of some rows at once, whichever models the rows belong to.

A call for each feature and model costs more than its work where a model has few rows in a batch. So all numbers are
searched for together, each in the steps of its own feature: one halving at a time, as a search in a single row of steps
would go.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from schemas.events import Floats, Ints

AT_ONCE = 1 << 16  # numbers worked on together: fewer calls in several threads cost more than the cache saves


class Ladder:
    """Rising steps of each feature, (steps,) each."""

    def __init__(self, steps: Sequence[Floats]) -> None:
        self.table = np.full((len(steps), max((len(each) for each in steps), default=0)), np.nan)  # none reaches NaN
        for row, each in zip(self.table, steps, strict=True):
            row[: len(each)] = each


def below(ladders: Sequence[Ladder], which: Ints, x: Floats) -> Ints:
    """How many steps are not above each number of `x` (rows, features), each row by its ladder `which`; of NaN none."""
    table = stacked([ladder.table for ladder in ladders], np.nan)
    found = np.zeros(x.shape, dtype=np.int64)
    for part in pieces(x):
        found[part] = _search(table, cells(which[part], x.shape[1]), x[part])
    return found


def _search(table: Floats, line: Ints, x: Floats) -> Ints:
    """How many steps of its line of the table are not above each number."""
    steps, left = table.ravel(), table.shape[1]
    start = line * left
    at, looked = start.copy(), np.empty_like(start)
    step, reached = np.empty(x.shape), np.empty(x.shape, dtype=np.bool_)
    while left:
        half = (left + 1) // 2
        # mode="clip" skips numpy's bounds check and copy; every index is in range by construction.
        steps.take(np.add(at, half - 1, out=looked), out=step, mode="clip")
        np.less_equal(step, x, out=reached)
        at += np.multiply(reached, half, out=looked)
        left -= half
    return np.asarray(at - start)


def pieces(x: Floats) -> Iterator[slice]:
    """Rows of some `AT_ONCE` numbers each."""
    rows = max(1, AT_ONCE // max(1, x.shape[1]))
    return (slice(first, first + rows) for first in range(0, len(x), rows))


def cells(which: Ints, features: int) -> Ints:
    """The line in a stacked table of each row's features, shape (rows, features)."""
    return np.asarray((which * features)[:, None] + np.arange(features))


def stacked(tables: Sequence[Floats], fill: float) -> Floats:
    """Tables (features, width) of equally many features one below the other, as wide as the widest."""
    if len({table.shape[1] for table in tables}) == 1:
        return tables[0] if len(tables) == 1 else np.concatenate(tables)
    widest = max((table.shape[1] for table in tables), default=0)
    wide = np.full((len(tables), len(tables[0]), widest), fill)
    for into, table in zip(wide, tables, strict=True):
        into[:, : table.shape[1]] = table
    return wide.reshape(-1, widest)
