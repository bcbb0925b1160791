"""Labels that came on a topic of inferences, handed on to the agent of labels: they are no traffic.

Their place in the log is that of their record; the agent knows them under their own source, `<topic>/labels`, cut where
the blocks of inferences are cut, so that what is read again after a kill is cut the same and counted once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import numpy as np

from schemas.events import EventBatch, RawRecord, Source

Feed = Callable[[Source, Sequence[RawRecord]], Awaitable[None]]


class BareLabels(Protocol):
    """What an observer gives its batches to, after their events were stored and before their block may end."""

    async def take(
        self, source: Source, batch: EventBatch, records: Sequence[RawRecord], ends: Sequence[int]
    ) -> None: ...


def own_source(source: Source) -> Source:
    """Under which labels of a partition of inferences are known."""
    return source._replace(topic=f"{source.topic}/labels")


class HandedOn:
    """Gives the labels to `feed` (`streams.labelling`), block by block; they arrive when their record says."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed

    async def take(self, source: Source, batch: EventBatch, records: Sequence[RawRecord], ends: Sequence[int]) -> None:
        """Returns when the labels of this batch are stored and published."""
        if not batch.labels:
            return
        values = {record.offset: record.value for record in records}
        block = np.searchsorted(np.array(ends), [label.offset for label in batch.labels])
        for b in sorted(set(block.tolist())):
            mine = [label for label, of in zip(batch.labels, block.tolist(), strict=True) if of == b]
            await self.feed(own_source(source), [RawRecord(one.offset, values[one.offset], one.ts_ns) for one in mine])
