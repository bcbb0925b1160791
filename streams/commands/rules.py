"""The rules that decide what is alerted: lists those in force.

A rule is a TOML file in `judge.rules`, which replaces the shipped ones, or in the folder given with --rules.
"""

from __future__ import annotations

import argparse
import json

import msgspec

from schemas.settings import Settings
from streams.ruleset import read_rules
from streams.terminal import grid
from streams.verbs import verb, verbs

HELP = "list the rules"
LIST = """Lists the rules in force, or those of a folder: id, highest level, the reading it watches, its detector, its
title. With --json every rule whole. It changes nothing."""
FOLDER = "folder of rules, instead of judge.rules or the shipped ones"


def arguments(parser: argparse.ArgumentParser) -> None:
    subs = verbs(parser)
    listing = verb(subs, "list", "list the rules in force", LIST)
    listing.add_argument("--rules", metavar="DIR", help=FOLDER)


def run(args: argparse.Namespace, settings: Settings) -> int:
    return {"list": _list}[args.verb](args, settings)


def _list(args: argparse.Namespace, settings: Settings) -> int:
    rules = read_rules(settings.replace("judge", rules=args.rules) if args.rules else settings)
    if args.json:
        print(json.dumps([msgspec.to_builtins(rule) for rule in rules]))
    else:
        rows = [(rule.id, rule.level, rule.metric, rule.detector, rule.title) for rule in rules]
        print(grid(("id", "level at most", "reading", "detector", "title"), rows))
    return 0
