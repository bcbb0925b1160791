"""A worker with nothing in it but the transport, as a program of its own so that a test can kill it.

usage: edge_worker.py TOPIC OUT BLOCK PAUSE   (settings from the environment)
Writes a line "partition,first,last,count" for each batch to OUT, waits PAUSE seconds, and sets the floor to the last
multiple of BLOCK. `OUT.PID.states` holds whether each of its partitions is at its end, written every half second.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterable
from pathlib import Path
from typing import Any

from schemas.settings import load_settings
from streams.batches import BatchApp, make_app, partition_states


def agent(app: BatchApp, topic: str, out: Path, block: int, pause: float) -> dict[Any, int]:
    """Start reading `topic`; the value fills with the last offset handled of each partition."""
    handled: dict[Any, int] = {}

    def forget(partitions: frozenset[Any]) -> None:
        for tp in partitions:
            handled.pop(tp, None)

    app.on_revoked.append(forget)

    async def observe(stream: AsyncIterable[Any]) -> None:
        async for event in stream.noack().events():  # type: ignore[attr-defined]
            batch, tp = event.value, event.message.tp
            with out.open("a") as file:
                file.write(f"{tp.partition},{batch[0].offset},{batch[-1].offset},{len(batch)}\n")
            await asyncio.sleep(pause)
            handled[tp] = batch[-1].offset
            app.floors[tp] = (batch[-1].offset + 1) // block * block
            event.ack()

    app.agent(app.topic(topic, key_serializer="raw", value_serializer="raw"), name="observe")(observe)
    return handled


async def main(topic: str, out: Path, block: int, pause: float) -> None:
    app = make_app(load_settings())
    handled = agent(app, topic, out, block, pause)
    app.finalize()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await app.start()
    while not stop.is_set() and not app.should_stop:
        states = await partition_states(app, [topic])
        text = json.dumps({s.partition.partition: s.at_end(handled.get(s.partition)) for s in states})
        Path(f"{out}.{os.getpid()}.states").write_text(text)
        await asyncio.wait({asyncio.create_task(stop.wait())}, timeout=0.5)
    await app.stop()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
