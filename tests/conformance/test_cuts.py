"""However a stream is cut into batches and blocks, rows, minutes, readings and alerts are the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.baselines import Baseline
from schemas.events import Source
from schemas.modelinfo import ModelInfo
from schemas.settings import Settings
from streams.pipeline import Feed
from tests.support.chats import ATTACKS, CARD, asked
from tests.support.traffic import MONDAY, Made, Ran, learn_from, run_line, small_settings, traffic

NAMED = ModelInfo(segments=("desk", "branch", "channel", "age"))
CUT = {"log_id", "topic", "partition", "offset", "generation", "ts"}
TABLES = (
    "events",
    "rejects",
    "minutes",
    "principal_minutes",
    "text_minutes",
    "readings",
    "signals",
    "alerts",
    "incidents",
)


def segmented(row: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """A few values, too many of them, and sometimes none."""
    draw = rng.random()
    if draw < 0.9:
        row["segment"] = {"desk": f"d{rng.integers(3)}", "branch": f"b{rng.integers(40)}"}
    return row


def drifts(row: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Drift after half an hour, a desk that labels all wrong, strange shapes, late records, segments of every kind."""
    segmented(row, rng)
    desk = rng.integers(4)
    wrong = desk == 3 and row["ts"] > MONDAY + 1200
    row |= {"label": int((rng.random() < row["score"]) != wrong), "label_source": f"desk-{desk}"}
    if row["ts"] > MONDAY + 1800:
        row["features"]["age"] += 15
    if rng.random() < 0.3:
        told = f"Your card is {CARD}." if rng.random() < 0.2 else "It is in the app."
        row |= {"prompt": str(rng.choice(ATTACKS)) if rng.random() < 0.1 else asked(rng), "response": told}
    draw = rng.random()
    if draw < 0.02:
        row["features"] = {"age": "forty", "channel": None}
    elif draw < 0.04:
        row.pop("features")
    elif draw < 0.05:
        row["ts"] -= 600
    return row


@cache
def stream() -> tuple[tuple[Made, Made], Baseline]:
    """Two partitions of two models with rejects between, and a baseline of one model."""
    parts = (Made(Source("log", "inference", 0)), Made(Source("log", "inference", 1)))
    for number, made in enumerate(parts):
        rows = traffic(50, 30, seed=number, change=drifts) + traffic(50, 5, seed=9 + number, model="other")
        rows.sort(key=lambda row: float(row["ts"]))
        lines: Iterator[dict[str, Any] | bytes] = (b"{broken" if i % 97 == 5 else row for i, row in enumerate(rows))
        made.add(lines)
    return parts, learn_from(traffic(60, 30, seed=77, change=segmented))


def run(sizes: list[int], turns: list[int], block: int) -> Ran:
    """Cut each partition at `sizes`, and take the partitions in the order `turns`, both over and over."""
    (a, b), baseline = stream()
    feeds: list[Feed] = []
    at, step = [0, 0], 0
    while at[0] < len(a.records) or at[1] < len(b.records):
        which = turns[step % len(turns)]
        made = (a, b)[which] if at[which] < len((a, b)[which].records) else (b, a)[which]
        which = 0 if made is a else 1
        size = sizes[step % len(sizes)]
        feeds.append((made.source, made.records[at[which] : at[which] + size]))
        at[which] += size
        step += 1
    settings: Settings = small_settings(baseline_events=600, baseline_minutes=10)
    settings = replace(settings.replace("line", block_records=block, max_segments=4), models={"card": NAMED})
    return run_line(feeds, settings, baselines=[baseline])


def content(ran: Ran) -> dict[str, list[str]]:
    """What was stored, without what says how it was cut; one row per key, as a reader of the store sees it."""
    result = {}
    for table in TABLES:
        rows = ran.store.rows(table) if table != "incidents" else standing(ran)
        drop = {"generation"} if table in ("events", "rejects") else {"generation", "position", "floor"}
        result[table] = sorted(repr({k: v for k, v in row.items() if k not in drop}) for row in rows)
    return result


def standing(ran: Ran) -> list[dict[str, Any]]:
    """How incidents stand in the end; in how many changes that was told depends on the cut."""
    last = {row["id"]: row for row in sorted(ran.store.rows("incidents"), key=lambda row: int(row["transition"]))}
    told = {"transition", "reason", "content"}
    return [{k: v for k, v in row.items() if k not in told} for row in last.values() if row["state"] != "merged"]


@cache
def once() -> dict[str, list[str]]:
    return content(run([700], [0, 1], 4096))


def test_the_stream_has_something_to_tell() -> None:
    assert any("poisoned_source" in row for row in once()["alerts"])
    assert all(once()[table] for table in TABLES), {table: len(rows) for table, rows in once().items()}
    for segment in ("desk=d1", "branch=(other)", "channel=web", "age="):
        assert any(f"'segment': '{segment}" in row and "'p': None" not in row for row in once()["readings"]), segment


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.integers(1, 900), min_size=1, max_size=5).filter(lambda sizes: sum(sizes) > 60 * len(sizes)),
    st.lists(st.integers(0, 1), min_size=1, max_size=6),
    st.integers(40, 5000),
)
def test_the_cut_changes_nothing(sizes: list[int], turns: list[int], block: int) -> None:
    again = content(run(sizes, turns, block))
    for table in TABLES:
        assert again[table] == once()[table], table
