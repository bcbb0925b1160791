"""Agent `observe`, without the broker: records of a partition in, rows stored, summaries published, floors moved.

The protocol, per partition (design §3.2):
 1. split what was fetched at block ends; decode, score and summarise;
 2. store the blocks' choices, then event rows and rejects;
 3. at most `linger` after new data publish the open block's summaries, cumulatively, and the watermark;
 4. end a block at its last offset, after `block_seconds`, or when the partition falls idle: publish what is left of it,
    record its end, and only then let its offsets be committed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial

import numpy as np
import pyarrow as pa

from monitors.observe import SAMPLE_ROWS, Bounds, Observed, observe
from monitors.prepared import Prepared
from schemas import tables
from schemas.events import EventBatch, Ints, RawRecord, Source
from schemas.rules import Rule
from schemas.settings import Settings
from schemas.summaries import Progress, Summary, SummaryKey, merge
from streams.artifacts import Artifacts
from streams.barelabels import BareLabels
from streams.blocks import ENDED, OPEN, Block, Partition, block_rows, count
from streams.decoding import Decoding
from streams.eventrows import event_rows, feature_set_rows, pseudonymise, reject_rows
from streams.known import Baselines
from streams.meter import Meter
from streams.store import Store
from streams.textkeeping import TextKeeper
from streams.wire import encode

Publish = Callable[[Sequence[tuple[int, bytes]]], Awaitable[None]]
Clock = Callable[[], int]
SECOND_NS = 1_000_000_000
WORTH_A_THREAD = 500  # events; a thread costs some 50 microseconds


class Observer:
    """All partitions this process reads. `floor(source, offset)` is told which offset may be committed.

    `clock` gives event-side time (simulated in the demo), `wall` a steady clock for pauses; both ns.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        publish: Publish,
        baselines: Baselines,
        *,
        clock: Clock,
        wall: Clock,
        floor: Callable[[Source, int], None],
        meter: Meter,
        labels: BareLabels,
        rules: Iterable[Rule] = (),
    ) -> None:
        self.settings, self.store, self.publish, self.baselines = settings, store, publish, baselines
        self.clock, self.wall, self.floor, self.meter = clock, wall, floor, meter
        self.labels = labels
        self.artifacts = Artifacts(store, settings.line)
        self.texts = TextKeeper(settings.privacy, store, clock)
        self.decoding = Decoding(settings)
        self.bounds = Bounds.of(settings, rules)
        self.shards = settings.kafka.partitions
        self.partitions: dict[Source, Partition] = {}
        self.dropped = 0  # how often a partition was revoked
        self.feature_sets: set[int] = set()
        self.progress_ns = wall()

    async def feed(self, source: Source, records: Sequence[RawRecord], generation: int = 0) -> None:
        """Records of one partition, in offset order. Returns when they are stored."""
        partition = self._partition(source, generation, records[0].offset)
        async with partition.lock:
            await self._feed(source, partition, records)
            self.progress_ns = self.wall()

    def drop(self, source: Source) -> None:
        """The partition was revoked: forget its open block; whoever gets it reads the block again."""
        self.dropped += 1
        partition = self.partitions.pop(source, None)
        if partition is not None:
            partition.gone = True

    def _partition(self, source: Source, generation: int, offset: int) -> Partition:
        partition = self.partitions.get(source)
        if partition is not None and (generation != partition.generation or offset < partition.next_offset):
            # A rebalance took place: the consumer went back to the floor, and what is held in memory is read again.
            self.drop(source)
            partition = None
        if partition is None:
            partition = self.partitions[source] = Partition(asyncio.Lock(), generation)
        return partition

    async def _feed(self, source: Source, partition: Partition, records: Sequence[RawRecord]) -> None:
        partition.idle = False
        if partition.block is not None and records[0].offset > partition.block.limit:
            # Offsets are missing (transaction marks, compaction): the block ends without reaching its limit.
            await self._end(partition, [partition.block])
        blocks, ends = await self._cut(source, partition, records)
        work = partial(self._work, source, records, blocks, ends)
        # In a thread, or every other partition's next step would wait until this one is decoded.
        batch, seen, rows = await asyncio.to_thread(work) if len(records) >= WORTH_A_THREAD else work()
        self.meter.observed(batch, seen)
        await self._store(blocks, records, batch, rows)
        await self.labels.take(source, batch, records, ends)
        for block, on_time, late in zip(blocks, seen.on_time, seen.late, strict=True):
            self._add(block.on_time, block.changed, on_time)
            self._add(block.after_close, block.changed_late, late)
        partition.watermark_ns, partition.next_offset = blocks[-1].watermark_ns, records[-1].offset + 1
        await self._end(partition, [block for block in blocks if block is not blocks[-1] or block.last >= block.limit])
        if partition.block is not None and self._lingered(partition):
            await self._publish_open(partition)

    def _work(
        self, source: Source, records: Sequence[RawRecord], blocks: list[Block], ends: list[int]
    ) -> tuple[EventBatch, Observed, pa.Table]:
        """Decode, observe, count: everything that needs neither store nor broker. Returns the rows of `events` too."""
        batch = self.decoding.decode(source, records)
        if self.settings.privacy.pseudonyms:
            pseudonymise(batch, self.settings.privacy.key)
        index: Ints = np.searchsorted(np.array(ends), batch.offset)
        snapshot = self.baselines.snapshot()
        seen = observe(
            batch,
            index,
            len(blocks),
            blocks[0].watermark_ns,
            lambda m, v, b: self._choose(blocks[b], snapshot, m, v),
            self.bounds,
        )
        count(blocks, ends, [record.offset for record in records], batch, seen, index)
        return batch, seen, event_rows(batch, seen)

    async def _cut(
        self, source: Source, partition: Partition, records: Sequence[RawRecord]
    ) -> tuple[list[Block], list[int]]:
        """The blocks these records fall into, and the last offset of each; the last one may stay open."""
        blocks: list[Block] = []
        at, size = 0, self.settings.line.block_records
        offsets = [record.offset for record in records]
        while at < len(records):
            block = partition.block
            if block is None or offsets[at] > block.limit:
                recorded = partition.recorded
                await recorded.read(self.store, source, offsets[at])
                if not all(self.baselines.knows(id) for id in recorded.baselines(offsets[at])):
                    await self.baselines.read(self.store)  # another worker chose it; the topic is slower than the store
                watermark = recorded.watermark_ns if partition.watermark_ns is None else partition.watermark_ns
                block = recorded.open(source, offsets[at], size, watermark, self.clock())
            partition.block = block
            blocks.append(block)
            at = int(np.searchsorted(offsets, block.limit, side="right"))
        return blocks, [block.limit for block in blocks]

    def _choose(
        self, block: Block, snapshot: dict[tuple[str, str], Prepared], model: str, version: str
    ) -> Prepared | None:
        """The baseline recorded with the block, else the one known now, which is recorded from here on."""
        key = f"{model}\x1f{version}"
        if key not in block.choices:
            chosen = snapshot.get((model, version))
            block.choices[key] = chosen.id if chosen else ""
            return chosen
        return self.baselines.by_id(block.choices[key]) if block.choices[key] else None

    async def _store(
        self, blocks: list[Block], records: Sequence[RawRecord], batch: EventBatch, rows: pa.Table
    ) -> None:
        """Choices first, so that no event is ever stored whose baseline is not on record."""
        await self.store.insert(tables.BLOCKS.name, block_rows(blocks, OPEN, self.clock()))
        fresh = [layout for layout in batch.layouts if layout.id not in self.feature_sets]
        if fresh:
            await self.store.insert(tables.FEATURE_SETS.name, feature_set_rows(fresh))
            if len(self.feature_sets) > 100_000:
                self.feature_sets.clear()
            self.feature_sets.update(layout.id for layout in fresh)
        if len(batch):
            await self.store.insert(tables.EVENTS.name, rows)
            more = {tables.ASSETS: await self.artifacts.rows(batch), tables.EVENT_TEXT: await self.texts.rows(batch)}
            for table, found in more.items():
                if found is not None:
                    await self.store.insert(table.name, found)
        if batch.rejects:
            wanted = {reject.offset for reject in batch.rejects}
            now = self.clock()
            at = {r.offset: now if r.timestamp_ns is None else r.timestamp_ns for r in records if r.offset in wanted}
            await self.store.insert(tables.REJECTS.name, reject_rows(batch, at))

    def _add(self, into: dict[SummaryKey, Summary], changed: set[SummaryKey], new: dict[SummaryKey, Summary]) -> None:
        most = {"max_principals": self.bounds.max_principals, "max_predictions": self.bounds.max_predictions}
        for key, summary in new.items():
            before = into.get(key)
            into[key] = (
                summary
                if before is None
                else merge([before, summary], **most, max_sample=SAMPLE_ROWS, max_queries=self.bounds.queries)
            )
            changed.add(key)

    def _lingered(self, partition: Partition) -> bool:
        return self.wall() - partition.published_ns >= self.settings.line.linger_seconds * SECOND_NS

    def _messages(self, partition: Partition, block: Block, final: bool) -> list[tuple[int, bytes]]:
        progress = Progress(
            source=block.source,
            first=block.first,
            last=block.last,
            final=final,
            generation=partition.generation,
            watermark_ns=block.watermark_ns,
            tick_ns=self.clock(),
            summaries=[(key, block.on_time[key]) for key in sorted(block.changed)],
            late=[(key, block.after_close[key]) for key in sorted(block.changed_late)],
        )
        block.changed, block.changed_late = set(), set()
        return encode(progress, self.shards)

    async def _publish_open(self, partition: Partition) -> None:
        block = partition.block
        if block is not None and (block.changed or block.changed_late or block.watermark_ns):
            await self.publish(self._messages(partition, block, final=False))
        partition.published_ns = self.wall()

    async def _end(self, partition: Partition, ended: list[Block]) -> None:
        """Record the end, publish what is left, then move the floor: in that order, or a crash would lose or repeat."""
        if not ended:
            return
        await self.store.insert(tables.BLOCKS.name, block_rows(ended, ENDED, self.clock()))
        if partition.gone:
            return  # the next owner may have read on past this end; a final word of ours would contradict it
        await self.publish([message for block in ended for message in self._messages(partition, block, final=True)])
        if partition.block in ended:
            partition.block = None
        if not partition.gone:
            self.floor(ended[-1].source, ended[-1].last + 1)
        self.meter.ended(len(ended))

    async def tick(self, at_end: dict[Source, tuple[int, float]], dropped: int | None = None) -> None:
        """Called by timer. `at_end`: sources with nothing left to read, the next offset of each, and for how long, s.

        `dropped` is what `self.dropped` was before `at_end` was found out; it is void where partitions were revoked
        since. Publishes what lingers, ends blocks by time, and tells the judge which partitions are idle.
        """
        for partition in list(self.partitions.values()):
            if partition.lock.locked():
                continue  # its batch is being stored; that path publishes too
            async with partition.lock:
                await self._tick_block(partition)
        for source, (next_offset, seconds) in at_end.items():
            if seconds >= self.settings.line.idle_seconds and dropped in (None, self.dropped):
                await self._tell_idle(source, next_offset)

    async def _tick_block(self, partition: Partition) -> None:
        block = partition.block
        if block is None or partition.gone:
            return
        age = (self.clock() - block.opened_ns) / SECOND_NS
        if age >= self.settings.line.block_seconds and block.last >= max(block.least, block.first):
            await self._end(partition, [block])
        elif (block.changed or block.changed_late) and self._lingered(partition):
            await self._publish_open(partition)

    async def _tell_idle(self, source: Source, next_offset: int) -> None:
        partition = self.partitions.get(source)
        if partition is None:
            partition = self.partitions[source] = Partition(asyncio.Lock(), next_offset=next_offset)
        pause = self.settings.line.linger_seconds * SECOND_NS * (5 if partition.idle else 1)
        if (
            partition.lock.locked()
            or self.wall() - partition.told_idle_ns < pause
            or partition.next_offset > next_offset
        ):
            return
        async with partition.lock:
            if partition.block is not None and partition.block.last >= max(
                partition.block.least, partition.block.first
            ):
                await self._end(partition, [partition.block])
            if partition.block is not None or partition.gone:
                return
            progress = Progress(
                source=source,
                first=next_offset,
                last=next_offset - 1,
                final=True,
                generation=partition.generation,
                watermark_ns=partition.watermark_ns or 0,
                tick_ns=self.clock(),
                idle=True,
            )
            await self.publish(encode(progress, self.shards))
            partition.idle, partition.told_idle_ns = True, self.wall()
            self.progress_ns = self.wall()
