"""Tells people of incidents: reads mirqab.incidents and pages the receivers of the settings.

It repeats, escalates and tries again. It also looks whether Mirqab itself sees, and whether models are what they are
registered as; without receivers that is all it does, and what it finds is in the console, Grafana and reports.
One process of a deployment; a second one stands by. Ends on SIGTERM or SIGINT with exit code 0.

With --check it only makes the receivers, says what each route would take, and ends. With --test NAME it sends that
receiver one page that says it is a test.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import signal
import sys
import time

from monitors.pagetext import notice
from schemas.errors import SettingError, UsageError, unknown
from schemas.pages import ACCEPTED, TRIGGER
from schemas.settings import Settings
from streams.inuse import not_in_use
from streams.notifiers import make, make_all
from streams.ruleset import read_rules
from streams.sinks.clickhouse import ClickHouseStore
from streams.terminal import plain

HELP = "tell people of incidents, through the receivers of the settings"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="make the receivers, say the routes, and end")
    parser.add_argument("--test", metavar="NAME", help="send this receiver a test page, say its answer, and end")
    parser.add_argument("--quiet", action="store_true", help="log warnings only")


def run(args: argparse.Namespace, settings: Settings) -> int:
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("mirqab").setLevel(logging.WARNING if args.quiet else logging.INFO)
    if not settings.receivers:
        missing = 'no receiver is configured: add for example [receivers.duty] with kind = "webhook" and a url'
        if args.check or args.test is not None:
            raise SettingError(missing)
        logging.getLogger("mirqab").warning("%s; nobody is told, but what it sees of Mirqab itself is kept", missing)
    if args.test is not None:
        return asyncio.run(_test(args, settings))
    if args.check:
        return asyncio.run(_check(args, settings))
    return asyncio.run(_run(settings))


async def _run(settings: Settings) -> int:
    from streams.pager import Pager

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    not_in_use(settings)
    store = ClickHouseStore(settings.store)
    try:
        await store.connect()
        pager = Pager(settings, read_rules(settings), store)
        await pager.run(stop, ready=lambda: logging.getLogger("mirqab").info("pager is up"))
    finally:
        await store.close()
    return 0


async def _check(args: argparse.Namespace, settings: Settings) -> int:
    for notifier in make_all(settings).values():
        await notifier.close()
    rows = [f"{name}: {receiver.kind}" for name, receiver in settings.receivers.items()]
    routes = [route.said for route in settings.routes]
    if args.json:
        print(json.dumps({"receivers": rows, "routes": routes}))
    else:
        print("\n".join(plain(line) for line in [*rows, *(routes or ["page to every receiver"])]))
    return 0


async def _test(args: argparse.Namespace, settings: Settings) -> int:
    if args.test not in settings.receivers:
        raise UsageError(unknown("receiver", args.test, settings.receivers))
    notifier = make(settings.receivers[args.test], settings)
    line = "TEST: this is a test page of Mirqab; nothing has happened"
    try:
        answer = await notifier.send(notice("mirqab-test", TRIGGER, line, time.time_ns(), settings.console.url))
    finally:
        await notifier.close()
    if args.json:
        print(json.dumps({"receiver": args.test, "answer": answer.word, "detail": answer.detail}))
    else:
        print(plain(f"{args.test}: {answer.word}: {answer.detail}"))
    return 0 if answer.word == ACCEPTED else 1
