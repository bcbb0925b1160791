"""The baselines this process knows: read from the store at start, added to as `mirqab.baselines` brings new ones."""

from __future__ import annotations

from collections.abc import Sequence

from monitors.prepared import Prepared
from schemas.baselines import PROPOSED, Baseline, decode, encode
from schemas.errors import BaselineError
from schemas.tables import BASELINES
from streams.rows import arrow
from streams.store import Store


class Baselines:
    """Prepared baselines by id, and the present one of each (model, version): highest number, given before learnt.

    One that is only proposed is never the present one.
    """

    def __init__(self) -> None:
        self._by_id: dict[str, Prepared] = {}
        self._present: dict[tuple[str, str], Prepared] = {}

    def add(self, baseline: Baseline) -> Prepared:
        """Know one more; adding one twice changes nothing."""
        prepared = self._by_id.get(baseline.id)
        if prepared is None:
            prepared = self._by_id[baseline.id] = Prepared(baseline)
        if baseline.origin == PROPOSED:
            return prepared
        key = (baseline.model, baseline.version)
        present = self._present.get(key)
        if present is None or present.rank < prepared.rank:
            self._present = {**self._present, key: prepared}
        return prepared

    def knows(self, id: str) -> bool:
        return id in self._by_id

    def by_id(self, id: str) -> Prepared:
        """Raises BaselineError if it is not known: a block was scored with it, so it must be in the store."""
        try:
            return self._by_id[id]
        except KeyError:
            raise BaselineError(f"baseline {id} is recorded with a block but is not in the store") from None

    def snapshot(self) -> dict[tuple[str, str], Prepared]:
        """The present baselines; never changed afterwards."""
        return self._present

    def all(self) -> Sequence[Prepared]:
        return list(self._by_id.values())

    async def read(self, store: Store) -> None:
        """Know everything the store has."""
        for row in await store.query("SELECT content FROM baselines_now ORDER BY model, version, number, id"):
            self.add(decode(row["content"]))


async def store_baseline(store: Store, baseline: Baseline) -> None:
    """Write one baseline; writing it again is harmless."""
    await store.insert(
        BASELINES.name,
        arrow(
            BASELINES,
            {
                "model": baseline.model,
                "version": baseline.version,
                "number": [baseline.number],
                "id": baseline.id,
                "origin": baseline.origin,
                "learnt_from": [baseline.learnt_from_ns],
                "learnt_to": [baseline.learnt_to_ns],
                "events": [baseline.events],
                "rows": [baseline.rows],
                "content": [encode(baseline).decode()],
            },
        ),
    )
