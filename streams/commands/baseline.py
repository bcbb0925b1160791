"""What is normal for each model version: lists, shows and compares baselines, gives a new one, approves one.

Baselines are numbered and never change: a new one takes the next number, and running workers use it from their next
block on. Scores and alerts that were given by an earlier one stay as they are.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from monitors.compare import compare
from schemas.actions import APPROVE, act
from schemas.baselines import PROPOSED, Baseline, rank
from schemas.errors import UsageError
from schemas.settings import Settings
from streams.actions import record
from streams.baselinediff import as_json, text
from streams.baselinefile import write_baselines
from streams.baselinelist import KIND, NONE, Known
from streams.baselinemaking import Made, make
from streams.baselinewords import contents, listing, row_of, span, title, told
from streams.formatoption import format_argument, of_format
from streams.giving import give, numbered, reachable
from streams.opened import exists, must_exist, opened
from streams.proposing import Due, propose, propose_due
from streams.sinks.nowhere import Nowhere
from streams.stored import moment
from streams.terminal import plain
from streams.troubled import alerts_in, warning
from streams.verbs import verb, verbs

HELP = "show, give, propose, compare and approve baselines: what is normal for a model version"
SHOW = """Lists the baselines of the store and shows what the newest one of a model version holds to be normal. It
changes nothing. With --baselines it looks into a file instead, and no store is needed."""
SET = """Gives a baseline: learns it from a log file of any size (.gz too), or takes the newest of each model version
from a file of baselines. It gets the next number, is stored, and is published for running workers, which use it from
their next block on. With --output it is only written to a file, for `replay --baselines`."""

DIFF = """Says what differs from baseline A to baseline B: features and categories that are new or gone, how far the
distribution of every feature moved (PSI, with its p-value and the sizes of both samples), and the shift of scores,
latency and predictions. It changes nothing and calls neither of them right."""
PROPOSING = """Learns a baseline from stored events and stores it as proposed: nothing uses it before it is approved.
With a MODEL it learns from what was stored since --since. Without, it proposes what a worker would: for model versions
whose drift alerts have been open for judge.propose_days, or are expected by somebody's verdict."""
APPROVING = """Writes down who approved a baseline and why, for good. `baseline show` tells it. It does not change which
baseline is used: that is the one with the highest number. One that was proposed becomes a given baseline by it, with
the next number, which running workers use from their next block on."""


def arguments(parser: argparse.ArgumentParser) -> None:
    subs = verbs(parser)
    show = verb(subs, "show", "list baselines, and show what is in one", SHOW)
    show.add_argument("model", nargs="?", metavar="MODEL", help="only this model's, or the one with this id")
    show.add_argument("--version", help="only this version's")
    show.add_argument("--baselines", metavar="FILE", help="look into this file of baselines instead of the store")
    setting = verb(subs, "set", "give a baseline, learnt from a log file or taken from a file", SET)
    setting.add_argument(
        "--from", dest="source", metavar="FILE", required=True, help="a log file, or baselines.jsonl of `replay`"
    )
    format_argument(setting)
    setting.add_argument("--model", help="only this model's events or baselines")
    setting.add_argument("--version", help="only this version's")
    setting.add_argument("--output", metavar="FILE", help="write the baselines there; no store, no broker")
    setting.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    diff = verb(subs, "diff", "say what differs between two baselines", DIFF)
    diff.add_argument("a", metavar="A", help="id of the earlier one, or how it begins")
    diff.add_argument("b", metavar="B", help="id of the later one")
    diff.add_argument("--baselines", metavar="FILE", help="look into this file of baselines instead of the store")
    proposing = verb(subs, "propose", "propose a baseline, learnt from stored events", PROPOSING)
    proposing.add_argument("model", nargs="?", metavar="MODEL", help="this model's; all that are due, if not given")
    proposing.add_argument("--version", help="this version's")
    proposing.add_argument("--since", metavar="TIME", help="learn from events since then: seconds, or ISO 8601")
    approve = verb(subs, "approve", "write down who approved a baseline and why", APPROVING)
    approve.add_argument("id", metavar="ID", help="id of the baseline, or how it begins")
    approve.add_argument("--by", metavar="NAME", required=True, help="who approves it")
    approve.add_argument("--reason", metavar="TEXT", required=True, help="why it may be taken as normal")


