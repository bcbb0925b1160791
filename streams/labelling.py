"""Agent `labels`, without the broker: ground truth joined to the stored answer, and told to the judge as a summary.

A label is joined by (model, id). One whose answer is not stored yet waits, and is looked for again with every later
batch. In which block a label was matched is recorded before the block's summary is published: a re-read counts it once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from monitors.labelrows import judged
from monitors.quiet import silence
from monitors.truth import count_labels
from schemas.events import MINUTE_NS, BareLabel, EventBatch, RawRecord, Source, row_hash
from schemas.formats import Limits
from schemas.formats.json_lines import decode
from schemas.labelled import LabelRow, bounded_rows
from schemas.settings import Settings
from schemas.summaries import Keyed, Progress, SummaryKey
from schemas.tables import BLOCKS, LABELS, REJECTS
from streams.blocks import ENDED, Block, block_rows
from streams.eventrows import reject_rows
from streams.rows import arrow
from streams.store import Store
from streams.wire import encode

RECORDED = """
SELECT first, last FROM blocks_now
WHERE log_id = {log_id:String} AND topic = {topic:String} AND partition = {partition:UInt32} AND first >= {first:Int64}
ORDER BY first LIMIT {limit:UInt32}
"""
ANSWERS = """
SELECT model, id, version, ts, prediction, score, num, cat, num_names, cat_names
FROM events_now LEFT JOIN (SELECT id AS set, num_names, cat_names FROM feature_sets_now) AS names
ON names.set = feature_set
WHERE model IN {models:Array(String)} AND id IN {ids:Array(String)} ORDER BY ts, offset, part
"""
WAITING = """
SELECT offset, ts, model, id, label, source FROM labels_now
WHERE log_id = {log_id:String} AND topic = {topic:String} AND partition = {partition:UInt32} AND matched = 0
ORDER BY offset LIMIT 2000
"""
MATCHED = """
SELECT offset, ts, model, version, id, label, source, served_ts, prediction, score FROM labels_now
WHERE log_id = {log_id:String} AND topic = {topic:String} AND partition = {partition:UInt32}
AND matched = 1 AND matched_block = {first:Int64}
"""
Row = dict[str, Any]


class Labelling:
    """All label partitions of this process. `floor(source, offset)` is told what may be committed."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        publish: Callable[[Sequence[tuple[int, bytes]]], Awaitable[None]],
        *,
        clock: Callable[[], int],
        floor: Callable[[Source, int], None],
    ) -> None:
        self.settings, self.store, self.publish, self.clock, self.floor = settings, store, publish, clock, floor
        self.shards = settings.kafka.partitions

    async def feed(self, source: Source, records: Sequence[RawRecord]) -> None:
        """Records of one partition in offset order; cut where an earlier, interrupted reading of them was cut."""
        asked = {**source._asdict(), "first": records[0].offset, "limit": len(records)}
        found = await self.store.query(RECORDED, asked)
        recorded = {int(row["first"]): int(row["last"]) for row in found}
        while records:
            first = records[0].offset
            last = recorded.get(first, records[-1].offset)
            block, records = [r for r in records if r.offset <= last], [r for r in records if r.offset > last]
            await self._block(source, block, known=first in recorded)

    async def _block(self, source: Source, records: Sequence[RawRecord], *, known: bool) -> None:
        first, last = records[0].offset, records[-1].offset
        if not known:
            await self._join(source, records, first)
            block = Block(source, first, last, last, 0, self.clock(), last=last, events=len(records))
            await self.store.insert(BLOCKS.name, block_rows([block], ENDED, self.clock()))
        matched = await self.store.query(MATCHED, {**source._asdict(), "first": first})
        arrival = max((r.timestamp_ns or self.clock() for r in records), default=self.clock())
        answers = await self._answers(matched)
        rows = [{**row, **_features(answers.get((row["model"], row["id"]), {}))} for row in matched]
        summaries = summarise(rows, source, arrival // MINUTE_NS * MINUTE_NS)
        progress = Progress(source, first, last, True, 0, arrival, arrival, summaries=summaries)
        await self.publish(encode(progress, self.shards))
        self.floor(source, last + 1)

    async def _join(self, source: Source, records: Sequence[RawRecord], first: int) -> None:
        """Store these labels, and those that waited, with the answers that are known by now."""
        limits = Limits(keep_raw_bytes=4096 if self.settings.privacy.keep_rejects else 0)
        batch = decode(records, source, limits)
        at = {r.offset: r.timestamp_ns or self.clock() for r in records}
        if batch.rejects:
            await self.store.insert(REJECTS.name, reject_rows(batch, at))
        labels: list[Row] = [dict(row) for row in await self.store.query(WAITING, source._asdict())]
        waiting = len(labels)
        given = [BareLabel(*row) for row in _labelled(batch)] + batch.labels
        for one in sorted(given, key=lambda one: one.offset):
            own = {"model": one.model, "id": one.id, "label": one.label, "source": one.source}
            labels.append({"offset": one.offset, "ts": at[one.offset], **own})
        answers = await self._answers(labels)
        rows = [_joined(label, answers.get((label["model"], label["id"])), first) for label in labels]
        rows = [row for i, row in enumerate(rows) if i >= waiting or row["matched"]]
        if rows:
            columns = {name: [row[name] for row in rows] for name in rows[0]}
            await self.store.insert(LABELS.name, arrow(LABELS, {**source._asdict(), **columns}))

    async def _answers(self, labels: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], Mapping[str, Any]]:
        """The first stored answer of each (model, id)."""
        answers: dict[tuple[str, str], Mapping[str, Any]] = {}
        if labels:
            names = {"models": sorted({r["model"] for r in labels}), "ids": sorted({r["id"] for r in labels})}
            for row in await self.store.query(ANSWERS, names):
                answers.setdefault((row["model"], row["id"]), row)
        return answers


