"""The ClickHouse stand-in answers clickhouse-connect as the real one would, and fails when told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import clickhouse_connect
import pyarrow as pa
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError, Error

from tests.support.clickhouse import ClickHouseProcess

COLUMNS = "a Int64, b String, c Array(Float64), d DateTime64(3, 'UTC')"
TABLE = f"CREATE TABLE t ({COLUMNS}) ENGINE = ReplacingMergeTree ORDER BY a"
NOON = 1_700_000_000_000
ROWS = pa.table(
    {
        "a": pa.array([1, 2], pa.int64()),
        "b": ["it's", "tab\there"],
        "c": pa.array([[0.5], []], pa.list_(pa.float64())),
        "d": pa.array([NOON, NOON + 1], pa.timestamp("ms", "UTC")),
    }
)
# Of a key that ROWS lack: two rows of one key become one when the store merges its parts, at a time of its own.
ANOTHER = ROWS.slice(0, 1).set_column(0, "a", pa.array([3], pa.int64()))


@pytest.fixture
def client(clickhouse: ClickHouseProcess, database_name: str) -> Iterator[Client]:
    with clickhouse.client() as first:
        first.command(f"CREATE DATABASE {database_name}")
    with clickhouse.client(database_name) as made:
        made.command(TABLE)
        yield made


def test_arrow_goes_in_and_comes_out(client: Client) -> None:
    assert client.insert_arrow("t", ROWS).written_rows == 2
    answer = client.query("SELECT a, b, c FROM t WHERE a = {a:Int64} AND b = {b:String}", {"a": 2, "b": "tab\there"})
    assert answer.result_rows == [(2, "tab\there", [])]
    assert client.query_arrow("SELECT b FROM t ORDER BY a").column(0).to_pylist() == ["it's", "tab\there"]
    assert client.query("SELECT a FROM t WHERE a > 7").result_rows == []


@pytest.mark.parametrize("compression", [None, "gzip", "lz4", "zstd"])
def test_every_compression_is_understood(
    clickhouse: ClickHouseProcess, client: Client, compression: str | None
) -> None:
    with clickhouse_connect.get_client(
        host="127.0.0.1", port=clickhouse.port, username=clickhouse.username, password=clickhouse.password,
        database=client.database, compress=compression or False,
    ) as packed:  # fmt: skip
        packed.insert("t", [[3, "native", [1.0, 2.0], NOON]], column_names=["a", "b", "c", "d"])
        packed.insert_arrow("t", ROWS)
        assert packed.query("SELECT sum(a) FROM t FINAL").result_rows == [(6,)]


def test_a_long_query_comes_as_a_form(client: Client) -> None:
    many = list(range(50_000))
    assert client.query("SELECT length({many:Array(Int64)})", {"many": many}).result_rows == [(50_000,)]


def test_errors_carry_their_code(client: Client) -> None:
    with pytest.raises(DatabaseError, match="60"):
        client.query("SELECT * FROM nowhere")


def test_settings_last_one_request(client: Client) -> None:
    asked = "SELECT getSetting('max_threads')"
    usual = client.command(asked)
    assert client.command(asked, settings={"max_threads": 3}) == 3
    assert client.command(asked) == usual


async def test_the_asynchronous_client_works_too(clickhouse: ClickHouseProcess) -> None:
    made = await clickhouse_connect.get_async_client(
        host="127.0.0.1", port=clickhouse.port, username=clickhouse.username, password=clickhouse.password
    )
    answers = await asyncio.gather(*(made.query("SELECT {x:Int64} + 1", {"x": x}) for x in range(8)))
    assert [a.result_rows[0][0] for a in answers] == list(range(1, 9))
    await made.close()


def test_a_wrong_password_stays_out(clickhouse: ClickHouseProcess) -> None:
    with pytest.raises(Error, match="516"):
        clickhouse_connect.get_client(host="127.0.0.1", port=clickhouse.port, username="mirqab", password="guess")


def test_it_fails_on_command_and_comes_back_after_a_kill(new_clickhouse: Callable[..., ClickHouseProcess]) -> None:
    server = new_clickhouse()
    with server.client() as client:
        client.command(TABLE)
        client.insert_arrow("t", ROWS)
        server.fail(60, "252")
        with pytest.raises(DatabaseError, match="252"):
            client.command("SELECT 1")
        server.fail(60, "lose_answers")
        with pytest.raises(Error):
            client.insert_arrow("t", ANOTHER)
        server.fail(0)
        assert client.command("SELECT count() FROM t") == 3
        server.restart()
        assert client.command("SELECT count() FROM t") == 3
        server.fail(0.5, "refuse")
        with pytest.raises(Error):
            client.insert_arrow("t", ROWS)


def test_tls_is_checked_against_its_own_authority(new_clickhouse: Callable[..., ClickHouseProcess]) -> None:
    server = new_clickhouse(tls=True)
    with server.client() as client:
        assert client.command("SELECT 1") == 1
    with pytest.raises(Error):
        clickhouse_connect.get_client(interface="https", host="127.0.0.1", port=server.port)
