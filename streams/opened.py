"""The store as a command needs it: opened, closed again, and never waited for.

A command that only reads makes nothing: neither the folder of an embedded store nor its tables.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from schemas.errors import UsageError
from schemas.settings import Settings
from streams.inuse import not_in_use
from streams.migrate import migrate
from streams.sinks.clickhouse import ClickHouseStore


@asynccontextmanager
async def opened(settings: Settings, *, make: bool = False) -> AsyncIterator[ClickHouseStore]:
    """The store of the settings. With `make` an embedded one is made and brought to this version, as a worker does.

    Raises UsageError where there is no embedded store yet, StoreUnavailable or StoreRefused.
    """
    if not make:
        must_exist(settings)
    not_in_use(settings)
    store = ClickHouseStore(settings.store, wait=False)
    try:
        await store.connect()
        if make and store.embedded:
            await migrate(store, settings)
        yield store
    finally:
        await store.close()


def must_exist(settings: Settings) -> None:
    """Raises UsageError where there is no store to look into."""
    if not exists(settings):
        raise UsageError(
            f"there is no store in the folder {settings.store.folder} (store.folder); name the one a worker writes to, "
            "or set store.url to a ClickHouse server (`replay --output` writes files, no store)"
        )


def exists(settings: Settings) -> bool:
    """Whether there is a store to look into: a server that is named, or a folder that one was made in."""
    return bool(settings.store.url) or (Path(settings.store.folder) / "metadata").is_dir()
