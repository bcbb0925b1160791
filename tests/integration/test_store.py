"""The store, embedded: what is written is there, once, and nothing is dropped while the store is away."""

from __future__ import annotations

import asyncio
import json
from argparse import Namespace
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

from schemas.errors import Retryable, SettingError, StoreRefused, StoreUnavailable
from schemas.settings import Settings, Store
from schemas.tables import ALERTS, BY_NAME, EVENTS, LABELS, SCHEMA_META, TABLES, Table
from streams.commands import migrate as command
from streams.migrate import migrations
from streams.rows import arrow, interleave, records
from streams.sinks.clickhouse import ClickHouseStore
from streams.store_errors import sort_error
from tests.support.fresh import fresh

AT = 1_750_000_000_123_456_789


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings().replace("store", folder=str(tmp_path / "store"))


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[ClickHouseStore]:
    async with fresh(settings, wait=True, random=Random(1), sleep=no_sleep) as store:
        yield store


async def no_sleep(seconds: float) -> None:
    await asyncio.sleep(0)


def sample(kind: str) -> Any:
    """A value that is hard to carry, per ClickHouse type."""
    if kind.startswith("Nullable"):
        return None
    if kind.startswith("Array"):
        return [["ü'\\", ""]] if "String" in kind else [[0.5, float("nan")]]
    if kind.startswith("Map"):
        values: dict[str, Any] = {"String)": "'", "Int64)": -1, "Array(Int64))": [1, -(2**62)]}
        return [{"k'": values[kind.split(", ")[1]], "": values[kind.split(", ")[1]]}]
    if kind.startswith("DateTime64"):
        return AT
    return "ü'\n\x00\\" if "String" in kind else 7


def events(offsets: list[int], label: str = "") -> pa.Table:
    n = len(offsets)
    columns: dict[str, Any] = {c.name: "" for c in EVENTS.columns if "String" in c.type}
    columns |= {c.name: None for c in EVENTS.columns if c.type.startswith("Nullable")}
    columns |= {"offset": offsets, "part": 0, "ts": AT, "partition": 0, "flags": 0, "feature_set": 1, "label": label}
    columns |= {"scores": [None] * n, "num": np.zeros((n, 2)), "cat": interleave([["a"] * n], n)}
    return arrow(EVENTS, columns)


