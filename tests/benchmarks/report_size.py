"""Time and memory of a weekly report of few and of many rows, each in a process of its own.

    python tests/benchmarks/report_size.py [--rows 5000000]

Rows are made by the engine itself in an embedded store; the report is made as `mirqab report weekly` does. Beside
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

import numpy as np

from schemas.events import layout_id
from schemas.settings import Settings
from schemas.tables import FEATURE_SETS
from streams import reporting
from streams.known import store_baseline
from streams.rows import arrow
from streams.ruleset import read_rules
from tests.support.weeks import MONDAY, WEEK, learnt, log_of, opened, records

NUMBERS, WORDS = ("x0", "x1", "x2", "x3"), ("kind",)
ROWS = """
INSERT INTO events (
    log_id, topic, partition, offset, ts, model, version, id, prediction, score, feature_set, num, cat, label, baseline,
    anomaly
)
SELECT
    'big', 't', 0, number, fromUnixTimestamp64Milli({begin} * 1000 + intDiv(number * {span} * 1000, {rows}), 'UTC'),
    'loans', '1', concat('r', toString(number)), toString(rand(1) % 2), rand(2) / 4294967296, {features},
    [randNormal(0, 1, 1), randNormal(0, 1, 2), randNormal(0, 1, 3), randNormal(0, 1, 4)],
    [substring('abc', 1 + rand(3) % 3, 1)], toString(rand(1) % 2), 'b', rand(4) / 4294967296
FROM numbers({rows})
"""


async def fill(folder: Path, rows: int) -> None:
    async with opened(folder) as store:
        for baseline in learnt(log_of(folder.parent / "usual.jsonl", records(MONDAY - WEEK, 3000, 1))):
            await store_baseline(store, baseline)
        names = {"num_names": [NUMBERS], "cat_names": [WORDS]}
        sets = {"id": np.array([layout_id(NUMBERS, WORDS)], dtype=np.uint64), **names}
        await store.insert("feature_sets", arrow(FEATURE_SETS, sets))
        made = {"begin": MONDAY, "span": WEEK, "rows": rows, "features": layout_id(NUMBERS, WORDS)}
        await store.command(ROWS.format_map(made))


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
