"""One decision explained: the event, what was normal then, its scores and labels, and the alerts around it.

It says what Mirqab knows of the decision, not why the model decided so: the model itself is not seen.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path
from typing import Any

from schemas.settings import Settings
from streams import reporting
from streams.opened import opened

HELP = "explain one decision: the event, its baseline, its scores, the alerts around it"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("request", metavar="REQUEST-ID", help="the record's `id`")
    parser.add_argument("--model", metavar="NAME", default="", help="where several models gave the same id")
    parser.add_argument("--output", metavar="DIR", help="also write .html, .json and .txt files there")


def run(args: argparse.Namespace, settings: Settings) -> int:
    row = asyncio.run(_explain(args, settings))
    print(row["json"] if args.json else row["text"], end="\n" if args.json else "")
    if args.output:
        for path in reporting.write(Path(args.output), row):
            print(f"mirqab explain: {path}", file=sys.stderr)
    return 0


async def _explain(args: argparse.Namespace, settings: Settings) -> dict[str, Any]:
    async with opened(settings) as store:
        row: dict[str, Any] = await reporting.maker().make_explanation(store, args.request, args.model, time.time_ns())
    return row
