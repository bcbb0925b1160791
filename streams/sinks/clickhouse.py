"""ClickHouse over HTTP(S), or chDB, the same engine inside this process. Native Arrow in, dictionaries out.

The driver blocks, so it works in threads of this store's own: each thread has its own client, because a chDB handle
takes one call at a time, while several handles of one process may read and write together. It makes no tables; that is
`streams.migrate`. chDB is one engine per process and one process per folder.
"""

from __future__ import annotations

import asyncio
import logging
import re
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any, TypeVar
from urllib.parse import urlsplit

import clickhouse_connect
import pyarrow as pa
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ProgrammingError
from clickhouse_connect.driver.httputil import get_pool_manager

from schemas.errors import Retryable, SettingError, StoreRefused
from schemas.settings import Store as StoreSettings
from streams.backoff import pauses
from streams.groups import Groups
from streams.store_errors import sort_error

T = TypeVar("T")

log = logging.getLogger(__name__)
# What it logs reaches us as exceptions too; it would print a traceback at every attempt while the store is away.
logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)

# Rows of many days may come in one insert (a file of a year); the default of 100 partitions would refuse them for ever.
# Duplicates inside one insert are left to FINAL and to merges: looking for them while inserting costs two thirds of the
# speed (190,000 against 640,000 rows/s).
# One thread an insert: more only wait for each other over rows that come from one place.
INSERT = {"async_insert": 0, "max_partitions_per_insert_block": 0, "max_threads": 1, "optimize_on_insert": 0}
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
PLACEHOLDER = re.compile(r"\{(\w+)\s*:")


