"""Silences and maintenance windows: what the pager keeps back, for how long, who said so and why.

A silence keeps back all of an incident, a rule or a pattern of models. A maintenance window says that troubles of
models are expected; attacks are told all the same. Both end by themselves, and what is still open then is told.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import time

from monitors.silences import KEEPING, in_force
from schemas.actions import MAINTENANCE, SILENCE, UNSILENCE, Action, act, window, window_of
from schemas.errors import UsageError
from schemas.settings import Settings
from streams.actions import acts_since, record
from streams.deeds import done, signed
from streams.opened import opened
from streams.stored import moment
from streams.terminal import grid, iso, moment_of
from streams.verbs import verb, verbs

HELP = "keep incidents from being told for a while, or announce maintenance"
LIST = "Lists silences and maintenance windows that are in force or yet to come. It changes nothing."
ADD = "Adds a silence, or with --maintenance a maintenance window. The newest one on the same thing counts."
END = "Ends a silence or maintenance window before its time."
UNITS = {"m": 60, "h": 3600, "d": 86400}
LONGEST_S = 90 * 86400


def arguments(parser: argparse.ArgumentParser) -> None:
    subs = verbs(parser)
    verb(subs, "list", "list what is kept back", LIST)
    add = verb(subs, "add", "keep something back for a while", ADD)
    _what(add)
    add.add_argument("--for", dest="span", metavar="SPAN", required=True, help="how long: 30m, 4h, 2d; at most 90d")
    add.add_argument(
        "--from", dest="start", metavar="TIME", help="when it begins (ISO 8601 or seconds); now if not given"
    )
    add.add_argument("--maintenance", action="store_true", help="a maintenance window: attacks are told all the same")
    end = verb(subs, "end", "end it before its time", END)
    _what(end)


def _what(parser: argparse.ArgumentParser) -> None:
    one = parser.add_mutually_exclusive_group(required=True)
    one.add_argument("--incident", metavar="ID", help="one incident")
    one.add_argument("--model", metavar="PATTERN", help="all models whose names fit, such as card-*")
    one.add_argument("--rule", metavar="PATTERN", help="all rules whose ids fit")
    signed(parser)


def run(args: argparse.Namespace, settings: Settings) -> int:
    return asyncio.run(_run(args, settings))


async def _run(args: argparse.Namespace, settings: Settings) -> int:
    now = time.time_ns()
    async with opened(settings) as store:
        if args.verb == "list":
            known = await acts_since(store, [*KEEPING, UNSILENCE])
            later = [a for a in known if a.action in KEEPING and window_of(a.value)[0] > now]
            return _list(args, [*in_force(known, now), *later])
        action = made(args, now)
        await record(store, action)
        return done(args.json, [action])


def made(args: argparse.Namespace, now_ns: int) -> Action:
    """The act that was asked for. Raises UsageError for a time that cannot be."""
    kind = next(name for name in ("incident", "model", "rule") if getattr(args, name))
    subject, said = getattr(args, kind), {"actor": args.by, "reason": args.reason}
    if args.verb == "end":
        return act(now_ns, UNSILENCE, kind, subject, **said)
    if args.maintenance and kind != "model":
        raise UsageError("a maintenance window is of models; give --model PATTERN")
    start = now_ns if args.start is None else moment(args.start, "--from")
    value = window(start, start + span(args.span) * 1_000_000_000)
    return act(now_ns, MAINTENANCE if args.maintenance else SILENCE, kind, subject, value=value, **said)


def span(text: str) -> int:
    """Seconds of 30m, 4h, 2d. Raises UsageError for anything else, or for more than 90 days."""
    found = re.fullmatch(r"(\d{1,6})([mhd])", text)
    seconds = int(found[1]) * UNITS[found[2]] if found else 0
    if not 0 < seconds <= LONGEST_S:
        raise UsageError(f"--for is {text!r}; give minutes, hours or days, such as 30m, 4h or 2d, and at most 90d")
    return seconds


def _list(args: argparse.Namespace, actions: list[Action]) -> int:
    rows = []
    for a in actions:
        first, last = window_of(a.value)
        rows.append((a.action, a.kind, a.subject, first, last, a.actor, a.reason))
    names = ("action", "kind", "subject", "from", "until", "by", "reason")
    if args.json:
        print(json.dumps([dict(zip(names, (*r[:3], iso(r[3]), iso(r[4]), *r[5:]), strict=True)) for r in rows]))
    elif rows:
        print(grid(names, [(*r[:3], moment_of(r[3]), moment_of(r[4]), *r[5:]) for r in rows]))
    else:
        print("nothing is kept back")
    return 0
