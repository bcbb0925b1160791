"""Which baselines there are: those of the store, or of a file. Finds one by its id, or those of a model.

The contents are only read for what is asked for; a store may hold thousands, a few hundred kilobytes each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from schemas.actions import APPROVE, Action
from schemas.baselines import Baseline, decode
from schemas.errors import UsageError, unknown
from streams.actions import acts_on
from streams.baselinefile import read_baselines
from streams.baselinewords import row_of
from streams.store import Store

KIND = "baseline"  # how `actions` names the kind of thing that is approved
SHORTEST = 4  # characters of an id that may stand for it
LIST = """
SELECT model, version, number, id, origin, toUnixTimestamp64Nano(learnt_from) AS learnt_from_ns,
    toUnixTimestamp64Nano(learnt_to) AS learnt_to_ns, events,
    JSONLength(content, 'numeric') + JSONLength(content, 'categorical') AS features
FROM baselines_now ORDER BY model, version, number, id
"""
CONTENT = "SELECT content FROM baselines_now WHERE id = {id:String} LIMIT 1"
Row = Mapping[str, Any]


class Known:
    """The baselines of a store or of a file, as rows of a list; `content` reads one whole.

    `approvals` of each id are in order of time; a file has none.
    """

    def __init__(
        self,
        rows: Sequence[Row],
        store: Store | None,
        read: Mapping[str, Baseline],
        approvals: Mapping[str, Sequence[Action]],
    ) -> None:
        self.rows, self.store, self.read, self.approvals = rows, store, read, approvals

    @staticmethod
    async def of_store(store: Store) -> Known:
        approvals = await acts_on(store, KIND, APPROVE)
        return Known([dict(row) for row in await store.query(LIST)], store, {}, approvals)

    @staticmethod
    def of_file(path: str) -> Known:
        """Raises UsageError that names the line that is no baseline."""
        found = read_baselines(Path(path))
        return Known([row_of(baseline) for baseline in found], None, {b.id: b for b in found}, {})

    async def content(self, id: str) -> Baseline:
        """One that is in `rows`."""
        if id in self.read:
            return self.read[id]
        assert self.store is not None
        return decode((await self.store.query(CONTENT, {"id": id}))[0]["content"])

    def by_id(self, text: str) -> Row:
        """The one whose id begins so. Raises UsageError if there is none, or more than one."""
        found = self._begin(text)
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(f"{text} begins the ids {', '.join(row['id'] for row in found[:5])}; give more of it")
        raise UsageError(unknown("baseline", text, [row["id"] for row in self.rows]) if self.rows else NONE)

    def of_model(self, model: str, version: str | None) -> list[Row]:
        """Those of a model, or the one whose id is given instead. Raises UsageError if there is none."""
        mine = [row for row in self.rows if row["model"] == model] or self._begin(model)
        if not mine:
            raise UsageError(unknown("model", model, {row["model"] for row in self.rows}) if self.rows else NONE)
        chosen = [row for row in mine if version is None or row["version"] == version]
        if not chosen:
            raise UsageError(unknown(f"version of {model}", version or "", {row["version"] for row in mine}))
        return chosen

    def _begin(self, text: str) -> list[Row]:
        return [row for row in self.rows if len(text) >= SHORTEST and row["id"].startswith(text)]


NONE = "there is no baseline yet: one is learnt from a model's first events, or given by `mirqab baseline set`"
