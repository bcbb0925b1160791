"""Brings a store to the tables of this version: plain numbered SQL from `schemas/migrations`, each applied once.

    1. read which migrations were applied, and refuse if the text of one has changed since;
    2. refuse settings under which stored models would move between partitions;
    3. apply what is missing, one statement at a time, and record each migration when its last statement is done;
    4. set how long events, texts and rejects are kept.

Every statement may run twice (`IF NOT EXISTS`), so a run that was interrupted is simply repeated. It never goes back.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Any, NamedTuple, Protocol

from schemas.errors import StoreRefused
from schemas.settings import Settings
from schemas.tables import SCHEMA_META, TABLES, Column, Table
from streams.rows import arrow
from streams.store import Store

APPLIED = Table(
    "schema_migrations",
    "one row per migration that was applied",
    (
        Column("number", "UInt32", "number of the migration"),
        Column("name", "String", "name of its file"),
        Column("sha256", "String", "hash of its text"),
        Column("at", "DateTime64(3, 'UTC')", "when it was applied"),
    ),
    key=("number",),
    version="at",
)
APPLIED_ROWS = "SELECT number, name, sha256 FROM schema_migrations FINAL ORDER BY number"
PARTITIONS = "kafka.partitions"


class CommandStore(Store, Protocol):
    """A store that can also be given statements: `streams.sinks.clickhouse.ClickHouseStore`."""

    async def command(self, sql: str) -> None:
        """Run a statement that answers nothing."""


class Migration(NamedTuple):
    """One file of `schemas/migrations`."""

    number: int
    name: str
    text: str

    @property
    def sha256(self) -> str:
        return sha256(self.text.encode()).hexdigest()

    @property
    def statements(self) -> list[str]:
        """Its statements; each ends with a semicolon at the end of a line."""
        parts = re.split(r";[ \t]*(?:\n|\Z)", self.text)
        return [part.strip() for part in parts if re.sub(r"(?m)^--.*$", "", part).strip()]


@dataclass(frozen=True, slots=True)
class Done:
    """What a run of `migrate` did: names of migrations applied now and before, and tables whose retention changed."""

    applied: tuple[str, ...]
    already: tuple[str, ...]
    retention: tuple[str, ...]


def migrations() -> list[Migration]:
    """All migrations, by number. Raises ValueError unless they are numbered 1, 2, 3, …"""
    found = []
    for file in files("schemas").joinpath("migrations").iterdir():
        if file.name.endswith(".sql"):
            name, text = file.name.removesuffix(".sql"), file.read_text(encoding="utf-8")
            found.append(Migration(int(name[:4]), name, text))
    found.sort()
    if [m.number for m in found] != list(range(1, len(found) + 1)):
        raise ValueError(f"migrations must be numbered 1, 2, 3, …; found {', '.join(m.name for m in found)}")
    return found


async def missing(store: Store) -> list[Migration]:
    """What `migrate` would apply. Raises StoreRefused where the store is of a newer version or another text."""
    known, rows = migrations(), await store.query(APPLIED_ROWS)
    _refuse_changed(known, rows)
    before = {row["number"] for row in rows}
    return [m for m in known if m.number not in before]


async def migrate(store: CommandStore, settings: Settings, *, now_ns: Callable[[], int] = time.time_ns) -> Done:
    """Bring the store to this version. Raises StoreRefused when that would change what is already stored."""
    await store.command(APPLIED.ddl)
    lacking = await missing(store)
    already = tuple(m.name for m in migrations() if m not in lacking)
    if already:
        await _refuse_moves(store, settings)
    for migration in lacking:
        for statement in migration.statements:
            await store.command(statement)
        await store.insert(APPLIED.name, arrow(APPLIED, {**_row(migration), "at": now_ns()}))
    facts = {"name": PARTITIONS, "value": str(settings.kafka.partitions), "at_ns": now_ns()}
    await store.insert(SCHEMA_META.name, arrow(SCHEMA_META, facts))
    retention = await _set_retention(store, settings)
    return Done(tuple(m.name for m in lacking), already, retention)


def _row(migration: Migration) -> dict[str, Any]:
    return {"number": migration.number, "name": migration.name, "sha256": migration.sha256}


def _refuse_changed(known: Sequence[Migration], rows: Sequence[Mapping[str, Any]]) -> None:
    by_number = {m.number: m for m in known}
    for row in rows:
        migration = by_number.get(row["number"])
        if migration is None:
            raise StoreRefused(
                f"the store has migration {row['name']}, which this version does not know; use a newer Mirqab"
            )
        if migration.sha256 != row["sha256"]:
            raise StoreRefused(
                f"migration {row['name']} was changed after it was applied; restore its text and put the change "
                "into a new migration"
            )


async def _refuse_moves(store: Store, settings: Settings) -> None:
    rows = await store.query("SELECT value FROM schema_meta_now WHERE name = {name:String}", {"name": PARTITIONS})
    stored = int(rows[0]["value"]) if rows else settings.kafka.partitions
    if stored != settings.kafka.partitions:
        raise StoreRefused(
            f"kafka.partitions is {settings.kafka.partitions}, but the store was made with {stored}, and models "
            f"would move to other partitions; set MIRQAB_KAFKA_PARTITIONS={stored}, or start a new store: "
            "`MIRQAB_STORE_DATABASE=<new name> mirqab migrate`"
        )


async def _set_retention(store: CommandStore, settings: Settings) -> tuple[str, ...]:
    """TTLs as settings say; tables that already have them are left alone, because changing one rewrites parts."""
    rows = await store.query(
        "SELECT name, engine_full FROM system.tables WHERE database = {database:String}",
        {"database": settings.store.database},
    )
    engines = {row["name"]: row["engine_full"] for row in rows}
    days, changed = int(settings.store.retention_days), []
    for table in TABLES:
        if not table.ttl_column:
            continue
        engine = engines[table.name]
        if days and f"toIntervalDay({days})" not in engine:
            await store.command(
                f"ALTER TABLE {table.name} MODIFY TTL toDateTime({table.ttl_column}) + toIntervalDay({days})"
            )
        elif not days and " TTL " in engine:
            await store.command(f"ALTER TABLE {table.name} REMOVE TTL")
        else:
            continue
        changed.append(table.name)
    return tuple(changed)
