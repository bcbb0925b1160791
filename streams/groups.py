"""Inserts that wait for the same table go together: one insert costs milliseconds before its first row.

Nothing is held back to make a group larger: a group is what came while every writer was busy. Each caller returns when
its rows are stored; a store that refuses one caller's rows refuses all that went with them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pyarrow as pa

MOST_ROWS = 65_536  # of one insert: it is held in memory twice while it is written


@dataclass(slots=True)
class Group:
    """Rows of one table that have not begun to be written, and the task that will write them."""

    tables: list[pa.Table] = field(default_factory=list)
    rows: int = 0
    task: asyncio.Task[None] | None = None


class Groups:
    """At most `writers` calls of `write(table, rows)` at a time, oldest group first."""

    def __init__(self, write: Callable[[str, pa.Table], Awaitable[None]], writers: int) -> None:
        self._write, self._free = write, asyncio.Semaphore(writers)
        self._open: dict[str, Group] = {}

    async def insert(self, table: str, rows: pa.Table) -> None:
        """Write rows, alone or with others. Raises what `write` raised for the group they went in."""
        group = self._open.get(table)
        if group is None or group.rows + rows.num_rows > MOST_ROWS:
            group = self._open[table] = Group()
            group.task = asyncio.create_task(self._flush(table, group))
        group.tables.append(rows)
        group.rows += rows.num_rows
        assert group.task is not None
        # Whoever gives up waiting must not take the others' rows along.
        await asyncio.shield(group.task)

    async def _flush(self, table: str, group: Group) -> None:
        async with self._free:
            if self._open.get(table) is group:
                del self._open[table]
            await self._write(table, pa.concat_tables(group.tables))
