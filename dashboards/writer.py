"""The one thing the dashboards write: what people did, one row an act, by a database user of its own.

The reader stays read-only. This user needs `INSERT` on `actions` and nothing else, so that a hole in the console could
add acts and neither read nor change anything. `mirqab up` hands in its own writer instead.
"""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections.abc import Sequence
from datetime import UTC, datetime

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from dashboards.console.acting import Write
from dashboards.reader import open_client, sorted_error
from schemas.actions import Action
from schemas.settings import Settings, Store
from schemas.tables import ACTIONS

NAMES = [column.name for column in ACTIONS.columns]


def connect_writer(settings: Settings) -> Write | None:
    """A writer by `console.writer_username`; None if no such user is named.

    Raises SettingError or StoreUnavailable.
    """
    console = settings.console
    if not console.writer_username:
        return None
    store = dataclasses.replace(settings.store, username=console.writer_username, password=console.writer_password)
    client, lock = open_client(store), threading.Lock()

    async def write(actions: Sequence[Action]) -> None:
        await asyncio.to_thread(_insert, client, lock, actions)

    return write


def write_acts(store: Store, actions: Sequence[Action]) -> None:
    """Write them once, as the store's own user. Raises SettingError, StoreUnavailable or StoreRefused."""
    client = open_client(store)
    try:
        _insert(client, threading.Lock(), actions)
    finally:
        client.close()


def _insert(client: Client, lock: threading.Lock, actions: Sequence[Action]) -> None:
    rows = []
    for a in actions:
        known = {**dataclasses.asdict(a), "at": datetime.fromtimestamp(a.at_ns / 1e9, UTC), "id": a.id}
        rows.append([known[name] for name in NAMES])
    try:
        with lock:
            client.insert(ACTIONS.name, rows, column_names=NAMES, column_type_names=[c.type for c in ACTIONS.columns])
    except (ClickHouseError, OSError) as e:
        raise sorted_error(e) from e
