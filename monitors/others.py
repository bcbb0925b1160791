"""The last queries of everybody else, to see a chain of queries that was cut over many accounts.

Of 128 queries of other principals the nearest is within the law's `nearest` for one benign query in a hundred; that is
how the law was learnt. A search whose every step comes from another account leaves such neighbours all the same, and
each account has evidence of its own. Equal queries say nothing: jobs send the same records. Looked at are the queries
of earlier minutes, so a search that is over within one is not seen this way.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from monitors.querylaw import WINDOW, QueryLaw
from schemas.queries import Records, records

EACH = 8  # of one principal, the newest
AT_ONCE = 512  # rows that are compared together


class WrittenOthers(msgspec.Struct, frozen=True):
    """`Others` in a profile: packed records, and whose each is."""

    rows: bytes = b""
    names: tuple[str, ...] = ()


class Others:
    """At most `WINDOW` queries of a model, the newest, few of any one principal."""

    def __init__(self) -> None:
        self.rows: Records | None = None
        self.names: NDArray[np.str_] = np.array([], dtype=str)

    def shared(self, name: str, rows: Records, law: QueryLaw) -> NDArray[np.bool_]:
        """Which of a principal's queries lie nearer to one of another than 99 in 100 do."""
        found = np.zeros(len(rows), dtype=bool)
        if self.rows is None or law.nearest < 0:
            return found
        theirs = self.rows[self.names != name]
        if not len(theirs):
            return found
        for first in range(0, len(rows), AT_ONCE):
            some = rows[first : first + AT_ONCE]
            near = law.distances(some["codes"], theirs["codes"]) <= law.nearest
            near &= some["whole"][:, None] != theirs["whole"]
            found[first : first + AT_ONCE] = near.any(axis=1)
        return found

    def add(self, fresh: Mapping[str, Records]) -> None:
        """Different queries of one minute, by principal, each in order of time."""
        if not fresh:
            return
        rows = [each[-EACH:] for each in fresh.values()]
        names = np.repeat(np.array(list(fresh)), [len(each) for each in rows])
        if self.rows is not None:
            rows.append(self.rows)
            names = np.concatenate([names, self.names])
        everything = np.concatenate(rows)
        order = np.lexsort((everything["hash"], -everything["time"]))
        _, code = np.unique(names[order], return_inverse=True)
        by_name = np.argsort(code, kind="stable")
        starts = np.searchsorted(code[by_name], np.arange(code.max() + 1))
        place = np.empty(len(order), dtype=np.int64)
        place[by_name] = np.arange(len(order)) - starts[code[by_name]]
        kept = order[place < EACH][:WINDOW]
        self.rows, self.names = everything[kept], names[kept]

    def dump(self) -> WrittenOthers:
        """Plain data for a profile."""
        return WrittenOthers() if self.rows is None else WrittenOthers(self.rows.tobytes(), tuple(self.names.tolist()))

    @staticmethod
    def load(w: WrittenOthers, width: int) -> Others:
        """Continue from what was written; `width` features each."""
        others = Others()
        if w.names:
            others.rows, others.names = records(w.rows, width), np.array(w.names)
        return others
