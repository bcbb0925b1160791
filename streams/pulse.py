"""The two timers of a worker: `tick` ends and publishes what time ends, `watch` sees whether anything moves.

They are apart because a tick may have to wait for the store, and must not keep the watchdog from noticing it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from schemas.errors import BrokerUnavailable
from schemas.events import Source
from streams.batches import TP, BatchApp, BatchConsumer, partition_states
from streams.fetching import PartitionState
from streams.observer import Observer
from streams.watchdog import Watchdog

TICK_SECONDS = 0.2


class Pulse:
    """`tick` and `watch` run until cancelled; `watch` raises Stalled. `source` names the log of a partition."""

    def __init__(
        self,
        app: BatchApp,
        topics: Sequence[str],
        observer: Observer,
        watchdog: Watchdog,
        source: Callable[[TP], Source],
        wall: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self.app, self.topics, self.observer, self.watchdog = app, topics, observer, watchdog
        self.source, self.wall = source, wall
        self.since: dict[Source, tuple[int, int]] = {}  # position at its end, and since when
        self.at_end: dict[Source, tuple[int, float]] = {}
        self.dropped = 0

    async def tick(self) -> None:
        """Linger, block ends by time, idleness."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self.watchdog.ticking_since = self.wall()
            await self.observer.tick(self.at_end, self.dropped)
            self.watchdog.ticking_since = None

    async def watch(self) -> None:
        """Which partitions are at their end, and whether anything moves."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            # Before asking: what is found out of a partition that is revoked meanwhile is void.
            dropped = self.observer.dropped
            assert isinstance(self.app.consumer, BatchConsumer)
            self.watchdog.look_at_group(self.app.consumer.uncommitted())
            try:
                states = await partition_states(self.app, self.topics)
            except BrokerUnavailable as e:
                self.at_end = {}
                self.watchdog.silent(str(e))
                continue
            self.at_end, self.dropped = self._ends(states), dropped
            self.watchdog.look(states, {TP(source.topic, source.partition) for source in self.at_end})

    def _ends(self, states: Sequence[PartitionState]) -> dict[Source, tuple[int, float]]:
        """Partitions with nothing left to read: their next offset, and for how long, s."""
        now, ends, since = self.wall(), {}, {}
        for state in states:
            source = self.source(state.partition)
            held = self.observer.partitions.get(source)
            handled = held.next_offset - 1 if held is not None and held.next_offset >= 0 else None
            if state.position is not None and state.at_end(handled):
                position, began = self.since.get(source, (state.position, now))
                # Records that came and were stored between two looks end the idleness too.
                since[source] = state.position, began if position == state.position else now
                ends[source] = state.position, (now - since[source][1]) / 1e9
        self.since = since
        return ends
