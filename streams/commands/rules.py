"""The rules that decide what is alerted: lists, checks and calibrates them, begins a new one, writes down who approved.

A rule is a TOML file, or a Sigma rule (.yml) over our events, in `judge.rules`, which replaces the shipped ones, in a
folder of `judge.more_rules`, which joins them, or in the folder given with --rules.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from monitors.judge import judged_under
from monitors.nullreplay import calibration
from monitors.realised import FEWEST_DAYS, Realised
from monitors.skeleton import skeleton
from schemas.actions import APPROVE, act
from schemas.calibration import Calibration
from schemas.errors import Retryable, StoreRefused, UsageError
from schemas.rules import Rule
from schemas.settings import Settings
from streams import calibrating
from streams.deeds import done, kept, signed
from streams.opened import exists, opened
from streams.rulefiles import Checked, check_files, count_fired, in_force_with
from streams.ruleset import SHIPPED, read_rule, read_rules
from streams.stored import Span, moment
from streams.terminal import Progress, grid, moment_of, plain
from streams.verbs import verb, verbs

HELP = "list the rules, check yours, begin a new one, measure what one may open"
LIST = """Lists the rules in force, or those of a folder: id, highest level, the reading it watches, its detector, its
title. With --json every rule whole. It changes nothing."""
CHECK = """Checks a rule file, or all of a folder: keys, metric, detector and its parameters, numbers, texts. Where
there is a store it also says how often each would have fired in stored time, by judging the stored minutes again. It
changes nothing; exit code 1 if a rule cannot be used."""
NEW = """Writes a new rule file with every field and a line on what belongs there. It never overwrites one."""
CALIBRATE = """Lets a rule whose detector only says yes or no open tickets. Healthy stored days (without an alert that
somebody called true) are drawn into weeks and judged by this rule alone; the false tickets it opens there are its rate,
which is written into its file as [calibration] and counts from now on. A rate beyond the rule's part of the budget
leaves it suspected; so does a rule that was changed since. It replaces the section of an earlier time."""
APPROVE_IT = """Writes down who approved a state of rules and settings and why, for good; the evidence pack shows it
beside the alerts judged under it. It changes nothing that is in force."""
FOLDER = "folder of rules, instead of judge.rules or the shipped ones"
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


def arguments(parser: argparse.ArgumentParser) -> None:
    subs = verbs(parser)
    listing = verb(subs, "list", "list the rules in force", LIST)
    listing.add_argument("path", nargs="?", metavar="DIR", help=FOLDER)
    listing.add_argument("--rules", metavar="DIR", help="the same")
    check = verb(subs, "check", "check rules, and count how often they would have fired", CHECK)
    check.add_argument("path", nargs="?", metavar="FILE|DIR", help="a rule file or a folder; default: those in force")
    check.add_argument("--rules", metavar="FILE|DIR", help="the same")
    check.add_argument("--no-store", action="store_true", help="only look at the files; no store is opened")
    new = verb(subs, "new", "begin a new rule", NEW)
    new.add_argument("id", metavar="ID", help="the rule's id and file name: small letters, digits and _")
    new.add_argument("--metric", required=True, help="the reading it watches, such as feature.psi")
    new.add_argument("--detector", help="what judges it; by default what fits the metric")
    new.add_argument("--rules", metavar="DIR", help="folder to write into; judge.rules or the present one if not given")
    measure = verb(subs, "calibrate", "measure the false tickets of a rule that only says yes or no", CALIBRATE)
    measure.add_argument("file", type=Path, metavar="FILE", help="the rule's file; the result is written into it")
    measure.add_argument("--weeks", type=int, default=8, metavar="N", help="weeks to draw for each model (default 8)")
    measure.add_argument("--since", metavar="DATE", help="only days from this time on (ISO 8601 or seconds; UTC)")
    measure.add_argument("--seed", type=int, default=1, metavar="N", help="of the drawing; equal seeds, equal answers")
    approve = verb(subs, "approve", "write down who approved the rules and settings in force", APPROVE_IT)
    approve.add_argument("hash", nargs="?", metavar="HASH", help="as alerts name it; by default that in force")
    signed(approve)


def run(args: argparse.Namespace, settings: Settings) -> int:
    verbs_ = {"list": _list, "check": _check, "new": _new, "calibrate": _calibrate, "approve": _approve}
    return verbs_[args.verb](args, settings)


def _approve(args: argparse.Namespace, settings: Settings) -> int:
    state = args.hash or judged_under(read_rules(settings), settings)
    deed = act(time.time_ns(), APPROVE, "rule", state, actor=args.by, reason=args.reason)
    kept(settings, deed)
    return done(args.json, [deed])


def _list(args: argparse.Namespace, settings: Settings) -> int:
    folder = _one_of(args)
    rules = read_rules(settings.replace("judge", rules=folder) if folder else settings)
    if args.json:
        print(json.dumps([msgspec.to_builtins(rule) for rule in rules]))
    else:
        rows = [(rule.id, rule.level, rule.metric, rule.detector, rule.title) for rule in rules]
        print(grid(("id", "level at most", "reading", "detector", "title"), rows))
    return 0


def _check(args: argparse.Namespace, settings: Settings) -> int:
    path = Path(_one_of(args) or settings.judge.rules or SHIPPED)
    checked = check_files(path)
    stored = None
    if not args.no_store and exists(settings) and any(not each.errors for each in checked):
        try:
            stored = asyncio.run(_count(settings, path, checked))
        except (Retryable, StoreRefused) as e:
            # The rules were checked; a store that a worker holds open, or that is away, is no fault of theirs.
            print(f"mirqab rules: not counted how often they would have fired: {e}", file=sys.stderr)
    if args.json:
        span = None if stored is None else {"days": round(stored.days, 3), **_times(stored)}
        print(json.dumps({"rules": [each.as_json() for each in checked], "stored": span}))
    else:
        print(_findings(checked, stored))
    return 1 if any(each.errors for each in checked) else 0


def _one_of(args: argparse.Namespace) -> str | None:
    """Which rules were named, in either way."""
    if args.path and args.rules:
        raise UsageError(f"{args.path} and --rules {args.rules} both name rules; give one of them")
    named: str | None = args.path or args.rules
    return named


async def _count(settings: Settings, path: Path, checked: list[Checked]) -> Span | None:
    progress = Progress("rules")
    rules = in_force_with(settings, checked, path.is_dir())
    async with opened(settings) as store:
        return await count_fired(
            store, settings, rules, checked, lambda at: progress.say(lambda: f"judging {moment_of(at)} again")
        )


def _times(stored: Span) -> dict[str, str]:
    return {"from": moment_of(stored.from_ns), "to": moment_of(stored.to_ns)}


def _findings(checked: list[Checked], stored: Span | None) -> str:
    lines = []
    for each in checked:
        name = each.file.name if each.rule is None else each.rule.id
        state = "cannot be used" if each.errors else "ok"
        if each.fired is not None:
            alerts = ", ".join(f"{n} {level}" for level, n in each.fired.items() if n) or "never"
            state += f"; would have fired: {alerts}"
        lines.append(plain(f"{name}: {state}"))
        lines += [plain(f"  wrong: {text}") for text in each.errors]
        lines += [plain(f"  note: {text}") for text in each.warnings]
    wrong, noted = sum(bool(each.errors) for each in checked), sum(bool(each.warnings) for each in checked)
    lines.append(f"{len(checked)} rules, {wrong} that cannot be used, {noted} with notes")
    if stored is not None:
        since, until = _times(stored).values()
        lines.append(f"counted over {stored.days:.1f} stored days, {since} to {until} UTC")
    return "\n".join(lines)


def _new(args: argparse.Namespace, settings: Settings) -> int:
    if not NAME.fullmatch(args.id):
        raise UsageError(f"{args.id!r} cannot be the id of a rule: a small letter, then small letters, digits and _")
    text = skeleton(args.id, args.metric, args.detector)
    path = Path(args.rules or settings.judge.rules or ".") / f"{args.id}.toml"
    try:
        if not path.parent.exists():
            path.parent.mkdir(parents=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as e:
        raise UsageError(f"{path} is there already; choose another id, or edit it") from e
    except OSError as e:
        raise UsageError(f"cannot write {path}: {e.strerror}; name a folder that can be written with --rules") from e
    print(json.dumps({"id": args.id, "file": str(path)}) if args.json else path)
    return 0


def _calibrate(args: argparse.Namespace, settings: Settings) -> int:
    if not 1 <= args.weeks <= 520:
        raise UsageError(f"--weeks must lie between 1 and 520, not {args.weeks}")
    rule = read_rule(args.file)
    calibrating.check(rule)
    found = asyncio.run(_measure(args, settings, rule))
    if not found:
        force = " on which this rule was in force" if rule.per else ""
        raise UsageError(f"no model has {FEWEST_DAYS} whole healthy days{force} in the store; nothing was measured")
    now = datetime.now(UTC).replace(microsecond=0)
    measured = calibration(rule, found, now, settings.line.pane_minutes)
    calibrating.write(args.file, measured)
    rule = read_rule(args.file)
    level = calibrating.budgeted(settings, tuple({**{r.id: r for r in read_rules(settings)}, rule.id: rule}.values()))
    may = measured.false_per_week <= level
    if args.json:
        print(json.dumps({"id": rule.id, **msgspec.to_builtins(measured), "budgeted": level, "opens_tickets": may}))
        return 0
    drawn = sum(each.weeks for each in found)
    print(
        f"{plain(rule.id)}: {measured.tickets} false tickets in {drawn} weeks drawn from {measured.weeks:.1f} healthy "
        f"model-weeks: at most {measured.false_per_week:.2g} a model and week; {level:.2g} are budgeted for it\n"
        + ("it opens tickets from now on" if may else f"it stays suspected: {_short(measured, level)}")
        + f"; written to {plain(str(args.file))}"
    )
    return 0


def _short(measured: Calibration, level: float) -> str:
    """What would let it open tickets."""
    if not level:
        return "no false tickets are budgeted"
    if measured.tickets:
        return "it fires too often where nothing happens; make it less sensitive, or the budget larger"
    return f"to prove that little {1 / level:,.0f} healthy model-weeks without a false ticket are needed"


async def _measure(args: argparse.Namespace, settings: Settings, rule: Rule) -> list[Realised]:
    progress = Progress("rules")
    async with opened(settings) as store:
        return await calibrating.measure(
            store,
            settings,
            rule,
            since_ns=moment(args.since, "--since") if args.since else 0,
            weeks=args.weeks,
            seed=args.seed,
            seen=lambda model, week: progress.say(lambda: f"{plain(model)}: week {week} of {args.weeks}"),
        )
