"""The store over HTTP(S): away, busy, refusing, losing answers; nothing is dropped and nothing shows twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from random import Random

import pyarrow as pa
import pytest

from schemas.errors import StoreRefused, StoreUnavailable
from schemas.settings import Settings
from schemas.tables import FEATURE_SETS
from streams.migrate import Done, migrate, migrations
from streams.rows import arrow
from streams.sinks.clickhouse import ClickHouseStore
from tests.support.clickhouse import ClickHouseProcess

Make = Callable[..., ClickHouseProcess]
COUNT = "SELECT count() AS n FROM feature_sets_now"


def names(*ids: int) -> pa.Table:
    return arrow(FEATURE_SETS, {"id": list(ids), "num_names": [["ü"]] * len(ids), "cat_names": [[]] * len(ids)})


def settings_of(server: ClickHouseProcess, database: str = "bank") -> Settings:
    login = {"username": server.username, "password": server.password, "ca_file": server.ca_file}
    return Settings().replace("store", url=server.url, database=database, retry_seconds=0.05, **login)


async def opened(server: ClickHouseProcess, database: str = "bank") -> ClickHouseStore:
    settings = settings_of(server, database)
    store = ClickHouseStore(settings.store, random=Random(1))
    await store.connect(create=True)
    await migrate(store, settings)
    return store


@pytest.fixture
async def store(clickhouse: ClickHouseProcess, database_name: str) -> AsyncIterator[ClickHouseStore]:
    store = await opened(clickhouse, database_name)
    yield store
    await store.close()


async def test_written_twice_is_written_once(store: ClickHouseStore) -> None:
    await store.insert("feature_sets", names(1, 2, 2))
    await store.insert("feature_sets", names(2, 3))
    assert await store.query(COUNT) == [{"n": 3}]


async def test_parameters_are_data(store: ClickHouseStore) -> None:
    evil = "'; DROP TABLE events; -- {x:String} %(x)s \\ \n\t&x=1"
    assert await store.query("SELECT {x:String} AS x", {"x": evil}) == [{"x": evil}]


async def test_many_writers_and_readers_at_once(store: ClickHouseStore) -> None:
    writing = [store.insert("feature_sets", names(i)) for i in range(8)]
    await asyncio.gather(*writing, store.query(COUNT), store.query(COUNT))
    assert await store.query(COUNT) == [{"n": 8}]


@pytest.mark.parametrize("how", ["503", "252", "refuse"])
async def test_a_store_that_is_away_is_waited_for(new_clickhouse: Make, how: str) -> None:
    server = new_clickhouse()
    store = await opened(server)
    server.fail(4.0, how)
    await store.insert("feature_sets", names(1))
    assert store.last_error
    assert store.waiting_since_ns is None
    assert await store.query(COUNT) == [{"n": 1}]
    await store.close()


async def test_a_lost_answer_leaves_no_second_row(new_clickhouse: Make) -> None:
    server = new_clickhouse()
    store = await opened(server)
    server.fail(1.0, "lose_answers")
    await store.insert("feature_sets", names(1, 2))
    assert await store.query(COUNT) == [{"n": 2}]
    await store.close()


async def test_what_was_stored_survives_a_kill(new_clickhouse: Make) -> None:
    server = new_clickhouse()
    store = await opened(server)
    await store.insert("feature_sets", names(1))
    server.kill()
    writing = asyncio.create_task(store.insert("feature_sets", names(2)))
    while store.waiting_since_ns is None:
        await asyncio.sleep(0.01)
    await asyncio.to_thread(server.start)
    await writing
    assert await store.query(COUNT) == [{"n": 2}]
    await store.close()


async def test_a_console_is_told_at_once_that_nobody_is_there(new_clickhouse: Make) -> None:
    server = new_clickhouse()
    server.kill()
    store = ClickHouseStore(settings_of(server).store, wait=False)
    with pytest.raises(StoreUnavailable, match="refused"):
        await store.connect()
    await store.close()


async def test_a_wrong_password_is_refused_and_not_shown(clickhouse: ClickHouseProcess) -> None:
    wrong = settings_of(clickhouse).replace("store", password="open-sesame")
    store = ClickHouseStore(wrong.store)
    with pytest.raises(StoreRefused, match="MIRQAB_STORE_PASSWORD") as e:
        await store.connect()
    assert "open-sesame" not in str(e.value) + repr(e.value.__cause__)
    await store.close()


async def test_a_database_that_is_not_there_names_the_command(clickhouse: ClickHouseProcess) -> None:
    store = ClickHouseStore(settings_of(clickhouse, "nobody_made_this").store)
    with pytest.raises(StoreRefused, match="run `mirqab migrate`"):
        await store.connect()
    await store.close()


async def test_tls_is_checked_against_our_authority(new_clickhouse: Make) -> None:
    server = new_clickhouse(tls=True)
    store = await opened(server)
    assert (await store.query("SELECT 1 AS n")) == [{"n": 1}]
    await store.close()
    stranger = ClickHouseStore(settings_of(server).replace("store", ca_file="").store)
    with pytest.raises(StoreRefused, match=r"certificate is not trusted; check store\.ca_file"):
        await stranger.connect()
    await stranger.close()


async def test_migrating_again_changes_nothing(store: ClickHouseStore, clickhouse: ClickHouseProcess) -> None:
    done = await migrate(store, settings_of(clickhouse, store.settings.database))
    assert done == Done((), tuple(migration.name for migration in migrations()), ())


async def test_a_changed_migration_is_refused(store: ClickHouseStore, clickhouse: ClickHouseProcess) -> None:
    await store.command("ALTER TABLE schema_migrations UPDATE sha256 = 'x' WHERE 1 SETTINGS mutations_sync = 1")
    with pytest.raises(StoreRefused, match="0001_tables was changed after it was applied"):
        await migrate(store, settings_of(clickhouse, store.settings.database))


async def test_a_newer_store_is_refused(store: ClickHouseStore, clickhouse: ClickHouseProcess) -> None:
    await store.command("INSERT INTO schema_migrations VALUES (999, '0999_future', 'x', now())")
    with pytest.raises(StoreRefused, match="0999_future, which this version does not know"):
        await migrate(store, settings_of(clickhouse, store.settings.database))


async def test_models_do_not_move_between_partitions(store: ClickHouseStore, clickhouse: ClickHouseProcess) -> None:
    more = settings_of(clickhouse, store.settings.database).replace("kafka", partitions=8)
    with pytest.raises(StoreRefused, match="MIRQAB_KAFKA_PARTITIONS=4"):
        await migrate(store, more)


async def test_retention_is_set_and_taken_back(store: ClickHouseStore, clickhouse: ClickHouseProcess) -> None:
    settings = settings_of(clickhouse, store.settings.database)
    month = settings.replace("store", retention_days=30)
    assert (await migrate(store, month)).retention == ("events", "event_text", "rejects", "profiles")
    assert (await migrate(store, month)).retention == ()
    week = settings.replace("store", retention_days=7)
    assert (await migrate(store, week)).retention == ("events", "event_text", "rejects", "profiles")
    assert (await migrate(store, settings)).retention == ("events", "event_text", "rejects", "profiles")


async def test_two_folders_in_one_process_are_refused_with_the_way_out(tmp_path: Path) -> None:
    one = ClickHouseStore(Settings().replace("store", folder=str(tmp_path / "one")).store)
    await one.connect()
    other = ClickHouseStore(Settings().replace("store", folder=str(tmp_path / "other")).store)
    with pytest.raises(StoreRefused, match=r"choose another store\.folder"):
        await other.connect()
    await one.close()
    await other.close()
