"""What each family of readings costs: counting events (`summarise`) and reading a pane (`read`), one table.

The model has 20 numbers, a vector of 32, two categories, a score, class probabilities, tokens and labels, and a pane
has `--events` of them. The last lines are River's own half-space trees, and ADWIN on the score, on the same events:
what a plain service does one event at a time. Nothing else may run beside it; the smallest of `--repeats` times is
printed.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from river import anomaly, drift

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from monitors import observe as observing
from monitors.learn import Learnt, learn
from monitors.observe import Bounds
from monitors.pane import Pane
from monitors.prepared import Prepared
from monitors.readings import FAMILIES, side_by_side
from monitors.truth import Truth
from schemas.events import MINUTE_NS, EventBatch, RawRecord
from schemas.formats import Limits, load
from schemas.summaries import Summary
from tests.support.traffic import SOURCE, Made, merge, rich, traffic
from tests.support.traffic import observed as unscored

BOUNDS = Bounds(256, 64, 60 * 10**9)
NUMBERS = 20


def wide(row: dict[str, Any], rng: np.random.Generator) -> dict[str, Any] | None:
    made = rich(row, rng) or row
    made["features"] |= {f"number {i}": float(x) for i, x in enumerate(rng.normal(0, 1, NUMBERS - 3).round(3))}
    made["features"]["shop"] = f"s{rng.zipf(1.5) % 60}"
    return made


def decoded(records: list[RawRecord]) -> EventBatch:
    return load("json_lines")(records, SOURCE, Limits())


def learnt() -> Prepared:
    """From 2,000 events. A merged summary would keep too few rows of so wide a model."""
    minutes = unscored(Made().add(traffic(40, 50, seed=1, change=wide)).records).values()
    rows, total = [row for minute in minutes for row in minute.sample], merge(minutes)
    return Prepared(learn("card", "1", 1, rows, total, Learnt(0, 40 * MINUTE_NS, 40), origin="given"))


def observed(batch: EventBatch, prepared: Prepared) -> Summary:
    blocks = np.zeros(len(batch), dtype=np.int64)
    seen = observing.observe(batch, blocks, 1, 0, lambda model, version, block: prepared, BOUNDS)
    return merge(seen.on_time[0].values())


def name_of(family: Any) -> str:
    return str(family.__name__).rpartition(".")[2]


@contextmanager
def watched(spent: dict[str, float]) -> Iterator[None]:
    """Adds up what `summarise` of every family takes while it lasts."""

    def timed(family: Any, real: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def summarise(rows: Any) -> Any:
            began = time.perf_counter()
            counted = list(real(rows)) if side_by_side(family) else real(rows)
            spent[name_of(family)] = spent.get(name_of(family), 0.0) + time.perf_counter() - began
            return counted

        return summarise

    families: tuple[Any, ...] = FAMILIES
    before = [family.summarise for family in families]
    try:
        for family, real in zip(families, before, strict=True):
            family.summarise = timed(family, real)
        yield
    finally:
        for family, real in zip(families, before, strict=True):
            family.summarise = real


def counting(batch: EventBatch, prepared: Prepared, repeats: int) -> tuple[dict[str, float], float]:
    """Seconds per family, and of all of `observe` (scores, flags and all)."""
    best: dict[str, float] = {}
    whole = float("inf")
    for _ in range(repeats):
        spent: dict[str, float] = {}
        began = time.perf_counter()
        with watched(spent):
            observed(batch, prepared)
        whole = min(whole, time.perf_counter() - began)
        best = {name: min(seconds, best.get(name, seconds)) for name, seconds in spent.items()}
    return best, whole


def reading(pane: Pane, repeats: int) -> dict[str, tuple[float, int]]:
    """Seconds to read one pane, and how many readings that gave, per family."""
    found: dict[str, tuple[float, int]] = {}
    for family in FAMILIES:
        best, count = float("inf"), 0
        for _ in range(repeats):
            pane.truth = Truth(served=pane.n)
            began = time.perf_counter()
            count = sum(1 for _ in family.read(pane))
            best = min(best, time.perf_counter() - began)
        found[name_of(family)] = best, count
    return found


def river(batch: EventBatch) -> dict[str, float]:
    """Seconds an event of what a plain service does."""
    layout = batch.layouts[0]
    rows = [dict(zip(layout.num_names, row, strict=True)) for row in layout.num.tolist()]
    trees = anomaly.HalfSpaceTrees(n_trees=25, height=8, seed=1)
    adwin = drift.ADWIN()
    began = time.perf_counter()
    for row in rows:
        trees.score_one(row)
        trees.learn_one(row)
    between = time.perf_counter()
    for score in batch.score.tolist():
        adwin.update(score)
    ended = time.perf_counter()
    return {"River's half-space trees": (between - began) / len(rows), "River's ADWIN": (ended - between) / len(batch)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=4000, help="a pane")
    parser.add_argument("--repeats", type=int, default=7)
    args = parser.parse_args()
    prepared = learnt()
    batch = decoded(Made().add(traffic(5, args.events / 5, seed=2, change=wide)).records)
    total = observed(batch, prepared)
    pane = Pane("card", "1", 5 * 60 * 10**9, 5, total, total, prepared)
    counted, whole = counting(batch, prepared, args.repeats)
    print(f"{len(batch)} events in five minutes; {total.n} counted")
    print("| family | µs an event | µs a pane | readings a pane |")
    print("|---|---:|---:|---:|")
    for name, (seconds, count) in reading(pane, args.repeats).items():
        print(f"| {name} | {counted.get(name, 0.0) / len(batch) * 1e6:.3f} | {seconds * 1e6:.0f} | {count} |")
    print(f"| all of `observe`, scores and all | {whole / len(batch) * 1e6:.2f} | | |")
    for name, seconds in river(batch).items():
        print(f"| {name}, one event at a time | {seconds * 1e6:.1f} | | |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
