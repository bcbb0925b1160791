"""The audit chain: what people and Mirqab did, each entry with the hash of the one before.

Acts, baselines, pages that were sent and reports are sealed as they stand; a change afterwards is found.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time

from schemas.actions import EXPORT, act
from schemas.settings import Settings
from streams import auditing
from streams.actions import record
from streams.deeds import asked
from streams.opened import must_exist, opened
from streams.verbs import verb, verbs

HELP = "verify or export the audit chain"
VERIFY = """Checks the chain and that every row that was sealed is still what it was, then seals what is new. Exits with
1 and names each fault where something was changed; then nothing is sealed."""
EXPORT_IT = """Seals what is new and prints every entry as a line of JSON, for a system that keeps them elsewhere. That
it was exported, and by whom, is among them."""


def arguments(parser: argparse.ArgumentParser) -> None:
    subs = verbs(parser)
    verb(subs, "verify", "check that nothing was changed", VERIFY)
    asked(verb(subs, "export", "print every entry", EXPORT_IT), "the audit chain was exported")


def run(args: argparse.Namespace, settings: Settings) -> int:
    must_exist(settings)
    return asyncio.run({"verify": _verify, "export": _export}[args.verb](args, settings))


async def _verify(args: argparse.Namespace, settings: Settings) -> int:
    async with opened(settings, make=True) as store:
        wrong = await auditing.check(store)
        added = 0 if wrong else await auditing.seal(store)
        entries, hashes = await auditing.chain(store)
    last = hashes[-1] if hashes else ""
    if args.json:
        print(json.dumps({"entries": len(entries), "sealed": added, "last": last, "faults": wrong}))
    else:
        for text in wrong:
            print(text)
        print(f"{len(entries)} entries, {added} new, {len(wrong)} faults; last hash {last or 'none'}", file=sys.stderr)
    return 1 if wrong else 0


async def _export(args: argparse.Namespace, settings: Settings) -> int:
    async with opened(settings, make=True) as store:
        await record(store, act(time.time_ns(), EXPORT, "audit", "chain", actor=args.by, reason=args.reason))
        await auditing.seal(store)
        for row in auditing.as_rows(*await auditing.chain(store)):
            print(json.dumps(row, ensure_ascii=False))
    return 0
