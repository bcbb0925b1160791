"""Reads the topics, judges, stores and tells; one process of a deployment. Ends on SIGTERM or SIGINT with exit code 0.

Start as many as you like in one consumer group. It exits with 1 and the reason when it fails or makes no progress, so
that whatever supervises it can start it again; nothing is lost or counted twice.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import signal
import sys
import time
import uuid

from schemas.settings import Settings
from streams.ending import cut_short
from streams.formatoption import format_argument, of_format
from streams.inuse import not_in_use
from streams.migrate import migrate
from streams.ruleset import read_rules
from streams.sinks.clickhouse import ClickHouseStore
from streams.telemetry import Health, Telemetry, served
from streams.worker import Worker

# Whatever is stored and published is on record, so an end that hangs is cut short; nothing is lost by it. It does hang:
# a last commit waits for the group's coordinator for ever.
GRACE_SECONDS = 15.0
FAILED_GRACE_SECONDS = 5.0
# A fetch makes tens of thousands of objects that all live until it is stored; looking through them every 700, as Python
# does by itself, costs a quarter of the time and finds nothing.
COLLECT_AFTER = 200_000
HELP = "read the topics, judge, store and tell"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--migrate", action="store_true", help="apply missing migrations first")
    format_argument(parser)
    parser.add_argument("--quiet", action="store_true", help="log warnings only")


def run(args: argparse.Namespace, settings: Settings) -> int:
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    logging.getLogger("mirqab").setLevel(logging.WARNING if args.quiet else logging.INFO)
    gc.set_threshold(COLLECT_AFTER)
    return asyncio.run(_run(args, of_format(args, settings)))


async def _run(args: argparse.Namespace, settings: Settings) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def end() -> None:
        stop.set()
        cut_short(GRACE_SECONDS, 0)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    rules = read_rules(settings)
    not_in_use(settings)
    store = ClickHouseStore(settings.store)
    try:
        await store.connect(create=args.migrate)
        if args.migrate or store.embedded:
            await migrate(store, settings)
        worker = Worker(settings, rules, store, run_id=f"run-{uuid.uuid4().hex[:12]}")
        worker.ending = lambda: cut_short(FAILED_GRACE_SECONDS, 1)
        telemetry = Telemetry()
        telemetry.follow(worker.meter, time.time_ns)
        with served(telemetry, settings.metrics, lambda: Health(not store.last_error, store.last_error or "working")):
            await worker.run(stop, ready=lambda: logging.getLogger("mirqab").info("worker is up"))
    finally:
        await store.close()
    return 0
