"""Judging many minutes leaves room for everything else of the process, the consumer's heartbeats first of all."""

from __future__ import annotations

import asyncio
from pathlib import Path

from streams.judging import Judging
from streams.known import Baselines
from streams.meter import Meter
from streams.opened import opened
from streams.stored import _tell_nobody, judged_again
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


def test_a_rebuild_tells_every_minute(tmp_path: Path) -> None:
    settings = small_settings().replace("store", folder=str(tmp_path / "store"))
    keep(tmp_path / "store", traffic(MINUTES, 5), [])
    told: list[int] = []

    async def rebuild() -> int:
        async with opened(settings) as store:
            judging = Judging(
                0,
                settings,
                RULES,
                store,
                Baselines(),
                tell=_tell_nobody,
                floor=lambda offset: None,
                meter=Meter(),
            )
            return await judging.rebuild(told.append)

    assert asyncio.run(rebuild()) == len(told) > MINUTES / 2
    assert told == sorted(told)
