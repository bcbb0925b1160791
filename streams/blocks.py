"""Blocks of one source partition: where the open one ends, which baselines it chose, and the rows that record it.

An ended block never changes. A block that was begun before a crash takes the choices stored with it and is never cut
short of what was already published of it; so a re-read gives the same rows and the same summaries.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from schemas.events import Source
from schemas.summaries import Summary, SummaryKey
from schemas.tables import BLOCKS
from streams.eventrows import source_columns
from streams.rows import arrow
from streams.store import Store

OPEN, ENDED = 0, 1
RECORDED = """
SELECT first, last, stage, baselines, start_watermark_ns, watermark_ns FROM blocks_now
WHERE log_id = {log_id:String} AND topic = {topic:String} AND partition = {partition:UInt32} AND first <= {first:Int64}
ORDER BY first DESC LIMIT 1
"""


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


@dataclass(slots=True)
class Partition:
    """What is held of one source partition."""

    lock: asyncio.Lock
    generation: int = 0
    block: Block | None = None
    watermark_ns: int | None = None  # None: the store has not been asked yet
    published_ns: int = 0
    next_offset: int = -1
    idle: bool = False
    told_idle_ns: int = 0
    gone: bool = False


async def open_block(
    store: Store, source: Source, first: int, size: int, watermark_ns: int | None, now_ns: int
) -> Block:
    """Begin the block at `first`, as it was recorded if it was begun before.

    `watermark_ns` is what the partition had reached in this process; None asks the store.
    """
    recorded: dict[str, Any] | None = None
    if watermark_ns is None:
        rows = await store.query(RECORDED, {**source._asdict(), "first": first})
        recorded = dict(rows[0]) if rows else None
        watermark_ns = 0
    if recorded is not None and recorded["first"] == first:
        last = int(recorded["last"])
        limit = last if recorded["stage"] == ENDED else max(first + size - 1, last)
        block = Block(source, first, limit, last, int(recorded["start_watermark_ns"]), now_ns)
        block.choices = dict(recorded["baselines"])
    else:
        if recorded is not None:
            watermark_ns = int(recorded["watermark_ns"])
        block = Block(source, first, first + size - 1, first - 1, watermark_ns, now_ns)
    block.watermark_ns, block.last = block.start_watermark_ns, first - 1
    return block


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
