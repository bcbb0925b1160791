"""Produces the demo's traffic into the broker, as a process of its own, so that making it never delays judging it.

    python -m streams.demo.traffic '{"brokers": ..., "topic": ..., "live_ns": ..., ...}'      (an `Order`)

1. It produces enough of the days before `live_ns` for every model to be learnt from, says so on stdout (`Loaded`), and
   waits for a line on stdin.
2. It produces the rest of these days as fast as the broker takes them, says so, and waits for a line.
3. It produces what the simulated clock has reached, for ever, and says each scene as it starts (`Announcement`).

It ends when its stdin ends, because then nobody is left to watch.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Awaitable, Iterator

import msgspec
from aiokafka import AIOKafkaProducer

from streams.demo.clock import DAY_NS, HOUR_NS, Clock
from streams.demo.messages import Announcement, Loaded, Order
from streams.demo.scene import Staged
from streams.demo.scenes import stage
from streams.demo.world import Record, World

TICK_SECONDS = 0.25
BATCH_BYTES = 900_000
LEARN_EVENTS = 4000  # twice what a baseline is learnt from by default


class Traffic:
    """The world's records into one partition, in time order. The broker's timestamp of a record is its own time."""

    def __init__(self, order: Order, producer: AIOKafkaProducer) -> None:
        self.order = order
        self.sent = 0
        self._world = World(order.seed)
        self._scenes = stage(order.live_ns)
        self._producer = producer
        self._encode = msgspec.json.Encoder().encode

    def history(self) -> Iterator[Awaitable[None]]:
        """The days before the live phase, in two parts: enough to learn every model from, and the rest."""
        live, start = self.order.live_ns, self.order.live_ns - int(self.order.days * DAY_NS)
        learnt = min(live, start + HOUR_NS)
        seen: Counter[str] = Counter()
        while learnt < live and min(seen[model] for model in self._world.models) < LEARN_EVENTS:
            seen.update(record["model"] for _, record in self._world.records(learnt - HOUR_NS, learnt))
            learnt = min(live, learnt + HOUR_NS)
        yield self._send(self._world.records(start, learnt, self._scenes))
        yield self._send(self._world.records(learnt, live, self._scenes))

    async def live(self, clock: Clock) -> None:
        """What happens from `live_ns` on, as the clock reaches it."""
        clock.go()
        reached = self.order.live_ns
        waiting = list(self._scenes)
        while True:
            now = clock.now_ns()
            while waiting and waiting[0].start_ns <= now:
                _announce(waiting.pop(0), self.order.days)
            await self._send(self._world.records(reached, now, self._scenes))
            reached = now
            await asyncio.sleep(TICK_SECONDS)

    async def _send(self, records: Iterator[Record]) -> None:
        """Send records in large batches: one call a batch costs a tenth of one call a record."""
        batch, sending = self._producer.create_batch(), []
        for ts_ns, record in records:
            value = self._encode(record)
            at_ms = ts_ns // 1_000_000
            if batch.append(key=None, value=value, timestamp=at_ms) is None:
                sending.append(await self._producer.send_batch(batch, self.order.topic, partition=0))
                batch = self._producer.create_batch()
                batch.append(key=None, value=value, timestamp=at_ms)
            self.sent += 1
        if batch.record_count():
            sending.append(await self._producer.send_batch(batch, self.order.topic, partition=0))
        await asyncio.gather(*sending)


def _say(line: Loaded | Announcement) -> None:
    sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
    sys.stdout.flush()


def _announce(staged: Staged, days: float) -> None:
    scene = staged.scene
    _say(Announcement(scene.name, scene.model, scene.told(days), scene.principal))


async def produce(order: Order) -> None:
    """Preload, wait for the line, then live until stdin ends."""
    stdin = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin)
    producer = AIOKafkaProducer(
        bootstrap_servers=order.brokers, enable_idempotence=False, acks="all", max_batch_size=BATCH_BYTES
    )
    await producer.start()
    try:
        traffic = Traffic(order, producer)
        for part in traffic.history():
            await part
            _say(Loaded(traffic.sent))
            if not await stdin.readline():
                return
        live = asyncio.create_task(traffic.live(Clock(order.live_ns, order.speed)))
        ended = asyncio.create_task(stdin.read())
        done, waiting = await asyncio.wait({live, ended}, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        for task in done:
            task.result()
    finally:
        await producer.stop()


if __name__ == "__main__":
    asyncio.run(produce(msgspec.json.decode(sys.argv[1], type=Order)))
