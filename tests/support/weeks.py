"""Log files observed into an embedded store, with a baseline learnt from a part of them, for reports.

The line without its judge: events and baselines are stored, minutes, readings and alerts are not.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from schemas.baselines import Baseline
from schemas.settings import Settings
from streams.baselinefile import LAST_NS, Gatherer
from streams.filelabels import FileLabels
from streams.known import Baselines, store_baseline
from streams.meter import Meter
from streams.observer import Observer
from streams.onefile import Assign, feeds
from streams.sinks.clickhouse import ClickHouseStore
from tests.support.fresh import fresh

ASSIGN = Assign("file", None, 1, LAST_NS)


MONDAY = 1_773_014_400  # 2026-03-09, the first day of week 2026-W11
WEEK = 604_800


def records(start: int, count: int, seed: int, *, span: int = WEEK, **shift: float) -> Iterator[dict[str, Any]]:
    """`count` answers spread over `span` seconds; `shift` moves the numbers of that name, `missing` loses x1."""
    rng = random.Random(seed)
    for i in range(count):
        features: dict[str, Any] = {f"x{k}": rng.gauss(shift.get(f"x{k}", 0.0), 1.0) for k in range(4)}
        features["kind"] = rng.choice("abc")
        if rng.random() < shift.get("missing", 0.0):
            del features["x1"]
        score = 1 / (1 + math.exp(-2 * features["x0"]))
        answer, region = int(score > 0.5), rng.choice(("doha", "wakra"))
        right = rng.random() < max(score, 1 - score)
        yield {
            "ts": start + i * span / count, "model": "loans", "version": "1", "id": f"{seed}-{i}",
            "principal": f"u{i % 7}", "features": features, "score": score, "prediction": answer,
            "label": answer if right else 1 - answer, "segment": {"region": region}, "latency_ms": 5.0,
        }  # fmt: skip


def log_of(path: Path, *parts: Iterable[dict[str, Any]]) -> Path:
    """A log file of records."""
    with path.open("w") as file:
        file.writelines(json.dumps(record) + "\n" for part in parts for record in part)
    return path


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[ClickHouseStore]:
    """A migrated embedded store."""
    async with fresh(Settings().replace("store", folder=str(folder))) as store:
        yield store


def learnt(path: Path, settings: Settings | None = None) -> list[Baseline]:
    """One baseline of each model version of a log file."""
    reader = Gatherer(settings or Settings(), lambda model, version: True)
    reader.read(path, lambda: None)
    return [reader.gathering.learn(*name, number=1) for name in sorted(reader.gathering.found)]


async def observe(store: ClickHouseStore, paths: Sequence[Path], baselines: Iterable[Baseline]) -> None:
    """Store the events of the files, scored against the baselines."""
    known = Baselines()
    for baseline in baselines:
        known.add(baseline)
        await store_baseline(store, baseline)

    async def publish(messages: Sequence[tuple[int, bytes]]) -> None:
        """Nobody judges."""

    observer = Observer(
        Settings(),
        store,
        publish,
        known,
        clock=time.time_ns,
        wall=time.time_ns,
        floor=lambda source, offset: None,
        meter=Meter(),
        labels=FileLabels(1, publish),
    )
    for source, records in feeds(list(paths), ASSIGN, 4096):
        await observer.feed(source, records)


def keep(folder: Path, paths: Sequence[Path], baselines: Iterable[Baseline]) -> None:
    """The same into a new store that is closed again, so that commands can open it."""

    async def make() -> None:
        async with opened(folder) as store:
            await observe(store, paths, baselines)

    asyncio.run(make())


def split(path: Path, until: float) -> tuple[Path, Path]:
    """The records of a log before a time (seconds), and all others, as two files beside it."""
    parts = path.with_suffix(".before"), path.with_suffix(".after")
    with path.open() as log, parts[0].open("w") as before, parts[1].open("w") as after:
        for line in log:
            (before if json.loads(line)["ts"] < until else after).write(line)
    return parts
