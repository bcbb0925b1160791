"""`.venv/bin/python tests/benchmarks/text_stream.py` prints what texts cost in the stream, of docs/benchmarks.md.

`observe` over batches of tabular events (which carry no text), with and without the look for texts; then over chats,
beside a plain loop that only decodes them.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from monitors.observe import observe
from monitors.prepared import Prepared
from schemas.events import EventBatch, RawRecord
from schemas.formats import Limits, load
from tests.support.chats import chat
from tests.support.traffic import PLAIN_BOUNDS, SOURCE, learn_from, traffic

ROUNDS = 15


def batch_of(rows: list[dict[str, object]]) -> tuple[EventBatch, list[RawRecord]]:
    records = [RawRecord(i, json.dumps(row).encode(), None) for i, row in enumerate(rows)]
    return load("json_lines")(records, SOURCE, Limits()), records


def timed(work: Callable[[], object]) -> float:
    since = time.process_time()
    work()
    return time.process_time() - since


def observed(batch: EventBatch, prepared: Prepared) -> object:
    return observe(batch, np.zeros(len(batch), dtype=np.int64), 1, 0, lambda m, v, b: prepared, PLAIN_BOUNDS)


def tabular() -> None:
    prepared = Prepared(learn_from(traffic(60, 60, seed=9)))
    batch, _ = batch_of(traffic(20, 410, seed=1))
    seeing: Any = import_module("monitors.observe")
    real = seeing.texts_of
    found: dict[str, list[float]] = {"with": [], "without": []}
    for _ in range(ROUNDS):
        found["with"].append(timed(lambda: observed(batch, prepared)))
        seeing.texts_of = lambda *given: None
        found["without"].append(timed(lambda: observed(batch, prepared)))
        seeing.texts_of = real
    a, b = (1e6 * median(found[name]) / len(batch) for name in ("with", "without"))
    look = median(timed(lambda: [real(batch, np.zeros(0, np.uint64)) for _ in range(100)]) for _ in range(ROUNDS))
    print(f"| tabular events, {len(batch):,} a batch | {a:.2f} us | {b:.2f} us without | ratio {a / b:.3f} |")
    print(f"| the look for texts alone | {1e7 * look / len(batch):.0f} ns an event |")


def chats(replies: bool) -> None:
    prepared = Prepared(learn_from(chat(60, 60, seed=9)))
    rows = chat(20, 400, seed=1)
    for i, row in enumerate(rows):  # no text is seen twice
        row["prompt"] = f"{row['prompt']} {i}"
        row["response"] = f"{row['response']} {i}" if replies else None
    batch, records = batch_of(rows)
    decode = timed(lambda: load("json_lines")(records, SOURCE, Limits()))
    first = timed(lambda: observed(batch, prepared))
    seconds = median(timed(lambda: observed(batch, prepared)) for _ in range(3))
    n, name = len(batch), "prompt and reply" if replies else "prompts alone"
    print(f"| chats, {name} | {n / min(first, seconds):,.0f} events/s | decoding alone {n / decode:,.0f}/s |")


if __name__ == "__main__":
    tabular()
    chats(replies=True)
    chats(replies=False)
