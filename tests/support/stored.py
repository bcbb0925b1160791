"""Making a database with all tables, and putting rows given as dictionaries into it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import clickhouse_connect
from clickhouse_connect.driver.client import Client

from schemas.tables import BY_NAME, TABLES
from schemas.views import VIEWS

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ns(at: datetime) -> int:
    return int((at - EPOCH) / timedelta(microseconds=1)) * 1000


def make_database(client: Client, name: str) -> None:
    """An empty database with all tables and views, as current database of the client."""
    client.command(f"DROP DATABASE IF EXISTS {name}")
    client.command(f"CREATE DATABASE {name}")
    client.database = name
    client.command(f"USE {name}")
    for table in TABLES:
        client.command(table.ddl)
        client.command(table.view_ddl)
    for view in VIEWS.values():
        client.command(view)


def open_store(folder: str, database: str = "mirqab") -> Client:
    """A chDB client on a fresh database. One folder per process: close it before another is opened."""
    first = clickhouse_connect.get_client(interface="chdb", path=folder)
    make_database(first, database)
    client = clickhouse_connect.get_client(interface="chdb", path=folder, database=database)
    first.close()
    return client


def insert(client: Client, table: str, rows: Iterable[dict[str, Any]]) -> None:
    """Rows as dictionaries; a column that is left out gets the zero of its type."""
    columns = BY_NAME[table].columns
    data = [[row.get(c.name, _zero(c.type)) for c in columns] for row in rows]
    if data:
        client.insert(table, data, column_names=[c.name for c in columns])


def _zero(kind: str) -> Any:
    if kind.startswith("Nullable"):
        return None
    if kind.startswith("Map"):
        return {}
    if kind.startswith("Array"):
        return []
    if kind.startswith("DateTime"):
        return EPOCH
    return "" if "String" in kind else 0
