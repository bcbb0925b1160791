"""Which file each model version was loaded from, where the log says (`artifact_hash`): rows of the table `assets`.

A row is written when this process meets a (model, version, artifact) first; whoever meets it earlier in event time
wins, so that the table is the same however the log was cut. Forgetting all and writing again changes nothing.
"""

from __future__ import annotations

import pyarrow as pa

from schemas.events import EventBatch
from schemas.tables import ASSETS
from streams.rows import arrow

MOST = 100_000  # remembered; a log may name more


class Artifacts:
    """What this process has met, with the earliest time it was met, ns."""

    def __init__(self) -> None:
        self.met: dict[tuple[str, str, str], int] = {}

    def rows(self, batch: EventBatch) -> pa.Table | None:
        """Rows of `assets` that are new or earlier; None where there are none. Events from the future do not count."""
        if not any(batch.artifact_hash):
            return None
        first: dict[tuple[str, str, str], int] = {}
        times = batch.ts_ns.tolist()
        for i, key in enumerate(zip(batch.model, batch.version, batch.artifact_hash, strict=True)):
            if key[2] and not batch.future[i] and times[i] < first.get(key, self.met.get(key, times[i] + 1)):
                first[key] = times[i]
        if not first:
            return None
        if len(self.met) > MOST:
            self.met.clear()
        self.met |= first
        at = list(first.values())
        model, version, artifact = zip(*first, strict=True)
        columns = {"model": model, "version": version, "artifact": artifact}
        return arrow(ASSETS, {**columns, "first": at, "first_ns": at, "rank": [-ns for ns in at]})
