"""Inserts that wait go together; whoever gives up takes nobody's rows along."""

from __future__ import annotations

import asyncio

import pyarrow as pa
import pytest

from streams import groups
from streams.groups import Groups


def rows(*values: int) -> pa.Table:
    return pa.table({"x": pa.array(values, pa.int64())})


class Slow:
    """A store that writes one insert at a time, each only when it is let."""

    def __init__(self) -> None:
        self.wrote: list[tuple[str, list[int]]] = []
        self.let = asyncio.Semaphore(0)
        self.groups = Groups(self.write, 1)

    async def write(self, table: str, rows: pa.Table) -> None:
        await self.let.acquire()
        self.wrote.append((table, rows["x"].to_pylist()))
        if -1 in rows["x"].to_pylist():
            raise ValueError("refused")

    def ask(self, table: str, *values: int) -> asyncio.Task[None]:
        return asyncio.create_task(self.groups.insert(table, rows(*values)))


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_what_waits_for_a_table_goes_together_and_in_order() -> None:
    slow = Slow()
    first = slow.ask("events", 1)
    await settle()
    rest = [slow.ask("events", 2), slow.ask("blocks", 9), slow.ask("events", 3)]
    await settle()
    assert not first.done()
    for _ in range(3):
        slow.let.release()
    await asyncio.gather(first, *rest)
    assert slow.wrote == [("events", [1]), ("events", [2, 3]), ("blocks", [9])]


async def test_nobody_is_told_stored_before_it_is() -> None:
    slow = Slow()
    first, second = slow.ask("events", 1), slow.ask("events", 2)
    slow.let.release()
    await settle()
    third = slow.ask("events", 3)
    await settle()
    assert first.done()
    assert second.done()
    assert not third.done()
    slow.let.release()
    await third


async def test_one_that_gives_up_does_not_take_the_others_along() -> None:
    slow = Slow()
    first = slow.ask("events", 1)
    await settle()
    quits, stays = slow.ask("events", 2), slow.ask("events", 3)
    await settle()
    quits.cancel()
    for _ in range(2):
        slow.let.release()
    await asyncio.gather(first, stays)
    assert slow.wrote == [("events", [1]), ("events", [2, 3])]


async def test_a_refusal_reaches_all_who_went_together() -> None:
    slow = Slow()
    first = slow.ask("events", 1)
    await settle()
    bad, with_it, after = slow.ask("events", -1), slow.ask("events", 2), slow.ask("blocks", 3)
    for _ in range(3):
        slow.let.release()
    await asyncio.gather(first, after)
    for refused in (bad, with_it):
        with pytest.raises(ValueError, match="refused"):
            await refused


async def test_a_group_has_a_largest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "MOST_ROWS", 2)
    slow = Slow()
    first = slow.ask("events", 0)
    await settle()
    rest = [slow.ask("events", n) for n in (1, 2, 3)]
    await settle()
    for _ in range(3):
        slow.let.release()
    await asyncio.gather(first, *rest)
    assert slow.wrote == [("events", [0]), ("events", [1, 2]), ("events", [3])]
