"""Tables as data, the SQL that makes them, and the types rows are sent in: three texts that must say the same."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from schemas.tables import BY_NAME, TABLES, Table
from schemas.views import VIEWS
from streams.migrate import migrations
from streams.rows import arrow_schema
from streams.sinks.clickhouse import ClickHouseStore

GOLDEN = Path(__file__).parent.parent / "golden" / "ddl"
UPDATE = os.environ.get("MIRQAB_TEST_UPDATE") == "ddl"


def rendered(table: Table) -> str:
    return f"{table.ddl};\n\n{table.view_ddl};\n"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_changed_table_is_a_decision(table: Table) -> None:
    file = GOLDEN / f"{table.name}.sql"
    if UPDATE:
        file.write_text(rendered(table), encoding="utf-8")
    assert rendered(table) == file.read_text(encoding="utf-8"), "if meant: MIRQAB_TEST_UPDATE=ddl, and a new migration"


def test_golden_files_are_of_tables_that_exist() -> None:
    assert {file.stem for file in GOLDEN.glob("*.sql")} == set(BY_NAME)


def test_migrations_are_numbered_without_gaps() -> None:
    assert [m.number for m in migrations()] == list(range(1, len(migrations()) + 1))


async def test_migrations_replayed_from_zero_equal_the_tables(store: ClickHouseStore) -> None:
    rows = await store.query(
        "SELECT table, name, type, comment, compression_codec AS codec FROM system.columns "
        "WHERE database = {db:String} ORDER BY table, position",
        {"db": store.settings.database},
    )
    stored: dict[str, list[tuple[str, ...]]] = {}
    for row in rows:
        packed = row["codec"].removeprefix("CODEC(").removesuffix(")")
        stored.setdefault(row["table"], []).append((row["name"], row["type"], row["comment"], packed))
    for table in TABLES:
        assert stored[table.name] == [tuple(c) for c in table.columns]
        assert [name for name, *_ in stored[f"{table.name}_now"]] == [c.name for c in table.columns]


def test_migrations_make_the_views() -> None:
    for view in VIEWS.values():
        assert any(f"{view};" in migration.text for migration in migrations())


async def test_migrations_replayed_from_zero_equal_the_keys(store: ClickHouseStore) -> None:
    rows = await store.query(
        "SELECT name, sorting_key, partition_key, engine_full, comment FROM system.tables WHERE database = {db:String}",
        {"db": store.settings.database},
    )
    stored = {row["name"]: row for row in rows}
    for table in TABLES:
        row = stored[table.name]
        assert row["sorting_key"].replace("`", "").strip("()") == ", ".join(table.key)
        assert row["partition_key"] == table.partition
        assert row["comment"] == table.doc
        version = re.match(r"ReplacingMergeTree(?:\((\w+)\))?", row["engine_full"])
        assert version is not None
        assert (version[1] or "") == table.version


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_keys_and_versions_name_columns(table: Table) -> None:
    names = {c.name for c in table.columns}
    assert {*table.key, table.version or table.key[0], table.ttl_column or table.key[0]} <= names
    assert len(arrow_schema(table)) == len(names)
