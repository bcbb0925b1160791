"""The embedded services with your own settings, on one machine: broker, worker, console and store in one command.

Send your logs to the broker whose address is printed. Events are kept in store.folder; the broker's queue is in memory
only, so what it holds and the worker has not yet read is gone when this command ends.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from typing import TYPE_CHECKING

from schemas.rules import Rule
from schemas.settings import Settings
from streams.ruleset import read_rules

if TYPE_CHECKING:
    from streams.onebox import Box

HELP = "run the embedded broker, worker, console and store with your own settings"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The console's port and the store's folder."""
    parser.add_argument("--port", type=int, help="port of the console, instead of console.port; 0 chooses a free one")
    parser.add_argument("--folder", metavar="DIR", help="folder of the embedded store, instead of store.folder")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Run until interrupted."""
    # Imported here, because the list of all commands imports every command's module, and these cost seconds.
    from streams import onebox, web

    if args.port is not None:
        settings = settings.replace("console", port=args.port)
    if args.folder is not None:
        settings = settings.replace("store", folder=args.folder)
    rules: tuple[Rule, ...] = read_rules(settings)
    bound = web.bind(settings.console.host, settings.console.port)

    async def body(box: Box) -> None:
        kafka = box.settings.kafka
        if args.json:
            print(json.dumps({"console": box.url, "brokers": kafka.brokers, "topics": kafka.topics}), flush=True)
        print(
            f"mirqab up: console {box.url}\n"
            f"mirqab up: send logs to Kafka at {kafka.brokers}, topic {' or '.join(kafka.topics)}\n"
            f"mirqab up: events are kept in {box.settings.store.folder}; the broker keeps its queue in memory only",
            file=sys.stderr,
            flush=True,
        )
        await asyncio.Event().wait()

    return onebox.run(lambda: onebox.run_box(settings, rules, web.WallClock(), bound, body))
