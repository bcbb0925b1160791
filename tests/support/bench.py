"""What the benchmarks share: records as the load script writes them, baselines of them, a store that keeps time.

Nothing here asserts; a benchmark prints what it measured, and docs/benchmarks.md says what it means.
"""

from __future__ import annotations

import json
import os
import random
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from monitors.learn import Learnt, learn
from monitors.observe import Bounds, observe
from schemas.baselines import Baseline
from schemas.events import MINUTE_NS, RawRecord, Source
from schemas.formats import Limits
from schemas.formats.json_lines import decode
from schemas.settings import Settings
from schemas.summaries import merge
from streams.known import store_baseline
from streams.migrate import migrate
from streams.sinks.clickhouse import ClickHouseStore

ROOT = Path(__file__).resolve().parents[2]
SPIKES = ROOT.parent / "shared" / "spikes"
SOURCE = Source("bench", "bench", 0)
LIMITS = Limits(1 << 20, 300 * 10**9, 0)
BOUNDS = Bounds(256, 64, 60 * 10**9)
FEATURES = [f"feature_{i:02d}" for i in range(20)]
START = 1_700_000_000


def event(rng: random.Random, i: int, ts: float, model: str, principal: str) -> bytes:
    """One record of about 900 bytes with 20 features, as the load script writes them."""
    record = {
        "ts": ts,
        "model": model,
        "version": "3",
        "principal": principal,
        "request_id": f"{i:032x}",
        "features": {name: rng.gauss(0, 1) for name in FEATURES},
        "prediction": int(rng.random() < 0.1),
        "score": rng.random(),
        "latency_ms": rng.expovariate(0.1),
    }
    return json.dumps(record).encode()


def raw_events(
    count: int, *, models: Sequence[str], principals: int, per_second: float, seed: int = 1, first: int = 0
) -> list[RawRecord]:
    """`count` records in offset order, models in turn, principals as uneven as in life."""
    rng = random.Random(seed)
    result = []
    for i in range(count):
        ts = START + i / per_second
        who = f"u{int(rng.paretovariate(1)) % principals}"
        result.append(RawRecord(first + i, event(rng, i, ts, models[i % len(models)], who), int(ts * 1e9)))
    return result


def baselines(models: Sequence[str], rows: int = 2000) -> list[Baseline]:
    """Given baselines of version 3, all learnt from the same `rows` records of one model."""
    records = raw_events(rows, models=["m0"], principals=500, per_second=5)
    batch = decode(records, SOURCE, LIMITS)
    seen = observe(batch, batch.offset * 0, 1, 0, lambda model, version, block: None, BOUNDS)
    parts = list(seen.on_time[0].values())
    sample = [row for part in parts for row in part.sample]
    total = merge(parts, max_principals=256, max_predictions=64, max_sample=0)
    time_ = Learnt(START * 10**9, START * 10**9 + len(parts) * MINUTE_NS, len(parts))
    one = learn("m0", "3", 1, sample, total, time_, "given")
    return [_named(one, model) for model in models]


def _named(one: Baseline, model: str) -> Baseline:
    fields = {name: getattr(one, name) for name in one.__struct_fields__}
    return Baseline(**{**fields, "model": model})


async def prepare(settings: Settings, known: Sequence[Baseline]) -> None:
    """Make the tables and give the baselines, before the clock runs."""
    store = ClickHouseStore(settings.store)
    await store.connect(create=True)
    await migrate(store, settings)
    for baseline in known:
        await store_baseline(store, baseline)
    await store.close()


class Timeline:
    """When how many events had been stored; `rate` is over the time between the first stored rows and the last."""

    def __init__(self) -> None:
        self.marks: list[tuple[float, int]] = []
        self.cpu: list[float] = []

    def add(self, rows: int) -> int:
        """Rows were stored just now; returns how many there are in all."""
        total = (self.marks[-1][1] if self.marks else 0) + rows
        self.marks.append((time.perf_counter(), total))
        self.cpu.append(time.process_time())
        return total

    def rate(self) -> float:
        (since, before), (until, after) = self.marks[0], self.marks[-1]
        return (after - before) / max(until - since, 1e-9)

    def figures(self) -> dict[str, Any]:
        """Events per second, processor microseconds per event (all threads), the most memory held, MiB, and the marks.

        A mark is a moment of the machine's steady clock, s, and how many events were stored by then.
        """
        stored = max(self.marks[-1][1] - self.marks[0][1], 1)
        cpu = (self.cpu[-1] - self.cpu[0]) / stored * 1e6
        return {"events_per_second": self.rate(), "cpu_us": cpu, "rss_mb": rss_mb(), "marks": self.marks}


def tap(wanted: int, timeline: Timeline, done: Callable[[], None] | None = None) -> None:
    """Make every ClickHouseStore of this process note the events it has stored; at `wanted` call `done`, or end."""
    insert = ClickHouseStore.insert

    async def timed(self: ClickHouseStore, table: str, rows: pa.Table) -> None:
        await insert(self, table, rows)
        if table == "events" and timeline.add(rows.num_rows) >= wanted:
            if done is not None:
                done()
            else:
                finish(**timeline.figures())

    ClickHouseStore.insert = timed  # type: ignore[method-assign]


def rss_mb() -> float:
    """Most memory this process has held, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def finish(**figures: Any) -> None:
    """Print the figures as JSON and end the process at once: what it held is of no use to anybody."""
    print(json.dumps(figures), flush=True)
    sys.stderr.flush()
    os._exit(0)


def clean_env(**settings: str) -> dict[str, str]:
    """The environment without Mirqab's settings but these."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("MIRQAB_")}
    return {**kept, "PYTHONPATH": str(ROOT), **settings}
