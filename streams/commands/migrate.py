"""Make or update the tables of the store. Run it once before the first start and after each new version."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json

from schemas.settings import Settings
from streams.inuse import not_in_use
from streams.migrate import Done, migrate
from streams.sinks.clickhouse import ClickHouseStore

HELP = "make or update the tables of the store"


def arguments(parser: argparse.ArgumentParser) -> None:
    """It has no options of its own."""


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Migrate and say what was done."""
    not_in_use(settings)
    store = ClickHouseStore(settings.store, wait=False)
    done = asyncio.run(_migrate(store, settings))
    if args.json:
        print(json.dumps({"store": store.where, **dataclasses.asdict(done)}))
    else:
        print(_sentences(store.where, done, settings.store.retention_days))
    return 0


async def _migrate(store: ClickHouseStore, settings: Settings) -> Done:
    try:
        await store.connect(create=True)
        return await migrate(store, settings)
    finally:
        await store.close()


def _sentences(where: str, done: Done, days: int) -> str:
    lines = [f"{where}:"]
    lines += [f"  applied {name}" for name in done.applied]
    if not done.applied:
        lines.append(f"  nothing to apply; {len(done.already)} migration(s) were applied before")
    kept = f"{days} days" if days else "for ever"
    lines += [f"  rows of {name} are now kept {kept}" for name in done.retention]
    return "\n".join(lines)
