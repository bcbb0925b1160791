"""Lanes: order inside a partition, partitions beside each other, and how they end."""

from __future__ import annotations

import asyncio

import pytest

from streams.lanes import Lanes, Work


def lanes() -> tuple[Lanes, list[BaseException]]:
    errors: list[BaseException] = []
    return Lanes(lambda: 0, errors.append), errors


def until(gate: asyncio.Event) -> Work:
    """Work that ends when the gate is opened."""

    async def wait() -> None:
        await gate.wait()

    return wait


async def test_a_lane_works_in_order_and_lanes_beside_each_other() -> None:
    several, _ = lanes()
    done: list[str] = []
    gate = asyncio.Event()

    async def slow() -> None:
        await gate.wait()
        done.append("a1")

    async def quick(name: str) -> None:
        done.append(name)

    await several.put("a", slow)
    await several.put("a", lambda: quick("a2"))
    await several.put("b", lambda: quick("b1"))
    await asyncio.sleep(0.01)
    assert done == ["b1"]
    gate.set()
    await asyncio.sleep(0.01)
    assert done == ["b1", "a1", "a2"]
    await several.close()


async def test_closing_lets_what_is_in_work_end_and_starts_nothing_new() -> None:
    several, _ = lanes()
    done: list[int] = []

    async def work(n: int) -> None:
        await asyncio.sleep(0.05)
        done.append(n)

    await several.put("a", lambda: work(1))
    await asyncio.sleep(0)
    await several.put("a", lambda: work(2))
    await several.close(grace_seconds=5)
    assert done == [1]


async def test_closing_waits_no_longer_than_its_grace() -> None:
    several, errors = lanes()

    async def stuck() -> None:
        await asyncio.Event().wait()

    await several.put("a", stuck)
    await asyncio.sleep(0)
    await several.close(grace_seconds=0.05)
    assert several.lanes == {}
    assert errors == []


async def test_a_cut_lane_frees_whoever_waits_to_put() -> None:
    several, _ = lanes()

    async def stuck() -> None:
        await asyncio.Event().wait()

    await several.put("a", stuck)
    await asyncio.sleep(0)
    await several.put("a", stuck)
    waiting = asyncio.create_task(several.put("a", stuck))
    await asyncio.sleep(0)
    await several.cut("a")
    await asyncio.wait_for(waiting, 1)
    await several.close()


async def test_the_first_error_is_told() -> None:
    several, errors = lanes()

    async def bad() -> None:
        raise ValueError("broken")

    await several.put("a", bad)
    await asyncio.sleep(0.01)
    assert [str(e) for e in errors] == ["broken"]
    with pytest.raises(ValueError, match="broken"):
        raise errors[0]
    await several.close()


async def test_all_lanes_together_hold_no_more_than_memory_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.lanes.MOST_BYTES", 10)
    several, _ = lanes()
    gates = {name: asyncio.Event() for name in "abc"}
    for name, size in (("a", 6), ("b", 4)):
        await several.put(name, until(gates[name]), size)
    third = asyncio.create_task(several.put("c", until(gates["c"]), 20))
    await asyncio.sleep(0.01)
    gates["a"].set()
    await asyncio.sleep(0.01)
    assert not third.done(), "4 of 10 are held, and 20 do not go with them"
    await several.cut("b")
    await asyncio.wait_for(third, 5)
    await several.close()


async def test_what_waited_for_memory_is_not_worked_off_once_its_lane_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.lanes.MOST_BYTES", 10)
    several, _ = lanes()
    gate, done = asyncio.Event(), []

    async def late() -> None:
        done.append("late")

    await several.put("a", until(gate), 10)
    waiting = asyncio.create_task(several.put("b", late, 10))
    await asyncio.sleep(0.01)
    await several.cut("b")
    gate.set()
    await asyncio.wait_for(waiting, 5)
    await asyncio.sleep(0.01)
    assert done == []
    await several.close()


async def test_a_large_batch_is_not_kept_waiting_by_small_ones_that_come_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.lanes.MOST_BYTES", 10)
    several, _ = lanes()
    gates = {name: asyncio.Event() for name in "abc"}
    await several.put("a", until(gates["a"]), 6)
    large = asyncio.create_task(several.put("b", until(gates["b"]), 20))
    await asyncio.sleep(0.01)
    small = asyncio.create_task(several.put("c", until(gates["c"]), 2))
    await asyncio.sleep(0.01)
    assert not small.done(), "it would fit, but it is not its turn"
    gates["a"].set()
    await asyncio.wait_for(large, 5)
    assert not small.done()
    await several.cut("b")
    await asyncio.wait_for(small, 5)
    await several.close()
