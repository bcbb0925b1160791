"""Attacks, drifts, faults and poisonings put into a shadow of a model's own recent traffic, to see what sees them.

The shadow goes down the same line in memory; a surrogate, fitted on logged inputs and answers, answers for the model.
Nothing of it reaches events, baselines or pages. Results are kept. Exits with 1 where a monitor no longer sees what it
saw the last time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from dataclasses import asdict

from monitors.drills import all_kinds
from schemas.errors import BaselineError, UsageError, unknown
from schemas.settings import Settings
from streams import drilling
from streams.opened import must_exist, opened
from streams.ruleset import read_rules
from streams.terminal import Progress, grid, plain

HELP = "attack a shadow copy of a model's traffic on purpose, and report what was seen, and how fast"
HEADS = ("model", "kind", "strength", "seen as", "after s", "records", "of", "dummy", "by")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="NAME", help="only this model")
    parser.add_argument("--kind", metavar="KIND", help="only this kind of trouble")
    parser.add_argument("--events", type=int, default=6000, metavar="N", help="newest events of a model (default 6000)")


def run(args: argparse.Namespace, settings: Settings) -> int:
    if args.kind is not None and args.kind not in all_kinds():
        raise UsageError(unknown("kind", args.kind, all_kinds()))
    if args.events < 1000:
        raise UsageError(f"--events must be at least 1000, not {args.events}")
    must_exist(settings)
    found = asyncio.run(_drill(args, settings))
    if args.json:
        print(json.dumps([asdict(each) for each in found]))
    elif found:
        print(grid(HEADS, [_row(each) for each in found]))
        for model in sorted({each.model for each in found}):
            mine = [each for each in found if each.model == model]
            seen = sum(each.level not in ("", "suspected") for each in mine)
            print(
                f"{plain(model)}: {seen} of {len(mine)} seen; surrogate gives {mine[0].fidelity:.1%} of logged answers"
            )
    lost = [each for each in found if each.lost]
    for each in lost:
        what = f"{plain(each.model)}: {each.strength} {each.kind}"
        print(f"mirqab drill: {what} was seen the last time and is not any more", file=sys.stderr)
    return 1 if lost or not found else 0


def _row(each: drilling.Drilled) -> tuple[object, ...]:
    after = "-" if each.seconds is None else f"{each.seconds:.0f}"
    records = "-" if each.records is None else str(each.records)
    seen = each.level or "not seen"
    lost = seen + (", LOST" if each.lost else "")
    head = (each.model, each.kind, each.strength, lost)
    return (*head, after, records, str(each.injected), f"{each.dummy:.1%}", ", ".join(each.rules[:3]))


async def _drill(args: argparse.Namespace, settings: Settings) -> list[drilling.Drilled]:
    rules, progress, found = read_rules(settings), Progress("drill"), []
    async with opened(settings, make=True) as store:
        known = await drilling.models(store)
        if args.model is not None and args.model not in known:
            raise UsageError(unknown("model", args.model, known) if known else "no model has a baseline yet")
        for model in known if args.model is None else [args.model]:

            def seen(kind: str, strength: str, model: str = model) -> None:
                progress.say(lambda: f"{plain(model)}: {strength} {kind}")

            try:
                shadow, baseline = await drilling.shadow_of(store, model, args.events)
            except BaselineError as e:
                print(f"mirqab drill: {plain(str(e))}", file=sys.stderr)
                continue
            last = await drilling.before(store, model)
            outcome = await drilling.drill(settings, rules, shadow, baseline, args.kind, last, seen)
            await drilling.keep(store, settings, rules, outcome, time.time_ns())
            found += outcome
    return found
