"""What takes long and makes progress has not stood still."""

from __future__ import annotations

import asyncio

import pytest

from schemas.errors import Stalled
from streams.lanes import Lanes
from streams.sinks.nowhere import Nowhere
from streams.watchdog import SECOND_NS, Watchdog


async def test_a_long_piece_of_work_that_moves_is_no_stall() -> None:
    now = 0
    lanes = Lanes(lambda: now, lambda error: None)
    watchdog = Watchdog(300, lambda: now, lanes, Nowhere())
    watchdog.moving("judge")  # a lane that was cut meanwhile
    await lanes.put("judge", asyncio.Event().wait)  # type: ignore[arg-type]
    await asyncio.sleep(0.01)
    for _ in range(4):
        now += 200 * SECOND_NS
        watchdog.moving("judge")
        watchdog.look([], [])
    now += 301 * SECOND_NS
    with pytest.raises(Stalled, match="judge: no progress for 300 s: one batch does not come to an end"):
        watchdog.look([], [])
    await lanes.close()
