"""An embedded store that has seen a story: traffic down the line, closed, judged and kept in a folder."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from schemas.baselines import Baseline
from schemas.settings import Settings
from streams.known import store_baseline
from streams.sinks.clickhouse import ClickHouseStore
from tests.support.fresh import fresh
from tests.support.traffic import Made, Ran, run_line, small_settings

# The settings of `small_settings`, as a command reads them.
ENVIRONMENT = {"MIRQAB_KAFKA_PARTITIONS": "1", "MIRQAB_JUDGE_MODEL_SLOTS": "1"}


def keep(folder: Path, rows: Sequence[dict[str, Any]], baselines: Sequence[Baseline]) -> Ran:
    """Run the line over the rows into a new store in `folder`, and close it so that commands can open it."""
    settings = small_settings().replace("store", folder=str(folder))

    async def make() -> None:
        async with fresh(settings) as store:
            for baseline in baselines:
                await store_baseline(store, baseline)

    asyncio.run(make())
    store = ClickHouseStore(settings.store, wait=False)
    asyncio.run(store.connect())
    try:
        return run_line(Made().add(rows).feeds(), settings, store=store)
    finally:
        asyncio.run(store.close())


def empty(folder: Path) -> None:
    """A store with tables and nothing in them."""
    settings: Settings = small_settings().replace("store", folder=str(folder))

    async def make() -> None:
        async with fresh(settings):
            pass

    asyncio.run(make())