class ClickHouseStore:
    """A `streams.store.Store`. Call `connect()` first; several stores of one process may share an embedded folder.

    With `wait` (the line) every call waits and tries again while the store is unavailable, without end;
    `waiting_since_ns` and `last_error` say so to the health page and the watchdog. Without it (the console, commands)
    the first failure raises StoreUnavailable. An answer that will not change raises StoreRefused either way.
    """

    def __init__(
        self,
        settings: StoreSettings,
        *,
        wait: bool = True,
        readers: int = 2,
        random: Random | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.settings = settings
        self.wait = wait
        self.last_error = ""
        self.where = f"ClickHouse at {settings.url}" if settings.url else f"embedded store in {settings.folder}"
        self._options = _options(settings)
        self._random, self._sleep, self._now_ns = random or Random(), sleep, now_ns
        self._waits: dict[object, int] = {}
        writers = 1 if self.embedded else 4
        self._writing = _Threads(self._client, writers)
        self._groups = Groups(self._insert, writers)
        self._reading = _Threads(self._client, readers)

    @property
    def embedded(self) -> bool:
        """Whether this is chDB in this process."""
        return not self.settings.url

    @property
    def waiting_since_ns(self) -> int | None:
        """Since when the oldest call has been waiting for the store; None while nothing waits."""
        return min(self._waits.values(), default=None)

    async def connect(self, *, create: bool = False) -> None:
        """See that the store answers. `create` makes the database first; an embedded one is always made."""
        if create or self.embedded:
            await self._try(lambda: asyncio.to_thread(self._make_database))
        await self._try(lambda: self._writing.run(lambda client: client.command("SELECT 1")))

    async def insert(self, table: str, rows: pa.Table) -> None:
        """Append rows; returns when they are stored. Writing the same rows again changes nothing that is read."""
        if rows.num_rows:
            await self._groups.insert(table, rows)

    async def _insert(self, table: str, rows: pa.Table) -> None:
        def write(client: Client) -> None:
            # An Arrow file holds one dictionary a column.
            whole = _said(rows.unify_dictionaries().combine_chunks())
            client.insert_arrow(table, whole, settings=INSERT)

        await self._try(lambda: self._writing.run(write))

    async def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Sequence[Mapping[str, Any]]:
        """Rows of a SELECT as dictionaries; times are aware UTC. Parameters that the SQL does not name are ignored."""
        # Without a {name:Type} in the SQL the driver would format values into the text; so it never sees those.
        named = set(PLACEHOLDER.findall(sql))
        bound = {name: value for name, value in (parameters or {}).items() if name in named}

        def ask(client: Client) -> list[Mapping[str, Any]]:
            return list(client.query(sql, parameters=bound or None).named_results())

        return await self._try(lambda: self._reading.run(ask))

    async def command(self, sql: str) -> None:
        """Run a statement that answers nothing: what `streams.migrate` is made of."""
        await self._try(lambda: self._writing.run(lambda client: client.command(sql)))

    async def close(self) -> None:
        """Release connections and threads once what they are doing is done; safe to call twice."""
        await asyncio.to_thread(self._writing.close)
        await asyncio.to_thread(self._reading.close)
        if not self.embedded:
            self._options["pool_mgr"].clear()

    async def _try(self, work: Callable[[], Awaitable[T]]) -> T:
        call = object()
        waits = pauses(self.settings.retry_seconds, self._random)
        try:
            while True:
                try:
                    return await work()
                except Exception as e:
                    error = sort_error(e, self.where)
                    self.last_error = str(error)
                    if not self.wait or not isinstance(error, Retryable):
                        raise error from e
                if call not in self._waits:
                    log.warning("waiting: %s", error)
                    self._waits[call] = self._now_ns()
                await self._sleep(next(waits))
        finally:
            if self._waits.pop(call, None) is not None:
                log.warning("no longer waiting for %s", self.where)

    def _client(self, database: bool = True) -> Client:
        name = self.settings.database if database else None
        try:
            return clickhouse_connect.get_client(**self._options, database=name)
        except ProgrammingError as e:
            if not self.embedded:
                raise
            raise StoreRefused(
                f"{self.where} cannot be opened: one process at a time holds a folder, and a process one folder; stop "
                "the other one, choose another store.folder, or set store.url to a ClickHouse server "
                f"({str(e).splitlines()[0][:300]})"
            ) from e

    def _make_database(self) -> None:
        client = self._client(database=False)
        try:
            # The name is checked to be a plain identifier; a database cannot be a bound parameter here.
            client.command(f"CREATE DATABASE IF NOT EXISTS {self.settings.database}")
        finally:
            client.close()


class _Threads:
    """A few threads, each with its own client, made when it is first needed."""

    def __init__(self, make: Callable[[], Client], size: int) -> None:
        self._make = make
        self._pool = ThreadPoolExecutor(size, thread_name_prefix="mirqab-store")
        self._own = threading.local()
        self._clients: list[Client] = []

    async def run(self, job: Callable[[Client], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._run, job)

    def _run(self, job: Callable[[Client], T]) -> T:
        if not hasattr(self._own, "client"):
            self._own.client = self._make()
            self._clients.append(self._own.client)
        return job(self._own.client)

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
        while self._clients:
            self._clients.pop().close()


def _options(settings: StoreSettings) -> dict[str, Any]:
    """What the driver needs to connect. Raises SettingError for a URL or a database name that cannot be used."""
    if not NAME.fullmatch(settings.database):
        raise SettingError(f"store.database must be letters, digits and _; got {settings.database!r}")
    common = {"tz_mode": "aware", "show_clickhouse_errors": "scrub"}
    if not settings.url:
        # The embedded engine takes the machine's time zone otherwise, and answers times in it.
        return {**common, "interface": "chdb", "path": settings.folder, "settings": {"session_timezone": "UTC"}}
    url = urlsplit(settings.url)
    if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment:
        raise SettingError(f"store.url must be http(s)://host:port; got {url.scheme}://{url.hostname or ''}")
    if url.username or url.password:
        raise SettingError("store.url must not carry a user or password; use store.username and MIRQAB_STORE_PASSWORD")
    return {
        **common,
        "interface": url.scheme,
        "host": url.hostname,
        "port": url.port or (8443 if url.scheme == "https" else 8123),
        "proxy_path": url.path.strip("/"),
        "username": settings.username,
        "password": settings.password,
        # Our own, so that closing the store closes its connections.
        "pool_mgr": get_pool_manager(ca_cert=settings.ca_file or None),
        "connect_timeout": 10,
        "send_receive_timeout": 120,
        "query_retries": 0,  # this store tries again itself, and says so
        "autogenerate_session_id": False,  # a session would take one call at a time
    }


def _said(rows: pa.Table) -> pa.Table:
    """Without the columns in which no row says anything: null or an empty list is what the store puts there itself."""
    return rows.select([name for name in rows.column_names if not _silent(rows[name])])


def _silent(column: pa.ChunkedArray) -> bool:
    if pa.types.is_list(column.type):
        return not column.null_count and all(len(chunk.flatten()) == 0 for chunk in column.chunks)
    return bool(column.null_count == len(column))