def run(args: argparse.Namespace, settings: Settings) -> int:
    verbs_ = {"show": _show, "set": _set, "diff": _diff, "propose": _propose, "approve": _approve}
    return asyncio.run(verbs_[args.verb](args, settings))


async def _show(args: argparse.Namespace, settings: Settings) -> int:
    return await _among(args, settings, _tell)


async def _diff(args: argparse.Namespace, settings: Settings) -> int:
    return await _among(args, settings, _compare)


async def _among(
    args: argparse.Namespace, settings: Settings, tell: Callable[[argparse.Namespace, Known], Awaitable[int]]
) -> int:
    """Among the baselines of a file, if one was given, else of the store."""
    if args.baselines:
        return await tell(args, Known.of_file(args.baselines))
    async with opened(settings) as store:
        return await tell(args, await Known.of_store(store))


async def _compare(args: argparse.Namespace, known: Known) -> int:
    a, b = [await known.content(known.by_id(text)["id"]) for text in (args.a, args.b)]
    found = compare(a, b)
    alerts = [] if known.store is None else await alerts_in(known.store, b)
    if args.json:
        print(json.dumps(as_json(a, b, found) | {"alerts_within": alerts}))
    else:
        print("\n".join([text(a, b, found), *warning(b, alerts)]))
    return 0


async def _propose(args: argparse.Namespace, settings: Settings) -> int:
    must_exist(settings)
    if args.model is None and (args.version is not None or args.since is not None):
        raise UsageError("--version and --since need a MODEL before them: mirqab baseline propose MODEL --since TIME")
    if args.model is not None and args.since is None:
        raise UsageError("say since when the model is as it should be: mirqab baseline propose MODEL --since TIME")
    async with opened(settings, make=True) as store:
        if args.model is None:
            made = await propose_due(store, settings, time.time_ns())
        else:
            rows = (await Known.of_store(store)).of_model(args.model, args.version)
            versions = sorted({(row["model"], row["version"]) for row in rows})
            if len(versions) > 1:
                raise UsageError(
                    f"{args.model} has versions {', '.join(v for _, v in versions)}; name one: --version V"
                )
            since = moment(args.since, "--since")
            made = [(Due(*versions[0], since, "asked for"), await propose(store, settings, *versions[0], since))]
        within = {baseline.id: await alerts_in(store, baseline) for _, baseline in made}
    if args.json:
        rows = [(told(row_of(b)) | {"reason": each.reason, "alerts_within": within[b.id]}) for each, b in made]
        print(json.dumps(rows))
        return 0
    for each, baseline in made:
        for line in warning(baseline, within[baseline.id]):
            print(line)
        print(f"{title(baseline)} from {span(baseline)} is proposed ({plain(each.reason)}); to use it:")
        print(f"  mirqab baseline approve {baseline.id} --by NAME --reason TEXT")
    if not made:
        print("nothing is due: no drift alert is old enough, or expected, and has enough events since", file=sys.stderr)
    return 0


