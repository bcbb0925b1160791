"""The store: it can be loaded and opened, its tables are of this version, it takes rows, and its clock is ours."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from schemas.settings import Settings
from schemas.tables import SCHEMA_META
from streams.checks import FAILED, OK, WARNING, Finding
from streams.inuse import not_in_use
from streams.migrate import migrations
from streams.rows import arrow
from streams.sinks.clickhouse import ClickHouseStore

LOAD_SECONDS = 60
SKEW_SECONDS = 5.0
EXISTS = "SELECT count() AS n FROM system.tables WHERE database = {database:String} AND name = 'schema_migrations'"


def check(settings: Settings, config: str | None) -> Iterator[Finding]:
    """An embedded store is not made here, and one that a worker has open cannot be looked into."""
    if not settings.store.url:
        broken = _loads()
        if broken:
            yield Finding("store", FAILED, f"chDB cannot be loaded: {broken}", "reinstall chdb, or set store.url")
            return
        folder = Path(settings.store.folder)
        if not folder.exists():
            yield Finding("store", WARNING, f"the folder {folder} is not made yet", "run `mirqab migrate`")
            return
    yield from asyncio.run(_ask(settings))


def _loads() -> str:
    """Why chDB cannot be loaded, tried in a child, because an engine built for another processor ends its process."""
    done = subprocess.run(
        [sys.executable, "-c", "import chdb"], capture_output=True, text=True, timeout=LOAD_SECONDS, check=False
    )
    if done.returncode == 0:
        return ""
    said = done.stderr.strip().splitlines()
    return said[-1][:300] if said else f"it ended with {done.returncode}"


async def _ask(settings: Settings) -> list[Finding]:
    not_in_use(settings)
    store = ClickHouseStore(settings.store, wait=False)
    try:
        await store.connect()
        found = [Finding("store", OK, f"{store.where} answers")]
        exists = await store.query(EXISTS, {"database": settings.store.database})
        rows = await store.query("SELECT name FROM schema_migrations FINAL") if exists[0]["n"] else []
        applied = {str(row["name"]) for row in rows}
        missing = [m.name for m in migrations() if m.name not in applied]
        if missing:
            return [*found, Finding("store", FAILED, f"not applied: {', '.join(missing)}", "run `mirqab migrate`")]
        return [*found, *await _use(store)]
    finally:
        await store.close()


async def _use(store: ClickHouseStore) -> list[Finding]:
    """Write one row of the doctor's own, and compare clocks."""
    now_ns = time.time_ns()
    row = {"name": "doctor", "value": "could write", "at_ns": now_ns}
    await store.insert(SCHEMA_META.name, arrow(SCHEMA_META, row))
    asked = await store.query("SELECT toUnixTimestamp64Milli(now64(3)) AS ms")
    skew = abs(asked[0]["ms"] / 1000 - (now_ns + time.time_ns()) / 2e9)
    found = [Finding("store", OK, "its tables are of this version and take rows")]
    if skew > SKEW_SECONDS:
        found.append(
            Finding("store", WARNING, f"its clock and ours differ by {skew:.0f} s", "synchronise both clocks (NTP)")
        )
    return found
