"""Reports on a stretch of the past, for people and for programs: pages complete in themselves, kept in the store.

They are made from the store alone and listed in the console. With --output they are also written as files.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from schemas.actions import EXPORT, act
from schemas.errors import UsageError
from schemas.pages import ACCEPTED
from schemas.settings import Settings
from streams import auditing, mailing, reporting
from streams.actions import record
from streams.deeds import asked
from streams.ending import until_asked
from streams.opened import must_exist, opened
from streams.packing import faults, signed, write_pack
from streams.ruleset import read_rules
from streams.stored import moment
from streams.terminal import Progress, iso, plain
from streams.verbs import verb, verbs

GRACE_SECONDS = 5.0  # a report is one insert, and one that was cut short is still missing
HELP = "make reports: weekly for model owners, on an incident, and evidence for an auditor"
WEEKLY = """The weekly report of each model: whether it still works, in two sentences and then in detail. Made again, it
replaces the report of the same model and week. Without --week it is the last whole week."""
INCIDENT = """The report on one incident: timeline, what was seen by which detector on which baseline, who was told,
what it touched, evidence rows, pointers to a root cause, actions taken, and room for corrective actions."""
EVIDENCE = """An evidence pack: index, asset register, controls with their evidence, effectiveness of the monitors,
incidents, changes, what people did, who saw what, whether the log is whole, the audit chain, the gaps; with sums and
signature. That it was made, and by whom, is written down first."""
VERIFY = """Checks every file of an evidence pack against its manifest, and the manifest against its signature. Names
each file in which a byte was changed, and exits with 1. Needs no store."""
WHOLE = "every file is what the manifest says, and the manifest is as it was made"
UNSIGNED = (
    "every file is what the manifest says; the pack is not signed, "
    "so this finds damage, and nobody who changed a file and the manifest with it"
)
SCHEDULE = """Makes the weekly reports that are missing, now and then every hour, until interrupted: for a deployment
with a ClickHouse server. `mirqab up` does this by itself."""


def arguments(parser: argparse.ArgumentParser) -> None:
    subs = verbs(parser)
    weekly = verb(subs, "weekly", "the weekly report of one model, or of all", WEEKLY)
    which = weekly.add_mutually_exclusive_group()
    which.add_argument("--model", metavar="NAME", help="only this model")
    which.add_argument("--all", action="store_true", help="every model that answered in that week; so without --model")
    weekly.add_argument("--week", metavar="WEEK", help="the week, such as 2026-W47; default: the last whole one")
    weekly.add_argument("--output", metavar="DIR", help="also write .html, .json and .txt files there")
    weekly.add_argument("--mail", action="store_true", help="also mail it to the model's owner, though it was before")
    incident = verb(subs, "incident", "one incident, for whoever must explain it", INCIDENT)
    incident.add_argument("id", metavar="ID", help="id of the incident, as `mirqab incident list` shows it")
    incident.add_argument("--output", metavar="DIR", help="also write .html, .json and .txt files there")
    evidence = verb(subs, "evidence", "a folder of evidence for an auditor", EVIDENCE)
    evidence.add_argument("--from", dest="since", metavar="TIME", required=True, help="begin: ISO 8601 or seconds; UTC")
    evidence.add_argument("--to", dest="until", metavar="TIME", required=True, help="end")
    evidence.add_argument("--output", metavar="DIR", required=True, help="a new or empty folder")
    asked(evidence, "an evidence pack was made")
    check = verb(subs, "verify", "check an evidence pack", VERIFY)
    check.add_argument("folder", metavar="DIR", help="the pack")
    check.add_argument("--public-key", metavar="HEX", default="", help="the key it must be signed with")
    verb(subs, "schedule", "make missing weekly reports for ever", SCHEDULE)


def run(args: argparse.Namespace, settings: Settings) -> int:
    if args.verb == "verify":
        return _verify(args)
    must_exist(settings)
    if args.verb == "schedule":
        return until_asked(lambda: _schedule(settings), GRACE_SECONDS)
    verbs_ = {"weekly": _weekly, "incident": _incident, "evidence": _evidence}
    return asyncio.run(verbs_[args.verb](args, settings))


async def _weekly(args: argparse.Namespace, settings: Settings) -> int:
    rules, progress, maker = read_rules(settings), Progress("report"), reporting.maker()
    now_ns = time.time_ns()
    if args.mail:
        mailing.can_mail(settings)
    week = args.week or maker.weeks_due(now_ns, 1)[0]
    async with opened(settings, make=True) as store:
        known = await maker.models_of(store, week)
        if args.model is not None and args.model not in known:
            stored = ", ".join(plain(name) for name in known) or "none"
            where = f"week {week} nor the one before (--week names another)"
            raise UsageError(f"{plain(args.model)} answered nothing in {where}; did: {stored}")
        if not known:
            print(f"mirqab report: no model answered in week {week}; name another with --week", file=sys.stderr)
        rows: list[dict[str, Any]] = []
        for model in known if args.model is None else [args.model]:
            progress.say(lambda model=model: f"{plain(model)}, week {week}")  # type: ignore[misc]
            rows.append(await reporting.weekly(store, settings, rules, model, week, now_ns))
        answers = (
            [await mailing.mail_one(store, settings, row["model"], week, time.time_ns) for row in rows]
            if args.mail
            else []
        )
    _tell(args, rows)
    for row, answer in zip(rows, answers, strict=False):
        print(f"mirqab report: {plain(row['model'])}, by mail: {answer.word} {answer.detail}", file=sys.stderr)
    return 1 if any(answer.word != ACCEPTED for answer in answers) else 0


async def _incident(args: argparse.Namespace, settings: Settings) -> int:
    async with opened(settings, make=True) as store:
        row = await reporting.maker().make_incident(store, settings, read_rules(settings), args.id, time.time_ns())
        await reporting.keep(store, row)
    _tell(args, [row])
    return 0


async def _evidence(args: argparse.Namespace, settings: Settings) -> int:
    since, until = moment(args.since, "--from"), moment(args.until, "--to")
    if since >= until:
        raise UsageError("--from must lie before --to")
    rules, key = read_rules(settings), settings.reports.signing_key
    async with opened(settings, make=True) as store:
        wrong = await auditing.check(store)
        period = f"{iso(since)} to {iso(until)}"
        await record(store, act(time.time_ns(), EXPORT, "evidence", period, actor=args.by, reason=args.reason))
        if not wrong:
            await auditing.seal(store)
        files = dict(await reporting.maker().make_evidence(store, settings, rules, since, until, time.time_ns()))
        entries, hashes = await auditing.chain(store)
    rows = auditing.as_rows(entries, hashes)
    files["audit.jsonl"] = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    files["audit.json"] = json.dumps({"entries": len(rows), "last": hashes[-1] if hashes else "", "faults": wrong})
    about = {"from": iso(since), "until": iso(until), "made": iso(time.time_ns())}
    manifest = write_pack(Path(args.output), files, key, about)
    for text in wrong:
        print(f"mirqab report: audit chain: {text}", file=sys.stderr)
    if not key:
        print("mirqab report: not signed; set MIRQAB_REPORTS_SIGNING_KEY or reports.signing_key_file", file=sys.stderr)
    print(json.dumps(manifest) if args.json else f"{args.output}: {len(files)} files")
    return 1 if wrong else 0


def _verify(args: argparse.Namespace) -> int:
    found = list(faults(Path(args.folder), args.public_key))
    if args.json:
        print(json.dumps({"faults": found}))
    else:
        print("\n".join(found or [WHOLE if signed(Path(args.folder)) else UNSIGNED]))
    return 1 if found else 0


def _tell(args: argparse.Namespace, rows: list[dict[str, Any]]) -> None:
    files = [reporting.write(Path(args.output), row) if args.output else [] for row in rows]
    if args.json:
        print(json.dumps([json.loads(row["json"]) for row in rows], ensure_ascii=False))
    else:
        print("\n".join(row["text"] for row in rows), end="")
    for written in files:
        for path in written:
            print(f"mirqab report: {path}", file=sys.stderr)


async def _schedule(settings: Settings) -> None:
    if not settings.store.url:
        raise UsageError("an embedded store belongs to `mirqab up`, which makes the reports itself; set store.url")
    async with opened(settings) as store:
        print("mirqab report: every hour what is missing, until SIGTERM or Ctrl-C", file=sys.stderr, flush=True)
        await reporting.keep_reporting(store, settings, read_rules(settings), time.time_ns)
