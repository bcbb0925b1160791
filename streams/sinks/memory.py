"""A store in memory: for tests, and for replaying files without a database. It can fail on command.

It keeps what `schemas.tables` knows and refuses the rest, as a database would. It does not understand SQL: `query`
answers what it was told with `answer`, and nothing otherwise.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from schemas.errors import Retryable, StoreRefused, unknown
from schemas.tables import BY_NAME
from streams.rows import records

Rows = Sequence[Mapping[str, Any]]


class MemoryStore:
    """A `streams.store.Store` that forgets everything when it goes.

    `inserted` holds the Arrow tables as they came, `asked` every query with its parameters, `waits` how often an insert
    was tried again.
    """

    def __init__(self) -> None:
        self.inserted: dict[str, list[pa.Table]] = {}
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.waits = 0
        self.closed = False
        self._failures: list[Exception] = []
        self._answers: list[tuple[str, Callable[[Mapping[str, Any]], Rows]]] = []

    def fail_next(self, n: int, error: Exception) -> None:
        """The next `n` attempts to insert fail. As in any store, a Retryable is waited out and the rest is raised."""
        self._failures += [error] * n

    def answer(self, part: str, rows: Rows | Callable[[Mapping[str, Any]], Rows]) -> None:
        """Answer every query whose SQL contains `part` with these rows, or with what a function of the parameters says.

        The answer given last comes first.
        """
        self._answers.insert(0, (part, rows if callable(rows) else lambda parameters: rows))

    def rows(self, table: str) -> list[dict[str, Any]]:
        """What the view `<table>_now` would show: one row per key, the highest version, the last written among equals.

        In the order in which keys first came. Maps are dictionaries, times aware UTC datetimes.
        """
        made = BY_NAME[table]
        kept: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in self.all_rows(table):
            key = tuple(row[name] for name in made.key)
            if key not in kept or not made.version or row[made.version] >= kept[key][made.version]:
                kept[key] = row
        return list(kept.values())

    def all_rows(self, table: str) -> list[dict[str, Any]]:
        """Every row written, duplicates too, in the order of writing."""
        return [row for part in self.inserted.get(table, []) for row in records(part)]

    async def insert(self, table: str, rows: pa.Table) -> None:
        """Keep the rows. Raises StoreRefused for a table or columns that `schemas.tables` does not have."""
        while self._failures:
            error = self._failures.pop(0)
            if not isinstance(error, Retryable):
                raise error
            self.waits += 1
            await asyncio.sleep(0)
        if table not in BY_NAME:
            raise StoreRefused(unknown("table", table, BY_NAME))
        known = [c.name for c in BY_NAME[table].columns]
        for name in rows.column_names:
            if name not in known:
                raise StoreRefused(f"{table}: {unknown('column', name, known)}")
        if rows.num_rows:
            self.inserted.setdefault(table, []).append(rows)

    async def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Rows:
        """The rows given to `answer` for this SQL; none if it was told nothing."""
        self.asked.append((sql, dict(parameters or {})))
        for part, rows in self._answers:
            if part in sql:
                return rows(dict(parameters or {}))
        return []

    async def close(self) -> None:
        """Marks it closed; what was written can still be read."""
        self.closed = True
