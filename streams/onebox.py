"""Everything on one machine under one command: broker, worker, console and store; what `mirqab demo` and `up` run.

It is one process (and the broker's), because the embedded store is one engine per process. Events are kept in the
store's folder; the broker's queue is in memory only and is gone when the process ends.
"""

from __future__ import annotations

import asyncio
import gc
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import SettingError, Stalled
from schemas.rules import Rule
from schemas.settings import Settings
from streams import web
from streams.drillround import keep_drilling
from streams.embedded import embedded_broker, embedded_settings, make_topics
from streams.ending import until_asked
from streams.inuse import not_in_use
from streams.meter import Meter
from streams.migrate import migrate
from streams.pager import Pager
from streams.reporting import keep_reporting
from streams.sinks.clickhouse import ClickHouseStore
from streams.worker import Worker

# The line makes hundreds of thousands of small objects that live for a moment; Python's default looks through all of
# them every 700 and spent a quarter of the time of loading history on that, finding nothing.
COLLECT_AFTER = 200_000


@dataclass(frozen=True, slots=True)
class Box:
    """The running services. `url` is the console's address."""

    settings: Settings
    store: ClickHouseStore
    meter: Meter
    url: str


Body = Callable[[Box], Awaitable[None]]


def run(main: Callable[[], Awaitable[None]]) -> int:
    """Run `main` until it returns or the process is interrupted (SIGINT, SIGTERM); both are exit code 0."""
    gc.set_threshold(COLLECT_AFTER)
    return until_asked(main)


async def run_box(
    settings: Settings, rules: tuple[Rule, ...], clock: web.Clock, bound: socket.socket, body: Body
) -> None:
    """Start everything, run `body` once the worker works, and end everything in the other order.

    Raises what ended the body, the worker or the console.
    """
    async with embedded_broker() as address:
        settings = embedded_settings(settings, address)
        await make_topics(address, dict.fromkeys(settings.kafka.topics, 1))
        async with opened_store(settings) as store:
            # The embedded broker gives topics no identity; the moment of its start stands for it.
            worker = Worker(settings, rules, store, f"embedded-{time.time_ns()}", clock.now_ns)
            server = web.console(store, settings, clock, bound)
            box = Box(settings, store, worker.meter, web.url(bound))
            if not settings.console.url:
                settings = settings.replace("console", url=box.url)
            pager = Pager(settings, rules, store)
            kept = (keep_reporting, keep_drilling)
            keeping = [asyncio.create_task(keep(store, settings, rules, clock.now_ns)) for keep in kept]
            try:
                await _together(worker, pager, server, bound, lambda: body(box))
            finally:
                for task in keeping:
                    task.cancel()
                await asyncio.gather(*keeping, return_exceptions=True)


async def _together(
    worker: Worker, pager: Pager, server: web.Server, bound: socket.socket, body: Callable[[], Awaitable[None]]
) -> None:
    stop, ready = asyncio.Event(), asyncio.Event()

    async def doing() -> None:
        await ready.wait()
        await body()

    main = asyncio.create_task(doing())
    working = asyncio.create_task(worker.run(stop, ready.set))
    paging = asyncio.create_task(pager.run(stop))
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        done, _ = await asyncio.wait({main, working, serving, paging}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        if main not in done:
            ended = "worker" if working in done else "console" if serving in done else "pager"
            raise Stalled(f"the {ended} ended by itself; start again")
    finally:
        # The body may still want to count what was stored, so it ends first.
        main.cancel()
        await asyncio.gather(main, return_exceptions=True)
        stop.set()
        server.should_exit = True
        await asyncio.gather(working, serving, paging, return_exceptions=True)


@asynccontextmanager
async def opened_store(settings: Settings) -> AsyncIterator[ClickHouseStore]:
    """The embedded store, migrated.

    Raises SettingError if the settings name a ClickHouse server, because then nothing here is embedded.
    """
    if settings.store.url:
        raise SettingError("store.url names a ClickHouse server; run `mirqab worker` and `mirqab console` with it")
    not_in_use(settings)
    Path(settings.store.folder).mkdir(parents=True, exist_ok=True)
    store = ClickHouseStore(settings.store)
    try:
        await store.connect()
        await migrate(store, settings)
        yield store
    finally:
        await store.close()