async def count(store: ClickHouseStore, table: str) -> int:
    return int((await store.query(f"SELECT count() AS n FROM {table}_now"))[0]["n"])


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
async def test_every_type_survives_the_way_there_and_back(store: ClickHouseStore, table: Table) -> None:
    row = {c.name: sample(c.type) for c in table.columns}
    await store.command(f"TRUNCATE TABLE {table.name}")
    await store.insert(table.name, arrow(table, row))
    (back,) = await store.query(f"SELECT * FROM {table.name}_now")
    for column in table.columns:
        given = row[column.name]
        if column.type == "DateTime64(3, 'UTC')":
            given = datetime.fromtimestamp(AT // 1_000_000 / 1000, UTC)
        if isinstance(given, list):
            given = given[0]
        np.testing.assert_equal(back[column.name], given, err_msg=column.name)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
async def test_no_rows_insert_like_any(store: ClickHouseStore, table: Table) -> None:
    await store.command(f"TRUNCATE TABLE {table.name}")
    await store.insert(table.name, arrow(table, {c.name: [] for c in table.columns}))
    assert await count(store, table.name) == 0


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_rows_read_back_in_memory_equal_the_slow_way(table: Table) -> None:
    rows = arrow(table, {c.name: sample(c.type) for c in table.columns})
    many = pa.concat_tables([rows] * 4).slice(1, 2)
    np.testing.assert_equal(records(many), many.to_pylist(maps_as_pydicts="strict"))


def test_the_command_says_what_it_did(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(Namespace(json=False, check=False), settings) == 0
    assert "applied 0001_tables" in capsys.readouterr().out
    assert command.run(Namespace(json=True, check=False), settings.replace("store", retention_days=9)) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["applied"], said["already"]) == ([], [migration.name for migration in migrations()])
    assert said["retention"] == ["events", "event_text", "rejects", "profiles"]


async def test_written_twice_is_written_once(store: ClickHouseStore) -> None:
    await store.insert("events", events([1, 2, 3]))
    await store.insert("events", events([2, 3, 4]))
    assert await count(store, "events") == 4


async def test_the_highest_version_wins_whenever_it_was_written(store: ClickHouseStore) -> None:
    row = {c.name: sample(c.type) for c in LABELS.columns}
    await store.insert("labels", arrow(LABELS, {**row, "matched": 1, "version": "v2"}))
    await store.insert("labels", arrow(LABELS, {**row, "matched": 0, "version": ""}))
    assert [r["version"] for r in await store.query("SELECT version FROM labels_now")] == ["v2"]


async def test_what_no_row_says_is_null_or_an_empty_list(store: ClickHouseStore) -> None:
    """Such columns are not sent; the same rows with something said in one of them are stored alike."""
    rows = events([1, 2])
    await store.insert("events", rows)
    at = rows.column_names.index("tokens_in")
    await store.insert("events", rows.set_column(at, "tokens_in", pa.array([None, 5], pa.uint32())).slice(1))
    said = "SELECT offset, part, tokens_in, score, scores, asked, text_score FROM events_now ORDER BY offset"
    assert [tuple(row.values()) for row in await store.query(said)] == [
        (1, 0, None, None, [], [], None),
        (2, 0, 5, None, [], [], None),
    ]


async def test_rows_of_many_days_go_in_one_insert(store: ClickHouseStore) -> None:
    days = 150
    rows = events(list(range(days)))
    times = pa.array((AT // 10**6 + np.arange(days) * 86_400_000).astype("datetime64[ms]"), pa.timestamp("ms", "UTC"))
    await store.insert("events", rows.set_column(rows.column_names.index("ts"), "ts", times))
    assert await count(store, "events") == days


async def test_a_failing_write_commits_nothing_and_is_tried_again(
    store: ClickHouseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int | None, int]] = []

    async def sleep(seconds: float) -> None:
        seen.append((store.waiting_since_ns, await count(store, "events")))

    client = _Failing([OperationalError("connection reset"), DatabaseError("busy", code=252), OSError(28, "no space")])
    monkeypatch.setattr(store._writing, "_run", client.wrap(store._writing._run))
    monkeypatch.setattr(store, "_sleep", sleep)
    await store.insert("events", events([1, 2]))
    assert [n for _, n in seen] == [0, 0, 0]
    assert all(since is not None for since, _ in seen)
    assert store.waiting_since_ns is None
    assert "no space" in store.last_error
    assert await count(store, "events") == 2


async def test_a_console_is_told_at_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ClickHouseStore(settings.store, wait=False)
    monkeypatch.setattr(store._reading, "_run", _Failing([OperationalError("gone")]).wrap(store._reading._run))
    with pytest.raises(StoreUnavailable, match="gone"):
        await store.query("SELECT 1")
    await store.close()


async def test_a_missing_table_is_refused_with_the_command_that_helps(settings: Settings) -> None:
    store = ClickHouseStore(settings.store)
    await store.connect()
    with pytest.raises(StoreRefused, match="run `mirqab migrate`"):
        await store.insert("events", events([1]))
    await store.close()


async def test_parameters_are_data(store: ClickHouseStore) -> None:
    evil = "'; DROP TABLE events; -- {x:String} %(x)s \\ \n\t"
    rows = await store.query("SELECT {x:String} AS x, {n:UInt8} AS n", {"x": evil, "n": 3, "unused": evil})
    assert rows == [{"x": evil, "n": 3}]


async def test_parameters_are_never_formatted_into_the_text(store: ClickHouseStore) -> None:
    assert await store.query("SELECT '%(x)s' AS x", {"x": "evil"}) == [{"x": "%(x)s"}]


async def test_times_are_aware_whatever_the_function(store: ClickHouseStore) -> None:
    await store.insert("events", events([1]))
    sql = "SELECT ts, toStartOfMinute(ts) AS minute FROM events_now WHERE ts >= {t:DateTime64(3, 'UTC')}"
    (row,) = await store.query(sql, {"t": datetime(2025, 6, 15, 15, 6, 40, tzinfo=UTC)})
    assert row["ts"] == datetime(2025, 6, 15, 15, 6, 40, 123000, UTC)
    assert row["minute"] == datetime(2025, 6, 15, 15, 6, tzinfo=UTC)


async def test_the_console_reads_while_the_line_writes(store: ClickHouseStore, settings: Settings) -> None:
    console = ClickHouseStore(settings.store, wait=False)

    async def write() -> None:
        for first in range(0, 2000, 100):
            await store.insert("events", events(list(range(first, first + 100))))

    async def read() -> list[int]:
        return [await count(console, "events") for _ in range(20)]

    _, one, other = await asyncio.gather(write(), read(), read())
    assert one == sorted(one)
    assert other == sorted(other)
    assert await count(console, "events") == 2000
    await console.close()


async def test_what_was_written_is_there_after_a_restart(store: ClickHouseStore, settings: Settings) -> None:
    await store.insert("events", events([1, 2]))
    await store.close()
    again = ClickHouseStore(settings.store)
    await again.connect()
    assert await count(again, "events") == 2
    await again.close()


async def test_bytes_that_are_no_text_are_kept(store: ClickHouseStore) -> None:
    row = {c.name: sample(c.type) for c in BY_NAME["rejects"].columns}
    await store.insert("rejects", arrow(BY_NAME["rejects"], {**row, "raw": b"\xff\x00'"}))
    assert (await store.query("SELECT hex(raw) AS raw FROM rejects_now")) == [{"raw": "FF0027"}]


@pytest.mark.parametrize("code", [159, 202, 241, 242, 252, 999])
def test_a_busy_store_is_waited_for(code: int) -> None:
    assert isinstance(sort_error(DatabaseError("x", code=code), "store"), Retryable)


@pytest.mark.parametrize("code", [16, 47, 53, 60, 62, 497, 516, 123456])
def test_a_store_that_says_no_is_not_asked_again(code: int) -> None:
    assert isinstance(sort_error(DatabaseError("x", code=code), "store"), StoreRefused)


@pytest.mark.parametrize(
    "store",
    [Store("ftp://x"), Store("http://"), Store("http://me:secret@x"), Store("http://x/?a=secret")]
    + [Store(database="a;b")],
    ids=lambda store: store.url or store.database,
)
def test_a_store_that_cannot_be_named_is_a_setting_error(store: Store) -> None:
    with pytest.raises(SettingError) as e:
        ClickHouseStore(store)
    assert "secret" not in str(e.value)


class _Failing:
    """Raises each error once, before the work is done."""

    def __init__(self, errors: list[Exception]) -> None:
        self.errors = errors

    def wrap(self, run: Any) -> Any:
        def failing(job: Any) -> Any:
            if self.errors:
                raise self.errors.pop(0)
            return run(job)

        return failing


def test_alerts_and_meta_have_what_the_rest_relies_on() -> None:
    assert ALERTS.key == ("id", "transition")
    assert SCHEMA_META.version == "at_ns"
