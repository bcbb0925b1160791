"""Labels that came alone in a log of files, joined to the answers read before or after them, in memory.

A replay has no store to look into. It remembers the last `MOST` answers with an id, and as many labels that wait.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from monitors.view import Places, features_of
from schemas.events import MINUTE_NS, BareLabel, EventBatch, RawRecord, Source
from schemas.summaries import Progress
from streams.barelabels import own_source
from streams.labelling import summarise
from streams.wire import encode

MOST = 50_000
Answer = tuple[EventBatch, Places, int]


class FileLabels:
    """`take` a batch: its answers are remembered, its labels joined and published by the minute they arrived in."""

    def __init__(self, shards: int, publish: Callable[[Sequence[tuple[int, bytes]]], Awaitable[None]]) -> None:
        self.shards, self.publish = shards, publish
        self.answers: dict[tuple[str, str], Answer] = {}
        self.waiting: dict[tuple[str, str], list[BareLabel]] = {}
        self.matched = 0

    async def take(self, source: Source, batch: EventBatch, records: Sequence[RawRecord], ends: Sequence[int]) -> None:
        """Returns when what could be joined is published."""
        found = self._remember(batch)
        for label in batch.labels:
            answer = self.answers.get((label.model, label.id))
            if answer is not None:
                found.append(_joined(label, answer))
            elif len(self.waiting) < MOST:
                self.waiting.setdefault((label.model, label.id), []).append(label)
        if not found:
            return
        self.matched += len(found)
        minutes: dict[int, list[dict[str, Any]]] = {}
        for row in found:
            minutes.setdefault(row["ts"] // MINUTE_NS * MINUTE_NS, []).append(row)
        summaries = [one for minute, rows in sorted(minutes.items()) for one in summarise(rows, source, minute)]
        first, last = records[0].offset, records[-1].offset
        newest = max(row["ts"] for row in found)
        own = own_source(source)
        await self.publish(
            encode(Progress(own, first, last, True, 0, newest, newest, summaries=summaries), self.shards)
        )

    def _remember(self, batch: EventBatch) -> list[dict[str, Any]]:
        """Keep the answers; returns labels that waited for one of them."""
        found: list[dict[str, Any]] = []
        named = [i for i, id in enumerate(batch.id) if id]
        places = Places.of(batch) if named else None
        for i in named:
            key = (batch.model[i], batch.id[i])
            if places is not None and key not in self.answers:
                self.answers[key] = (batch, places, i)
                found += [_joined(label, self.answers[key]) for label in self.waiting.pop(key, ())]
        while len(self.answers) > MOST:
            del self.answers[next(iter(self.answers))]
        return found


def _joined(label: BareLabel, answer: Answer) -> dict[str, Any]:
    batch, places, i = answer
    num, cat = features_of(batch, i, places)
    score = float(batch.score[i])
    return {
        "offset": label.offset,
        "ts": label.ts_ns,
        "model": label.model,
        "version": batch.version[i],
        "label": label.label,
        "source": label.source,
        "served_ts": int(batch.ts_ns[i]),
        "prediction": batch.prediction[i],
        "score": None if score != score else score,
        "num": num,
        "cat": cat,
    }
