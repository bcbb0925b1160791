"""The asset register: every model version that answered, what settings say of it, who watches it, and what is missing.

Models discover themselves. With [models] patterns in the settings, a model that none of them names is a shadow model:
it is listed first, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from typing import Any

from schemas.settings import Settings
from streams import reporting
from streams.opened import opened
from streams.ruleset import read_rules
from streams.stored import moment
from streams.terminal import grid

HELP = "list every model that answered, its owner and class, and what is missing"
HEADS = ("model", "version", "owner", "risk", "criticality", "first", "last", "answers", "rules", "missing")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--since", metavar="TIME", help="only what answered since then: ISO 8601 or seconds; UTC")


def run(args: argparse.Namespace, settings: Settings) -> int:
    rows = asyncio.run(_register(args, settings))
    shadows = [row for row in rows if settings.models and not row["registered"]]
    rows = shadows + [row for row in rows if row not in shadows]
    if args.json:
        print(json.dumps(rows, ensure_ascii=False))
    elif rows:
        print(grid(HEADS, [[*(row[name] for name in HEADS[:-1]), "; ".join(row["gaps"])] for row in rows]))
    if shadows:
        names = ", ".join(sorted({row["model"] for row in shadows}))
        print(f"mirqab assets: answering, and named by no [models] pattern: {names}", file=sys.stderr)
    return 1 if shadows else 0


async def _register(args: argparse.Namespace, settings: Settings) -> list[dict[str, Any]]:
    since = moment(args.since, "--since") if args.since else 0
    async with opened(settings) as store:
        rules = read_rules(settings)
        found: list[dict[str, Any]] = await reporting.maker().make_register(
            store, settings, rules, since, time.time_ns() + 10**15
        )
    return found
