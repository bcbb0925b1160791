"""How the dashboards read the store: one port, `Reader`, and its implementation over ClickHouse's HTTP interface.

Read-only: ClickHouse is asked with `readonly=2`, so a query that writes is refused by the server. The embedded mode
hands in its own object with the same method, because chDB is one engine per process. Nothing here knows a question.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from schemas.errors import SettingError, StoreRefused, StoreUnavailable
from schemas.settings import Store

Rows = Sequence[Mapping[str, Any]]
LIMITS = {"readonly": 2, "max_execution_time": 20, "max_result_rows": 200_000, "result_overflow_mode": "throw"}


class Reader(Protocol):
    """Answers questions; never writes. May be called many times at once."""

    async def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Rows:
        """Rows of a SELECT as dictionaries; parameters are bound by the server as {name:Type}.

        Raises StoreUnavailable if the store does not answer, StoreRefused if it says no.
        """


class ClientReader:
    """A `Reader` over a blocking clickhouse-connect client (HTTP or chDB); each query runs in a thread.

    Limits: one query at a time per client, so that one session of the server is never used twice at once.
    """

    def __init__(self, client: Client, settings: Mapping[str, Any] | None = None) -> None:
        self.client = client
        self.settings = dict(settings or {})
        self._turn = asyncio.Lock()

    async def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Rows:
        async with self._turn:
            return await asyncio.to_thread(self._query, sql, dict(parameters or {}))

    def _query(self, sql: str, parameters: dict[str, Any]) -> Rows:
        try:
            return list(self.client.query(sql, parameters=parameters, settings=self.settings).named_results())
        except ClickHouseError as e:
            raise StoreRefused(f"the store refused a question: {_first_line(e)}") from e
        except OSError as e:
            raise StoreUnavailable(f"the store did not answer: {_first_line(e)}") from e


class PooledReader:
    """A `Reader` over several clients, taken in turn, so that one slow question does not hold up all others."""

    def __init__(self, readers: Sequence[Reader]) -> None:
        self._free: asyncio.Queue[Reader] = asyncio.Queue()
        for reader in readers:
            self._free.put_nowait(reader)

    async def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Rows:
        reader = await self._free.get()
        try:
            return await reader.query(sql, parameters)
        finally:
            self._free.put_nowait(reader)


def connect(store: Store, size: int = 4) -> PooledReader:
    """A reader of the ClickHouse that the settings name, with `size` connections.

    Raises SettingError if the address is none, StoreUnavailable if nobody answers there.
    """
    return PooledReader([ClientReader(_client(store), LIMITS) for _ in range(size)])


def _client(store: Store) -> Client:
    url = urlsplit(store.url)
    if url.scheme not in ("http", "https") or not url.hostname or url.username or url.password:
        raise SettingError("store.url must be http(s)://host:port without user or password; those are settings")
    try:
        return clickhouse_connect.get_client(
            host=url.hostname,
            port=url.port or (8443 if url.scheme == "https" else 8123),
            interface=url.scheme,
            username=store.username,
            password=store.password,
            database=store.database,
            ca_cert=store.ca_file or None,
            connect_timeout=5,
            send_receive_timeout=30,
            autogenerate_session_id=False,
        )
    except (ClickHouseError, OSError) as e:
        raise StoreUnavailable(f"no ClickHouse answered at store.url ({url.hostname}): {_first_line(e)}") from e


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0][:300] if lines else type(error).__name__
