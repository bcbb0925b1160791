"""Which file each model version was loaded from, where the log says (`artifact_hash`): rows of the table `assets`.

A row is written when this process meets a (model, version, artifact) first; whoever meets it earlier in event time
wins, so that the table is the same however the log was cut. Writing again what was written changes nothing.

A log that names another file in every record must not fill the store: of a model `line.max_artifacts` files are kept,
then one row `(other)` says that there were more, and so for models beyond `line.max_models` that one process meets.
Which ones are kept then depends on who comes first.
"""

from __future__ import annotations

import pyarrow as pa

from schemas.events import OTHER, EventBatch
from schemas.sections import Line
from schemas.tables import ASSETS
from streams.rows import arrow
from streams.store import Store

MOST = 100_000  # remembered; what was forgotten is read again
KNOWN = """
SELECT model, version, artifact, first_ns FROM assets_now WHERE model IN {models:Array(String)}
ORDER BY model, first_ns, artifact LIMIT {most:UInt32} BY model
"""
Files = dict[tuple[str, str], int]  # (version, artifact) -> the earliest time it was met, ns


class Artifacts:
    """What this process has met or read, by model."""

    def __init__(self, store: Store, line: Line) -> None:
        self.store, self.most, self.most_models = store, line.max_artifacts, line.max_models
        self.met: dict[str, Files] = {}

    async def rows(self, batch: EventBatch) -> pa.Table | None:
        """Rows of `assets` that are new or earlier; None where there are none. Events from the future do not count."""
        if not any(batch.artifact_hash):
            return None
        named = [i for i, file in enumerate(batch.artifact_hash) if file and not batch.future[i]]
        if sum(map(len, self.met.values())) > MOST:
            self.met.clear()
        fresh = [model for model in dict.fromkeys(batch.model[i] for i in named) if model not in self.met]
        fresh = fresh[: max(0, self.most_models - len(self.met))]
        if fresh:
            known = await self.store.query(KNOWN, {"models": fresh, "most": self.most + 1})
            self.met |= {model: {} for model in fresh}
            for row in known:
                self.met[row["model"]][row["version"], row["artifact"]] = int(row["first_ns"])
        first: dict[tuple[str, str, str], int] = {}
        times = batch.ts_ns.tolist()
        for i in named:
            model, version, file = self._place(batch.model[i], batch.version[i], batch.artifact_hash[i])
            files = self.met.setdefault(model, {})
            if times[i] < files.get((version, file), times[i] + 1):
                first[model, version, file] = files[version, file] = times[i]
        if not first:
            return None
        at = list(first.values())
        models, versions, artifacts = zip(*first, strict=True)
        columns = {"model": models, "version": versions, "artifact": artifacts}
        return arrow(ASSETS, {**columns, "first": at, "first_ns": at, "rank": [-ns for ns in at]})

    def _place(self, model: str, version: str, file: str) -> tuple[str, str, str]:
        """Under which names a file is kept."""
        if model not in self.met:
            return OTHER, OTHER, OTHER
        files = self.met[model]
        if (version, file) in files or len(files) < self.most:
            return model, version, file
        return model, OTHER, OTHER
