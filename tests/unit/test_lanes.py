"""Lanes: order inside a partition, partitions beside each other, and how they end."""

from __future__ import annotations

import asyncio

import pytest

from streams.lanes import Lanes


def lanes() -> tuple[Lanes, list[BaseException]]:
    errors: list[BaseException] = []
    return Lanes(lambda: 0, errors.append), errors


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
