"""One lane per partition: batches of a partition are worked off in order, partitions beside each other.

A lane holds at most one batch waiting and one in work, and all lanes together at most `MOST_BYTES`, so a slow store
stops consumption and memory stays bounded, however many partitions there are. A lane of a revoked partition is cut off
at once; what it was storing is stored again by the partition's next owner.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field

Work = Callable[[], Awaitable[None]]
MOST_BYTES = 128 << 20  # of batches as they were fetched; one that is larger goes alone


@dataclass(slots=True)
class Lane:
    """One partition's queue and the task that works it off. `busy_since` is None between two pieces of work, ns.

    `held` is the size of what waits and of what is in work, bytes.
    """

    queue: asyncio.Queue[tuple[Work, int]] = field(default_factory=lambda: asyncio.Queue(maxsize=1))
    task: asyncio.Task[None] | None = None
    busy_since: int | None = None
    held: int = 0


class Lanes:
    """All lanes of a process. `failed` is called once with the first error a lane ran into; it must end the process."""

    def __init__(self, wall: Callable[[], int], failed: Callable[[BaseException], None]) -> None:
        self.wall, self.failed = wall, failed
        self.lanes: dict[Hashable, Lane] = {}
        self.closing = False
        self._freed = asyncio.Event()
        self._room = asyncio.Lock()  # waited for in turn, or small batches would keep a large one out for ever

    async def put(self, key: Hashable, work: Work, size: int = 0) -> None:
        """Wait for room in memory and in the lane, then queue the work; `size` is of its batch, bytes."""
        lane = self.lanes.get(key)
        if lane is None:
            lane = self.lanes[key] = Lane()
            lane.task = asyncio.create_task(self._run(lane), name=f"lane {key}")
        async with self._room:
            while self.lanes.get(key) is lane and self._full(size):
                self._freed.clear()
                await self._freed.wait()
            lane.held += size
        await lane.queue.put((work, size))  # of a lane that was cut meanwhile, where nobody will work it off

    def _full(self, size: int) -> bool:
        held = sum(lane.held for lane in self.lanes.values())
        return held > 0 and held + size > MOST_BYTES

    async def _run(self, lane: Lane) -> None:
        try:
            while not self.closing:
                work, size = await lane.queue.get()
                lane.busy_since = self.wall()
                await work()
                lane.busy_since = None
                lane.held -= size
                self._freed.set()
        except asyncio.CancelledError:
            raise
        except BaseException as e:
            self.failed(e)

    async def cut(self, key: Hashable) -> None:
        """Stop a lane and forget what waits in it."""
        lane = self.lanes.pop(key, None)
        if lane is None:
            return
        self._freed.set()
        while not lane.queue.empty():  # makes room, or whoever waits in `put` would wait for ever
            lane.queue.get_nowait()
        if lane.task is not None:
            lane.task.cancel()
            await asyncio.gather(lane.task, return_exceptions=True)

    async def close(self, grace_seconds: float = 0.0) -> None:
        """Stop all lanes. What is in work may end within the grace: less is then done again by the next owner."""
        self.closing = True
        busy = [lane.task for lane in self.lanes.values() if lane.task is not None and lane.busy_since is not None]
        if busy and grace_seconds > 0:
            await asyncio.wait(busy, timeout=grace_seconds)
        for key in list(self.lanes):
            await self.cut(key)

    def longest_busy(self) -> tuple[Hashable, int] | None:
        """The lane that has been at one piece of work longest, and since when."""
        busy = [(lane.busy_since, key) for key, lane in self.lanes.items() if lane.busy_since is not None]
        if not busy:
            return None
        since, key = min(busy, key=lambda item: item[0])
        return key, since
