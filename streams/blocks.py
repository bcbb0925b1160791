"""Blocks of one source partition: where the open one ends, which baselines it chose, and the rows that record it.

An ended block never changes. A block that was begun before a crash takes the choices stored with it and is never cut
short of what was already published of it; so a re-read gives the same rows and the same summaries.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from monitors.observe import Observed
from schemas.events import FUTURE, LATE, EventBatch, Ints, Source
from schemas.summaries import Summary, SummaryKey
from schemas.tables import BLOCKS
from streams.eventrows import source_columns
from streams.rows import arrow
from streams.store import Store

OPEN, ENDED = 0, 1
NOTHING_BEYOND = 1 << 62
BEFORE = """
SELECT watermark_ns FROM blocks_now
WHERE log_id = {log_id:String} AND topic = {topic:String} AND partition = {partition:UInt32} AND first < {first:Int64}
ORDER BY first DESC LIMIT 1
"""
FROM_HERE = """
SELECT first, last, stage, baselines, start_watermark_ns, watermark_ns FROM blocks_now
WHERE log_id = {log_id:String} AND topic = {topic:String} AND partition = {partition:UInt32} AND first >= {first:Int64}
ORDER BY first LIMIT {limit:UInt32}
"""
AT_ONCE = 1000  # recorded blocks held in memory


@dataclass(slots=True)
class Block:
    """One block. `limit` is the last offset it may hold, `least` the last it must reach before time may cut it."""

    source: Source
    first: int
    limit: int
    least: int
    start_watermark_ns: int
    opened_ns: int
    last: int = -1
    watermark_ns: int = 0
    choices: dict[str, str] = field(default_factory=dict)
    events: int = 0
    rejects: int = 0
    future: int = 0
    late: int = 0
    unknown_keys: int = 0
    on_time: dict[SummaryKey, Summary] = field(default_factory=dict)
    after_close: dict[SummaryKey, Summary] = field(default_factory=dict)
    changed: set[SummaryKey] = field(default_factory=set)
    changed_late: set[SummaryKey] = field(default_factory=set)


class Recorded:
    """The blocks of one partition that were begun before a crash or a rebalance, from where it is read again.

    A worker that died may have stored many blocks beyond the committed offset; every one of them keeps its cut and its
    choices. Rows are asked for `AT_ONCE` at a time, and not at all once the partition has come beyond the last one.
    """

    def __init__(self) -> None:
        self.rows: dict[int, Mapping[str, Any]] = {}
        self.known_to = -1  # first offset up to which `rows` says everything
        self.watermark_ns = 0  # of the block before the first one asked for

    async def read(self, store: Store, source: Source, first: int) -> None:
        """Make sure that what is recorded of a block at `first` is known."""
        if first <= self.known_to:
            return
        if self.known_to < 0:
            before = await store.query(BEFORE, {**source._asdict(), "first": first})
            self.watermark_ns = int(before[0]["watermark_ns"]) if before else 0
        rows = await store.query(FROM_HERE, {**source._asdict(), "first": first, "limit": AT_ONCE})
        self.rows = {int(row["first"]): row for row in rows}
        self.known_to = max(self.rows) if len(rows) == AT_ONCE else NOTHING_BEYOND

    def baselines(self, first: int) -> set[str]:
        """Ids of the baselines chosen for the block at `first`."""
        row = self.rows.get(first)
        return set() if row is None else {id for id in row["baselines"].values() if id}

    def open(self, source: Source, first: int, size: int, watermark_ns: int, now_ns: int) -> Block:
        """The block at `first`: as it was recorded, else a new one that starts at this watermark."""
        row = self.rows.pop(first, None)
        if row is None:
            block = Block(source, first, first + size - 1, first - 1, watermark_ns, now_ns)
        else:
            last = int(row["last"])
            limit = last if row["stage"] == ENDED else max(first + size - 1, last)
            block = Block(source, first, limit, last, int(row["start_watermark_ns"]), now_ns)
            block.choices = dict(row["baselines"])
        block.watermark_ns, block.last = block.start_watermark_ns, first - 1
        return block


@dataclass(slots=True)
class Partition:
    """What is held of one source partition."""

    lock: asyncio.Lock
    generation: int = 0
    block: Block | None = None
    recorded: Recorded = field(default_factory=Recorded)
    watermark_ns: int | None = None  # None: no record since the assignment
    published_ns: int = 0
    next_offset: int = -1
    idle: bool = False
    told_idle_ns: int = 0
    gone: bool = False


def count(
    blocks: Sequence[Block], ends: Sequence[int], offsets: Sequence[int], batch: EventBatch, seen: Observed, index: Ints
) -> None:
    """Bring the blocks' own numbers up to date.

    `ends` are their limits, `offsets` those of all records, `index` the block of each event of the batch.
    """
    rejected = np.array([reject.offset for reject in batch.rejects], dtype=np.int64)
    reached = np.searchsorted(np.array(offsets), ends, side="right") - 1
    rows = np.searchsorted(index, np.arange(len(blocks)), side="right") - 1
    watermark = blocks[0].watermark_ns
    for b, block in enumerate(blocks):
        mine = index == b
        if mine.any():
            watermark = int(seen.watermark_ns[rows[b]])
        if b:
            block.start_watermark_ns = blocks[b - 1].watermark_ns
        block.watermark_ns = max(block.watermark_ns, watermark)
        block.last = int(offsets[reached[b]])
        block.events += int(mine.sum())
        low = -1 if b == 0 else ends[b - 1]
        block.rejects += int(((rejected > low) & (rejected <= ends[b])).sum())
        block.future += int((seen.flags[mine] & FUTURE).astype(bool).sum())
        block.late += int((seen.flags[mine] & LATE).astype(bool).sum())


def block_rows(blocks: Sequence[Block], stage: int, now_ns: int) -> pa.Table:
    """Rows of `blocks`, all of one source."""
    rank = 0 if stage == OPEN else 1 << 62
    return arrow(
        BLOCKS,
        {
            **source_columns(blocks[0].source),
            "first": [b.first for b in blocks],
            "last": [b.last for b in blocks],
            "stage": stage,
            "opened": [b.opened_ns for b in blocks],
            "ended": now_ns,
            "baselines": [b.choices for b in blocks],
            "events": [b.events for b in blocks],
            "rejects": [b.rejects for b in blocks],
            "future": [b.future for b in blocks],
            "late": [b.late for b in blocks],
            "unknown_keys": [b.unknown_keys for b in blocks],
            "start_watermark_ns": [b.start_watermark_ns for b in blocks],
            "watermark_ns": [b.watermark_ns for b in blocks],
            "rank": [rank + b.last - b.first for b in blocks],
        },
    )
