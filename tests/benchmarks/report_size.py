"""Time and memory of a weekly report of few and of many rows, each in a process of its own.

    python tests/benchmarks/report_size.py [--rows 5000000]

Rows are made in columns and inserted into an embedded store; the report is made as `mirqab report weekly` does. Beside
it, what taking all rows instead of a sample costs, up to a size that still fits.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from schemas.events import layout_id
from schemas.settings import Settings
from schemas.tables import EVENTS, FEATURE_SETS
from streams import reporting
from streams.known import store_baseline
from streams.rows import arrow
from streams.ruleset import read_rules
from tests.support.weeks import MONDAY, WEEK, learnt, log_of, opened, records

CHUNK = 250_000
NUMBERS, WORDS = ("x0", "x1", "x2", "x3"), ("kind",)


def chunk(rng: np.random.Generator, first: int, n: int, whole: int) -> pa.Table:
    """Rows of `events`, spread over the week."""
    score = rng.random(n)
    kinds = pa.array(rng.choice(np.array(["a", "b", "c"]), n))
    offsets = pa.array(np.arange(n + 1, dtype=np.int32))
    answers = np.where(score > 0.5, "1", "0")
    same = dict.fromkeys(("session", "status", "source_ip", "principal", "segment"), "")
    return arrow(
        EVENTS,
        {
            **_empty(n), **same, "log_id": "big", "topic": "t", "partition": 0, "offset": np.arange(first, first + n),
            "ts": MONDAY * 10**9 + (np.arange(first, first + n) * (WEEK * 10**9 // whole)), "model": "loans",
            "version": "1", "id": [f"r{first + i}" for i in range(n)], "prediction": pa.array(answers),
            "score": score, "scores": [()] * n, "latency_ms": pa.nulls(n, pa.float64()),
            "tokens_in": pa.nulls(n, pa.uint32()), "tokens_out": pa.nulls(n, pa.uint32()),
            "feature_set": np.full(n, layout_id(NUMBERS, WORDS), dtype=np.uint64), "num": rng.normal(0, 1, (n, 4)),
            "cat": pa.ListArray.from_arrays(offsets, kinds), "label": pa.array(answers), "baseline": "b",
            "anomaly": pa.array(rng.random(n).astype(np.float32)), "flags": np.zeros(n, dtype=np.uint16),
        },
    )  # fmt: skip


def _empty(n: int) -> dict[str, Any]:
    """Every column without anything in it."""

    def nothing(kind: str) -> Any:
        if kind.startswith("Array"):
            return [()] * n
        return [None] * n if kind.startswith("Nullable") else "" if "String" in kind else 0

    return {column.name: nothing(column.type) for column in EVENTS.columns}


async def fill(folder: Path, rows: int) -> None:
    rng = np.random.default_rng(1)
    async with opened(folder) as store:
        for baseline in learnt(log_of(folder.parent / "usual.jsonl", records(MONDAY - WEEK, 3000, 1))):
            await store_baseline(store, baseline)
        names = {"num_names": [NUMBERS], "cat_names": [WORDS]}
        sets = {"id": np.array([layout_id(NUMBERS, WORDS)], dtype=np.uint64), **names}
        await store.insert("feature_sets", arrow(FEATURE_SETS, sets))
        for first in range(0, rows, CHUNK):
            await store.insert("events", chunk(rng, first, min(CHUNK, rows - first), rows))


async def report(folder: Path, sample: int) -> None:
    settings = Settings().replace("reports", sample_rows=sample)
    async with opened(folder) as store:
        began = time.monotonic()
        row = await reporting.weekly(
            store, settings, read_rules(settings), "loans", "2026-W11", (MONDAY + WEEK) * 10**9
        )
        took = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{took:.1f} s, {peak:,.0f} MB at most; {row['verdict']}; {len(row['html']) / 1000:.0f} kB of HTML", flush=True
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--one-fill", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        asyncio.run(report(Path(args.one[0]), int(args.one[1])))
        return
    if args.one_fill:
        asyncio.run(fill(Path(args.one_fill), args.rows))
        return
    for rows in (8, 50_000, 500_000, args.rows):
        with tempfile.TemporaryDirectory() as folder:
            store = Path(folder) / "store"
            subprocess.run([sys.executable, __file__, "--rows", str(rows), "--one-fill", str(store)], check=True)
            for sample in (50_000, 500_000) if rows > 50_000 else (50_000,):
                print(f"{rows:>10,} rows, sample of {sample:,}: ", end="", flush=True)
                subprocess.run([sys.executable, __file__, "--one", str(store), str(sample)], check=True)


if __name__ == "__main__":
    main()