def _labelled(batch: EventBatch) -> Iterator[tuple[int, int, str, str, str, str]]:
    """Labels on the labels topic in records that repeat something of the answer."""
    offsets, times = batch.offset.tolist(), batch.ts_ns.tolist()
    rows = zip(offsets, times, batch.model, batch.id, batch.label, batch.label_source, strict=True)
    return (row for row in rows if row[3] and row[4])


def _features(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer's features by name; none where it was logged without any."""
    num = zip(answer.get("num_names", ()), answer.get("num", ()), strict=False)
    cat = zip(answer.get("cat_names", ()), answer.get("cat", ()), strict=False)
    return {"num": {name: float(x) for name, x in num if x == x}, "cat": dict(cat)}


def _joined(label: Row, answer: Mapping[str, Any] | None, first: int) -> Row:
    return {
        "offset": label["offset"],
        "ts": _ns(label["ts"]),
        "model": label["model"],
        "version": answer["version"] if answer else "",
        "id": label["id"],
        "label": label["label"],
        "source": label["source"],
        "matched": int(answer is not None),
        "matched_block": first if answer else -1,
        "served_ts": _ns(answer["ts"]) if answer else None,
        "prediction": answer["prediction"] if answer else "",
        "score": answer["score"] if answer else None,
    }


def _ns(value: int | datetime) -> int:
    return value if isinstance(value, int) else round(value.timestamp() * 1000) * 1_000_000


def summarise(matched: Sequence[Mapping[str, Any]], source: Source, minute_ns: int) -> list[Keyed]:
    """One summary per model version, under the minute in which the labels arrived."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in matched:
        groups.setdefault((row["model"], row["version"]), []).append(row)
    result = []
    for (model, version), rows in sorted(groups.items()):
        scores = np.array([np.nan if r["score"] is None else r["score"] for r in rows], dtype=np.float64)
        ages = np.array([max(0, _ns(r["ts"]) - _ns(r["served_ts"])) for r in rows], dtype=np.int64)
        labels, predictions = [r["label"] for r in rows], [r["prediction"] for r in rows]
        counted = count_labels(labels, predictions, scores, ages, np.zeros(len(rows), dtype=np.int64), 1)
        summary = silence()
        summary.labelled = bounded_rows(_label_rows(rows, source))
        said = {name: counts[0] for name, counts in counted.items() if counts.any()}
        summary.vectors = {**summary.vectors, **said}
        result.append((SummaryKey(model, version, "", minute_ns, ""), summary))
    return result


def _label_rows(rows: Sequence[Mapping[str, Any]], source: Source) -> Iterator[LabelRow]:
    offsets = np.array([row["offset"] for row in rows], dtype=np.int64)
    hashes = row_hash(source.topic, source.partition, offsets).tolist()
    for row, hash in zip(rows, hashes, strict=True):
        said = judged(row["label"], row["prediction"], np.nan if row["score"] is None else float(row["score"]))
        if said is not None:
            yield LabelRow(hash, row["source"], *said, row.get("num", {}), row.get("cat", {}))
