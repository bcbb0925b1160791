"""Embedded stores with all their tables, each a copy of one that was migrated once in this process.

Half a second of processor for every test that wants a store would be the migrations. What depends on settings, how long
rows are kept for one, is set in each copy.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from schemas.settings import Settings
from streams.migrate import migrate
from streams.sinks.clickhouse import ClickHouseStore

_migrated: dict[int, TemporaryDirectory[str]] = {}  # by `kafka.partitions`, which a store never changes


@asynccontextmanager
async def fresh(settings: Settings, **more: Any) -> AsyncIterator[ClickHouseStore]:
    """The store in the settings' folder, made if it is not there; `more` goes to `ClickHouseStore`."""
    folder = Path(settings.store.folder)
    if not folder.exists():
        shutil.copytree(await _model(settings), folder, symlinks=True)
    async with _open(settings, **more) as store:
        yield store


async def _model(settings: Settings) -> Path:
    partitions = settings.kafka.partitions
    if partitions not in _migrated:
        _migrated[partitions] = TemporaryDirectory(prefix="mirqab-migrated-")
        folder = Path(_migrated[partitions].name) / "store"
        plain = Settings().replace("kafka", partitions=partitions).replace("store", folder=str(folder))
        async with _open(plain):
            pass
    return Path(_migrated[partitions].name) / "store"


@asynccontextmanager
async def _open(settings: Settings, **more: Any) -> AsyncIterator[ClickHouseStore]:
    store = ClickHouseStore(settings.store, **{"wait": False, **more})
    await store.connect()
    try:
        await migrate(store, settings)
        yield store
    finally:
        await store.close()
