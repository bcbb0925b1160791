"""Make or update the tables of the store. Run it once before the first start and after each new version.

With --check it changes nothing and fails while something is missing: what waits for another `migrate` can ask so.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json

from schemas.settings import Settings
from streams.inuse import not_in_use
from streams.migrate import Done, migrate, missing
from streams.sinks.clickhouse import ClickHouseStore

HELP = "make or update the tables of the store"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="change nothing; fail while a migration is missing")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Migrate and say what was done."""
    not_in_use(settings)
    store = ClickHouseStore(settings.store, wait=False)
    if args.check:
        return _say_missing(args, store.where, asyncio.run(_missing(store)))
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


async def _missing(store: ClickHouseStore) -> list[str]:
    try:
        await store.connect()
        return [migration.name for migration in await missing(store)]
    finally:
        await store.close()


def _say_missing(args: argparse.Namespace, where: str, names: list[str]) -> int:
    if args.json:
        print(json.dumps({"store": where, "missing": names}))
    else:
        print(f"{where}: not applied yet: {', '.join(names)}" if names else f"{where}: nothing to apply")
    return int(bool(names))


def _sentences(where: str, done: Done, days: int) -> str:
    lines = [f"{where}:"]
    lines += [f"  applied {name}" for name in done.applied]
    if not done.applied:
        lines.append(f"  nothing to apply; {len(done.already)} migration(s) were applied before")
    kept = f"{days} days" if days else "for ever"
    lines += [f"  rows of {name} are now kept {kept}" for name in done.retention]
    return "\n".join(lines)
