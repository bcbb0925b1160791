"""Judging many minutes leaves room for everything else of the process, the consumer's heartbeats first of all."""

from __future__ import annotations

import asyncio
from pathlib import Path

from streams.opened import opened
from streams.stored import judged_again
from tests.support.kept import keep
from tests.support.traffic import RULES, small_settings, traffic

MINUTES = 60


def test_a_rebuild_breathes_between_minutes(tmp_path: Path) -> None:
    settings = small_settings().replace("store", folder=str(tmp_path / "store"))
    keep(tmp_path / "store", traffic(MINUTES, 5), [])
    turns, at_minute = 0, []

    async def beat() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def again() -> None:
        beating = asyncio.create_task(beat())
        async with opened(settings) as store:
            await judged_again(store, settings, RULES, lambda minute_ns: at_minute.append(turns))
        beating.cancel()

    asyncio.run(again())
    assert len(at_minute) > MINUTES / 2
    assert len(set(at_minute)) == len(at_minute)