async def _approve(args: argparse.Namespace, settings: Settings) -> int:
    must_exist(settings)
    async with opened(settings, make=True) as store:
        known = await Known.of_store(store)
        row = known.by_id(args.id)
        content = await known.content(row["id"])
        alerts = await alerts_in(store, content)
        at, used = time.time_ns(), ""
        actions = [act(at, APPROVE, KIND, row["id"], actor=args.by, reason=args.reason)]
        if row["origin"] == PROPOSED:
            kafka = settings.kafka if reachable(settings.kafka) else None
            (given,) = await numbered(store, [content])
            given = msgspec.structs.replace(given, approved_by=actions[0].actor)
            await give(store, kafka, [given])
            row, used = row_of(given), f", as proposed in baseline {row['number']}; it is used from now on"
            actions.append(act(at, APPROVE, KIND, given.id, actor=args.by, reason=args.reason))
        for action in actions:
            await record(store, action)
    if args.json:
        print(json.dumps(told(row, actions[-1:]) | {"alerts_within": alerts}))
    else:
        for line in warning(content, alerts):
            print(line, file=sys.stderr)
        name = plain(f"{row['model']} {row['version']}".strip())
        print(f"{name}: baseline {row['number']} ({row['id']}) approved by {plain(actions[0].actor)}{used}")
    return 0


async def _tell(args: argparse.Namespace, known: Known) -> int:
    if args.version is not None and args.model is None:
        raise UsageError("--version needs a MODEL before it: mirqab baseline show MODEL --version V")
    rows = known.rows if args.model is None else known.of_model(args.model, args.version)
    one = args.model is not None and len({(row["model"], row["version"]) for row in rows}) == 1
    newest = max(rows, key=lambda row: rank(row["number"], row["origin"], row["id"])) if one else None
    shown = None if newest is None else await known.content(newest["id"])
    if args.json:
        whole = {} if shown is None else {shown.id: {"content": msgspec.to_builtins(shown)}}
        print(json.dumps([told(row, known.approvals.get(row["id"], ())) | whole.get(row["id"], {}) for row in rows]))
        return 0
    if not rows:
        print(NONE, file=sys.stderr)
        return 0
    print(listing(rows, known.approvals))
    if shown is not None:
        print(f"\n{contents(shown, known.approvals.get(shown.id, ()))}")
    elif args.model is not None:
        print("name a --version to see what is in its newest baseline", file=sys.stderr)
    return 0


async def _set(args: argparse.Namespace, settings: Settings) -> int:
    made = make(of_format(args, settings), Path(args.source), args.model, args.version)
    published = False
    if args.output:
        if not args.dry_run:
            write_baselines(Path(args.output), made.baselines)
        where = f"written to {args.output}"
    else:
        # Asked before anything is stored, so that a broker that is away leaves nothing half done.
        kafka = settings.kafka if not args.dry_run and reachable(settings.kafka) else None
        made.baselines, published = await _give(settings, kafka, made.baselines, args.dry_run)
        told_ = "running workers were told" if published else "a worker uses it from its next start"
        place = "" if settings.store.url else f" in the folder {settings.store.folder}"
        where = f"stored{place}; {told_}"
    _report(args, made, published, where)
    return 0


async def _give(
    settings: Settings, kafka: Any, baselines: list[Baseline], dry_run: bool
) -> tuple[list[Baseline], bool]:
    if not exists(settings):
        if dry_run:
            return await numbered(Nowhere(), baselines), False
        print(
            f"mirqab baseline: there is no store in the folder {settings.store.folder} (store.folder); it is made now. "
            "With --output FILE a file is written instead",
            file=sys.stderr,
        )
    async with opened(settings, make=not dry_run) as store:
        baselines = await numbered(store, baselines)
        return baselines, False if dry_run else await give(store, kafka, baselines)


def _report(args: argparse.Namespace, made: Made, published: bool, where: str) -> None:
    for line in made.notes:
        print(f"mirqab baseline: {plain(line)}", file=sys.stderr)
    if args.json:
        kept = not args.dry_run and not args.output
        rows = [told(row_of(b)) | {"rows": b.rows, "stored": kept, "published": published} for b in made.baselines]
        print(json.dumps({"baselines": rows, "skipped": made.skipped, "events": made.events, "rejects": made.rejects}))
        return
    for baseline in made.baselines:
        done = f"would be {where.split(';')[0]}" if args.dry_run else where
        print(f"{title(baseline)} from {span(baseline)}, {row_of(baseline)['features']} features: {done}")
