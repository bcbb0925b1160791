"""How the dashboards read the store: one port, `Reader`, and its implementation over ClickHouse's HTTP interface.

Read-only: ClickHouse is asked with `readonly=2`, so a query that writes is refused by the server. The embedded mode
hands in its own object with the same method, because chDB is one engine per process. Nothing here knows a question.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any, Protocol
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from schemas.errors import SettingError, StoreRefused, StoreUnavailable
from schemas.settings import Store

Rows = Sequence[Mapping[str, Any]]
# Error codes that pass: timeouts, too many queries, network trouble, memory.
BUSY = {159, 202, 209, 210, 241, 425, 439}
CODE = re.compile(r"\bcode:?\s+(\d+)", re.IGNORECASE)
# What the driver logs reaches us as exceptions too; it would print every attempt while the store is away.
logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)
logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
LIMITS = {"readonly": 2, "max_execution_time": 20, "max_result_rows": 200_000, "result_overflow_mode": "throw"}


class Reader(Protocol):
    """Answers questions; never writes. May be called many times at once."""

    async def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Rows:
        """Rows of a SELECT as dictionaries; parameters are bound by the server as {name:Type}.

        Raises StoreUnavailable if the store does not answer, StoreRefused if it says no.
        """


class ClickHouseReader:
    """A `Reader` over blocking clickhouse-connect clients; each query takes a free one, in a thread of this reader.

    Limits: as many queries at once as there are clients; the others wait.
    """

    def __init__(self, clients: Sequence[Client], settings: Mapping[str, Any] | None = None) -> None:
        self._clients = tuple(clients)
        self._free: SimpleQueue[Client] = SimpleQueue()
        for client in clients:
            self._free.put(client)
        self._settings = dict(settings or {})
        self._threads = ThreadPoolExecutor(len(clients), thread_name_prefix="console-reader")

    async def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Rows:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._query, sql, dict(parameters or {}))

    def close(self) -> None:
        """Release all connections, after the queries that are under way."""
        self._threads.shutdown()
        for client in self._clients:
            client.close()

    def _query(self, sql: str, parameters: dict[str, Any]) -> Rows:
        client = self._free.get()
        try:
            return list(client.query(sql, parameters=parameters, settings=self._settings).named_results())
        except (ClickHouseError, OSError) as e:
            raise sorted_error(e) from e
        finally:
            self._free.put(client)


def connect(store: Store, size: int = 4) -> ClickHouseReader:
    """A reader of the ClickHouse that the settings name, with `size` connections.

    Raises SettingError if the address is none, StoreUnavailable if nobody answers there.
    """
    return ClickHouseReader([open_client(store) for _ in range(size)], LIMITS)


def open_client(store: Store) -> Client:
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
        raise sorted_error(e) from e


def sorted_error(error: Exception) -> StoreUnavailable | StoreRefused:
    """An error code from the server is an answer; anything else means that nobody answered.

    The driver's own text of a broken connection is left out: it repeats the whole address with all its parameters.
    """
    text = _first_line(error)
    code = CODE.search(text)
    if code is None:
        return StoreUnavailable("ClickHouse did not answer at store.url; is it running, and is the address right?")
    if int(code[1]) in BUSY:
        return StoreUnavailable(f"the store is too busy to answer now (error code {code[1]})")
    return StoreRefused(f"the store refused a question: {text}")


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0][:300] if lines else type(error).__name__
