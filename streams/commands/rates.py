"""How many false alarms there really are: healthy stored days drawn into weeks and judged, beside what was promised.

Run it once a week. The result is stored and shown on the console's page about Mirqab itself. Days with an alert that
has the verdict attack, drift or fault (`mirqab incident close`) are left out; every other alert counts as false.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Sequence

from monitors.realised import FEWEST_DAYS, Realised
from schemas.errors import UsageError
from schemas.settings import Settings
from streams import rating
from streams.known import Baselines
from streams.opened import opened
from streams.ruleset import read_rules
from streams.stored import moment
from streams.terminal import Progress, grid, plain

HELP = "measure the rate of false alarms on healthy stored days, beside what was promised"
HEADS = ("model", "days", "weeks", "false tickets", "promised", "false pages", "promised")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weeks", type=int, default=4, metavar="N", help="weeks to draw for each model (default 4)")
    parser.add_argument("--model", metavar="NAME", help="only this model")
    parser.add_argument("--since", metavar="DATE", help="only days from this time on (ISO 8601 or seconds; UTC)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the drawing; equal seeds, equal answers")


def run(args: argparse.Namespace, settings: Settings) -> int:
    if not 1 <= args.weeks <= 520:
        raise UsageError(f"--weeks must lie between 1 and 520, not {args.weeks}")
    found = asyncio.run(_measure(args, settings))
    if args.json:
        print(json.dumps([_row(each, settings) for each in found]))
    elif found:
        print(grid(HEADS, [list(_row(each, settings).values()) for each in found]))
        print(_total(found, settings))
    return 0


async def _measure(args: argparse.Namespace, settings: Settings) -> list[Realised]:
    rules, progress = read_rules(settings), Progress("rates")
    since = moment(args.since, "--since") if args.since else 0
    async with opened(settings) as store:
        known = await rating.models(store)
        if args.model is not None and args.model not in known:
            raise UsageError(f"no minute of a model {args.model!r} is stored; stored are: {', '.join(known) or 'none'}")
        baselines, found = Baselines(), []
        await baselines.read(store)
        if not known:
            print("mirqab rates: no minute is stored yet; nothing to measure", file=sys.stderr)
        for model in known if args.model is None else [args.model]:

            def seen(week: int, model: str = model) -> None:
                progress.say(lambda: f"{plain(model)}: week {week} of {args.weeks}")

            one = await rating.rate(
                store,
                settings,
                rules,
                baselines,
                model,
                since_ns=since,
                weeks=args.weeks,
                seed=args.seed,
                seen=seen,
            )
            if one is None:
                few = f"fewer than {FEWEST_DAYS} whole healthy days are stored; not measured"
                print(f"mirqab rates: {plain(model)}: {few}", file=sys.stderr)
            else:
                found.append(one)
        await rating.record(store, settings, rules, found, time.time_ns())
    return found


def _row(one: Realised, settings: Settings) -> dict[str, str | int | float]:
    tickets, pages = rating.promised(settings, one)
    return {
        "model": one.model,
        "days": one.days,
        "weeks": one.weeks,
        "tickets": one.tickets,
        "tickets_promised": round(tickets, 4),
        "pages": one.pages,
        "pages_promised": round(pages, 4),
    }


def _total(found: Sequence[Realised], settings: Settings) -> str:
    """The team's whole budget beside what all models together gave in a week and a month."""
    judge = settings.judge
    tickets = sum(each.tickets / each.weeks for each in found)
    pages = sum(each.pages / each.weeks for each in found) * rating.MONTH_WEEKS
    return (
        f"all {len(found)} models: {tickets:.2f} false tickets a week of {judge.false_tickets_per_week:g} promised, "
        f"{pages:.2f} false pages a month of {judge.false_pages_per_month:g}"
    )
