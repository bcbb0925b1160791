"""Rows kept by the smallest hash, within a number and a size: the same ones however they were split and merged."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar


class Row(Protocol):
    """What is kept: ordered by `hash`, `size` bytes on the wire; `cut` is no row but the mark where they end."""

    @property
    def hash(self) -> int: ...

    @property
    def size(self) -> int: ...

    @property
    def cut(self) -> bool: ...


R = TypeVar("R", bound=Row)


def kept_rows(rows: Iterable[R], limit: int, most_bytes: int, row_bytes: int, mark: Callable[[int], R]) -> list[R]:
    """One row of each hash, at most `limit` and at most `most_bytes` together; larger ones than `row_bytes` left out.

    The first row that does not fit stays as a mark without content (`mark` of its hash): what lies beyond it can never
    come back, so what is kept is the same however the rows were split and merged.
    """
    different: dict[int, R] = {}
    for row in rows:
        if row.hash not in different or row.cut:
            different[row.hash] = row
    found: list[R] = []
    size = 0
    for hash, row in sorted(different.items()):
        if row.size > row_bytes:
            continue
        size += row.size
        if row.cut or len(found) == limit or size > most_bytes:
            if len(found) < limit:
                found.append(mark(hash))
            break
        found.append(row)
    return found
