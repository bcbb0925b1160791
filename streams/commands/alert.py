"""What people do with one alert: close it with a verdict, or write a note. Incidents are acted on with `incident`.

Every act is one more row of the table `actions`, with who did it and why; nothing is changed or deleted.
"""

from __future__ import annotations

import argparse
import asyncio
import time

from schemas.actions import NOTE, VERDICT, VERDICTS, act
from schemas.errors import UsageError
from schemas.settings import Settings
from streams.actions import record
from streams.deeds import done, who
from streams.opened import opened
from streams.verbs import verb, verbs

HELP = "close an alert with a verdict, or annotate it"
CLOSING = "Writes down what an alert was. Its like are counted by it, and so are the false alarms of `mirqab rates`."
NOTING = "Writes a note beside an alert."
LIKE = "SELECT DISTINCT id FROM alerts_told WHERE startsWith(id, {id:String}) ORDER BY id LIMIT 3"


def arguments(parser: argparse.ArgumentParser) -> None:
    subs = verbs(parser)
    close = verb(subs, "close", "say what it was", CLOSING)
    who(close, "alert")
    close.add_argument("--verdict", required=True, choices=VERDICTS, help="what it was")
    who(verb(subs, "note", "write a note", NOTING), "alert")


def run(args: argparse.Namespace, settings: Settings) -> int:
    return asyncio.run(_run(args, settings))


async def _run(args: argparse.Namespace, settings: Settings) -> int:
    async with opened(settings) as store:
        found = [str(row["id"]) for row in await store.query(LIKE, {"id": args.id})]
        if len(found) != 1 and args.id not in found:
            many = f"several alerts begin with {args.id!r}" if found else f"there is no alert {args.id!r}"
            raise UsageError(f"{many}; its page in the console says its id")
        id = args.id if args.id in found else found[0]
        word, value = (VERDICT, args.verdict) if args.verb == "close" else (NOTE, "")
        action = act(time.time_ns(), word, "alert", id, actor=args.by, reason=args.reason, value=value)
        await record(store, action)
        return done(args.json, [action])
