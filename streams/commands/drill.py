"""Attacks, drifts, faults and poisonings put into a shadow of a model's own recent traffic, to see what sees them.

The shadow goes down the same line in memory, in a judge that knows the model as the line does; a surrogate, fitted on
logged inputs and answers, answers for the model. Nothing of it reaches events, baselines or pages. Results are kept.
Exits with 1 where a monitor no longer sees what drills saw before, or nothing could be tried.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict

from monitors.drills import all_kinds
from schemas.errors import UsageError, unknown
from schemas.rules import Rule
from schemas.settings import Settings
from streams import drilled
from streams.drilling import Before, Drilled, drill
from streams.drillround import drill_model, keep_drilling
from streams.drillwords import said
from streams.ending import until_asked
from streams.opened import must_exist, opened
from streams.ruleset import read_rules
from streams.shadowing import Case
from streams.terminal import Progress, plain

HELP = "attack a shadow copy of a model's traffic on purpose, and report what was seen, and how fast"
FEWEST = 1000
GRACE_SECONDS = 5.0  # outcomes of a model are one insert, and a drill that was cut short is due again


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="NAME", help="only this model")
    parser.add_argument("--kind", metavar="KIND", help="only this kind of trouble: " + ", ".join(all_kinds()))
    parser.add_argument("--events", type=int, metavar="N", help="newest events of a model, instead of drills.events")
    parser.add_argument(
        "--schedule",
        action="store_true",
        help="drill what is due, now and then every hour, until interrupted: for a deployment with a ClickHouse server",
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    if args.kind is not None and args.kind not in all_kinds():
        raise UsageError(unknown("kind", args.kind, all_kinds()))
    if args.events is not None:
        settings = settings.replace("drills", events=args.events)
    if settings.drills.events < FEWEST:
        raise UsageError(f"--events (drills.events) must be at least {FEWEST}, not {settings.drills.events}")
    must_exist(settings)
    if args.schedule:
        return until_asked(lambda: _schedule(args, settings), GRACE_SECONDS)
    found = asyncio.run(_drill(args, settings))
    if args.json:
        print(json.dumps([asdict(each) for each in found]))
    else:
        print(said(found))
    lost = [each for each in found if each.lost]
    for each in lost:
        what = f"{plain(each.model)}: {each.strength} {each.kind}"
        print(f"mirqab drill: {what} was seen by earlier drills and is not any more", file=sys.stderr)
    return 1 if lost or all(each.untried for each in found) else 0


async def _drill(args: argparse.Namespace, settings: Settings) -> list[Drilled]:
    rules, progress, found = read_rules(settings), Progress("drill"), []
    kinds = list(all_kinds()) if args.kind is None else [args.kind]

    async def told(
        settings: Settings, rules: tuple[Rule, ...], case: Case, kinds: Sequence[str], before: Before
    ) -> list[Drilled]:
        def seen(kind: str, strength: str) -> None:
            progress.say(lambda: f"{plain(case.baseline.model)}: {strength} {kind}")

        return await drill(settings, rules, case, kinds, before, seen)

    async with opened(settings, make=True) as store:
        known = await drilled.models(store)
        if not known:
            raise UsageError("no model has a baseline yet, so nothing could see a drill")
        if args.model is not None and args.model not in known:
            raise UsageError(unknown("model", args.model, known))
        for model in known if args.model is None else [args.model]:
            found += await drill_model(store, settings, rules, model, kinds, time.time_ns(), told)
    return found


async def _schedule(args: argparse.Namespace, settings: Settings) -> None:
    if args.model is not None or args.kind is not None:
        raise UsageError("--schedule drills every model and every kind; leave out --model and --kind")
    if settings.drills.every_days <= 0:
        raise UsageError("drills.every_days is 0, so nothing is ever due; set it to 7, for example")
    if not settings.store.url:
        raise UsageError("an embedded store belongs to `mirqab up`, which drills by itself; set store.url")
    async with opened(settings) as store:
        print("mirqab drill: every hour what is due, until SIGTERM or Ctrl-C", file=sys.stderr, flush=True)
        await keep_drilling(store, settings, read_rules(settings), time.time_ns)
