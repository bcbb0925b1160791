"""The last queries of everybody else, to see a chain of queries that was cut over many accounts.

Of 128 queries of other principals the nearest is within the law's `nearest` for one benign query in a hundred; that is
how the law was learnt. A search whose every step comes from another account leaves such neighbours all the same, and
each account has evidence of its own. Equal queries say nothing: jobs send the same records. Looked at are the queries
of earlier minutes, so a search that is over within one is not seen this way.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from monitors.querylaw import WINDOW, QueryLaw
from schemas.events import Ints
from schemas.queries import Records, records

EACH = 8  # of one principal, the newest
AT_ONCE = 256  # rows that are compared together


class WrittenOthers(msgspec.Struct, frozen=True):
    """`Others` in a profile: packed records, and whose each is."""

    rows: bytes = b""
    names: tuple[str, ...] = ()


class Others:
    """At most `WINDOW` queries of a model, the newest, few of any one principal."""

    def __init__(self) -> None:
        self.rows: Records | None = None
        self.names: list[str] = []

    def shared(self, names: Sequence[str], who: Ints, rows: Records, law: QueryLaw) -> NDArray[np.bool_]:
        """Which rows lie nearer to one of another principal than 99 in 100 do; `who` is each one's place in `names`."""
        found = np.zeros(len(rows), dtype=bool)
        if self.rows is None or law.nearest < 0:
            return found
        place = {name: i for i, name in enumerate(names)}
        whose = np.array([place.get(name, -1) for name in self.names])
        for first in range(0, len(rows), AT_ONCE):
            part = slice(first, first + AT_ONCE)
            near = law.distances(rows["codes"][part], self.rows["codes"]) <= law.nearest
            near &= (rows["whole"][part, None] != self.rows["whole"]) & (who[part, None] != whose)
            found[part] = near.any(axis=1)
        return found

    def add(self, names: Sequence[str], who: Ints, rows: Records) -> None:
        """Different queries of one minute, each principal's by time; `who`, rising, is its place in `names`."""
        if not len(rows):
            return
        ends = np.searchsorted(who, who, side="right")
        newest = np.flatnonzero(ends - np.arange(len(who)) <= EACH)
        mine = rows[newest].tobytes() + (b"" if self.rows is None else self.rows.tobytes())
        everything = np.frombuffer(mine, rows.dtype)
        every = [names[i] for i in who[newest].tolist()] + self.names
        code = {name: i for i, name in enumerate(dict.fromkeys(every))}
        order = np.lexsort((everything["hash"], -everything["time"]))
        by_time = np.array([code[name] for name in every])[order]
        by_name = np.argsort(by_time, kind="stable")
        starts = np.searchsorted(by_time[by_name], np.arange(len(code)))
        place = np.empty(len(order), dtype=np.int64)
        place[by_name] = np.arange(len(order)) - starts[by_time[by_name]]
        kept = order[place < EACH][:WINDOW]
        self.rows, self.names = everything[kept], [every[i] for i in kept.tolist()]

    def dump(self) -> WrittenOthers:
        """Plain data for a profile."""
        return WrittenOthers() if self.rows is None else WrittenOthers(self.rows.tobytes(), tuple(self.names))

    @staticmethod
    def load(w: WrittenOthers, width: int) -> Others:
        """Continue from what was written; `width` features each."""
        others = Others()
        if w.names:
            others.rows, others.names = records(w.rows, width), list(w.names)
        return others
