"""Stores without a database: the one in memory, and the folder of JSON lines."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from schemas.errors import StoreRefused, StoreUnavailable, UsageError
from schemas.tables import ALERTS, BLOCKS, EVENTS, FEATURE_SETS, READINGS, REJECTS
from streams.rows import arrow, interleave
from streams.sinks.json_lines import JsonLinesStore
from streams.sinks.memory import MemoryStore

AT = 1_750_000_000_123_456_789
DAY_ONE = "2025-06-15T15:06:40.123Z"


def names(id: int, *features: str) -> pa.Table:
    return arrow(FEATURE_SETS, {"id": [id], "num_names": [features], "cat_names": [[]]})


def block(last: int, stage: int) -> pa.Table:
    texts = {c.name: "x" for c in BLOCKS.columns if "String" in c.type}
    numbers = {c.name: 0 for c in BLOCKS.columns if "Int" in c.type}
    changes = {"opened": AT, "ended": AT, "baselines": {"m/1": "b"}, "last": last, "stage": stage, "rank": last + stage}
    return arrow(BLOCKS, texts | numbers | changes)


def alert(transition: int, level: str, generation: int = 1, **changes: Any) -> pa.Table:
    row: dict[str, Any] = {c.name: "" for c in ALERTS.columns if "String" in c.type}
    row |= {"id": "a1", "rule": "psi", "family": "drift", "model": "m", "level": level, "principals": [["eve"]]}
    row |= {"transition": transition, "at": AT, "at_ns": AT, "first_seen": AT, "first_seen_ns": AT, "n": 9}
    row |= {"opened": None, "resolved": None, "p": 0.01, "effect": float("nan"), "generation": generation}
    row |= {"evidence": '{"label_sources":["ops"]}', "state": "open", "summary": f"it is {level}"}
    row |= {"transitions": json.dumps([{"at_ns": AT, "level": level, "reason": "why"}])}
    return arrow(ALERTS, row | changes)


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


async def test_memory_shows_one_row_per_key() -> None:
    store = MemoryStore()
    await store.insert("blocks", block(last=9, stage=1))
    await store.insert("blocks", block(last=5, stage=0))
    assert [row["last"] for row in store.rows("blocks")] == [9]
    assert len(store.all_rows("blocks")) == 2
    assert store.rows("blocks")[0]["baselines"] == {"m/1": "b"}


async def test_memory_waits_out_what_may_pass_and_raises_what_will_not() -> None:
    store = MemoryStore()
    store.fail_next(2, StoreUnavailable("busy"))
    await store.insert("feature_sets", names(1, "a"))
    assert (store.waits, len(store.rows("feature_sets"))) == (2, 1)
    store.fail_next(1, StoreRefused("no"))
    with pytest.raises(StoreRefused, match="no"):
        await store.insert("feature_sets", names(2, "b"))
    assert len(store.rows("feature_sets")) == 1


async def test_memory_answers_what_it_was_told() -> None:
    store = MemoryStore()
    assert await store.query("SELECT * FROM blocks_now") == []
    store.answer("blocks_now", lambda parameters: [{"last": parameters["n"]}])
    assert await store.query("SELECT * FROM blocks_now", {"n": 3}) == [{"last": 3}]
    assert store.asked[-1] == ("SELECT * FROM blocks_now", {"n": 3})


async def test_memory_refuses_what_a_database_would() -> None:
    with pytest.raises(StoreRefused, match="did you mean events"):
        await MemoryStore().insert("event", names(1, "a"))
    with pytest.raises(StoreRefused, match="num_name"):
        await MemoryStore().insert("events", names(1, "a"))


async def test_files_stand_there_even_if_nothing_happened(tmp_path: Path) -> None:
    await JsonLinesStore(tmp_path / "out").close()
    made = {file.name: file.read_text() for file in (tmp_path / "out").iterdir()}
    assert set(made) >= {"events.jsonl", "readings.jsonl", "signals.jsonl", "alerts.jsonl"}
    assert set(made.values()) == {""}


async def test_an_event_is_a_line(tmp_path: Path) -> None:
    row: dict[str, Any] = {c.name: "" for c in EVENTS.columns if "String" in c.type}
    row |= {c.name: None for c in EVENTS.columns if c.type.startswith("Nullable")}
    row |= {"partition": 0, "offset": [4], "part": 0, "ts": AT, "flags": 0, "feature_set": 1, "principal": "ü\n"}
    row |= {"scores": [None], "num": np.array([[1.5, np.nan]]), "cat": interleave([["a"], ["b"]], 1)}
    store = JsonLinesStore(tmp_path)
    await store.insert("events", arrow(EVENTS, row))
    (line,) = lines(tmp_path / "events.jsonl")
    assert list(line) == [c.name for c in EVENTS.columns]
    assert (line["num"], line["cat"], line["scores"]) == ([1.5, None], ["a", "b"], [])
    assert (line["ts"], line["principal"], line["score"]) == (DAY_ONE, "ü\n", None)
    await store.close()


async def test_bytes_that_are_no_text_are_escaped(tmp_path: Path) -> None:
    row = {"log_id": "r", "topic": "t", "partition": 0, "offset": 1, "at": AT, "reason": "no JSON", "size": 2}
    store = JsonLinesStore(tmp_path)
    await store.insert("rejects", arrow(REJECTS, {**row, "digest": "d", "raw": b"\xff\x00"}))
    assert lines(tmp_path / "rejects.jsonl")[0]["raw"] == "\\xff\x00"
    await store.close()


async def test_written_twice_is_written_once(tmp_path: Path) -> None:
    store = JsonLinesStore(tmp_path)
    for _ in range(2):
        await store.insert("feature_sets", names(1, "a"))
    await store.insert("feature_sets", names(2, "b"))
    assert [line["id"] for line in lines(tmp_path / "feature_sets.jsonl")] == [1, 2]
    await store.close()
    await store.close()


async def test_a_failing_write_leaves_no_half_line(tmp_path: Path) -> None:
    store = JsonLinesStore(tmp_path)
    await store.insert("feature_sets", names(1, "a"))
    with no_room_in(tmp_path / "feature_sets.jsonl", spare=10), pytest.raises(StoreRefused, match="make room"):
        await store.insert("feature_sets", names(2, "b"))
    await store.insert("feature_sets", names(2, "b"))
    assert [line["id"] for line in lines(tmp_path / "feature_sets.jsonl")] == [1, 2]
    await store.close()


async def test_an_alert_is_one_line_in_its_final_state(tmp_path: Path) -> None:
    store = JsonLinesStore(tmp_path)
    await store.insert("alerts", alert(1, "page", generation=2, opened=AT, resolved=AT))
    await store.insert("alerts", alert(1, "ticket"))
    await store.insert("alerts", alert(0, "suspected"))
    await store.insert("alerts", alert(0, "ticket", id="a0", p=None, evidence='{"e":40.0,"verdict":"stolen"}'))
    await store.close()
    first, second = lines(tmp_path / "alerts.jsonl")
    about = {"id": "a1", "rule": "psi", "family": "drift", "level": "page", "model": "m", "version": "", "segment": ""}
    who = {"metric": "", "feature": "", "principals": ["eve"], "label_sources": ["ops"]}
    when = {"first_seen": AT / 1e9, "opened": 1_750_000_000.123, "resolved": 1_750_000_000.123}
    what = {"p": 0.01, "effect": None, "n": 9, "summary": "it is page", "verdict": None, "technique": ""}
    story = {"transitions": [{"at": AT / 1e9, "level": "page", "reason": "why"}]}
    assert second == about | who | when | what | story
    assert (first["id"], first["e"], first["verdict"]) == ("a0", 40.0, "stolen")
    assert "p" not in first
    assert len(lines(tmp_path / "alerts_transitions.jsonl")) == 4


async def test_a_folder_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="give a folder"):
        JsonLinesStore(tmp_path / "file" / "out")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"valeu": [1.0]}, "did you mean value"),
        ({"value": None, "n": [1, 2]}, None),
        ({"n": [1, None]}, "readings.n: 1 nulls; Int64 cannot be null"),
        ({"n": ["x"]}, "readings.n: the values do not fit Int64"),
        ({"n": [1, 2], "p": [0.1]}, "columns must be equally long; got p 1, n 2"),
        ({"n": [2**63]}, "readings.n"),
    ],
    ids=str,
)
def test_columns_that_do_not_fit_are_named(change: dict[str, Any], complaint: str | None) -> None:
    columns: dict[str, Any] = {c.name: "" for c in READINGS.columns if "String" in c.type}
    columns |= {c.name: None for c in READINGS.columns if c.type.startswith("Nullable")}
    columns |= {"at": AT, "at_ns": AT, "n": 0, "generation": 0}
    if complaint is None:
        assert arrow(READINGS, columns | change).num_rows == 2
        return
    with pytest.raises(ValueError, match=complaint):
        arrow(READINGS, columns | change)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match="feature_sets: no values for column cat_names"):
        arrow(FEATURE_SETS, {"id": [1], "num_names": [[]]})


@contextmanager
def no_room_in(file: Path, spare: int) -> Iterator[None]:
    """As on a full disk: no file may grow beyond this one's size and `spare` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size + spare, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
