"""mirqab grafana: dashboards, alert rules, contact points and a data source, made in Grafana or written as its files.

`push` makes them over Grafana's API and can be repeated; `diff` says what push would change; `render` writes files for
Grafana's provisioning and needs no Grafana. Nothing that Mirqab did not make is changed or deleted, and policies are
never touched: each rule names its receiver itself. Each push is written down in the store, so that the pager and the
console's health page notice when what Grafana has is not what this version ships.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dashboards.grafana.bundle import DATASOURCE, bundle
from dashboards.grafana.client import Api, connect
from dashboards.grafana.plan import plan
from dashboards.grafana.record import keep
from dashboards.grafana.render import SEEN_AT, files, write
from dashboards.grafana.steps import Step
from schemas.actions import DONE, FAILED, KEPT
from schemas.errors import GrafanaRefused, MirqabError
from schemas.settings import Settings

HELP = "make dashboards and alert rules in Grafana, or write them as files"
DONE_WORDS = {"create": "created", "update": "updated", "delete": "deleted", "same": "unchanged", "kept": "kept"}
TO_DO = {**DONE_WORDS, "create": "to create", "update": "to update", "delete": "to delete"}


def arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB", help="push, diff or render")
    pushed = verbs.add_parser(
        "push", help="make them in Grafana",
        description="Makes folder, data source, contact points, mute timings, dashboards and rules; the second time it "
        "changes nothing. What somebody edited by hand is kept, and the exit code is 1 then.",
    )  # fmt: skip
    differing = verbs.add_parser(
        "diff", help="say what push would change", description="Compares with what Grafana has; changes nothing."
    )
    for each in (pushed, differing):
        each.add_argument(
            "--force", action="store_true", help="overwrite what was edited by hand, and send secrets anew"
        )
    rendered = verbs.add_parser(
        "render", help="write them as files",
        description="Writes dashboards as .json and the rest as .yaml for Grafana's file provisioning. Needs no "
        "Grafana; secrets are left to Grafana's environment.",
    )  # fmt: skip
    rendered.add_argument("--output", metavar="DIR", required=True, help="folder to write to; it is made if need be")
    rendered.add_argument(
        "--seen-at", metavar="PATH", default=SEEN_AT, help=f"where Grafana finds DIR/dashboards (default {SEEN_AT})"
    )
    for each in (pushed, differing, rendered):
        # SUPPRESS: what was said before the verb is not forgotten.
        each.add_argument("--config", metavar="FILE", default=argparse.SUPPRESS, help="settings file (TOML)")
        each.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON on stdout")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Exit code 0 if everything is as wanted, 1 if something was kept as somebody left it."""
    if args.verb == "render":
        return _render(args, settings)
    if args.verb == "diff":
        _say(plan(connect(settings.grafana), bundle(settings), force=args.force), args)
        return 0
    api = connect(settings.grafana)
    try:
        steps = plan(api, bundle(settings), force=args.force)
        push(steps, progress=not args.json)
    except MirqabError as e:
        keep(settings, FAILED, str(e), time.time_ns())
        raise
    kept = any(step.action == "kept" for step in steps)
    _say(steps, args)
    keep(settings, KEPT if kept else DONE, counted(steps, DONE_WORDS), time.time_ns())
    if not settings.grafana.datasource:
        _check(api)
    return int(kept)


def push(steps: list[Step], *, progress: bool = False) -> None:
    """Carry out the steps in order. Raises what Grafana refuses, naming the step; a second push goes on from there."""
    for step in steps:
        if step.run is None:
            continue
        if progress:
            print(f"mirqab grafana: {step.action} {step.kind} {step.name} ...", file=sys.stderr)
        try:
            step.run()
        except GrafanaRefused as e:
            raise GrafanaRefused(f"cannot {step.action} the {step.kind} {step.name!r}: {e}", e.status) from e


def _render(args: argparse.Namespace, settings: Settings) -> int:
    texts = files(settings, args.seen_at)
    changed = write(Path(args.output), texts)
    if args.json:
        print(json.dumps({"files": sorted(texts), "changed": sorted(changed)}))
    else:
        print(f"{len(texts)} files in {args.output}, {len(changed)} of them changed")
    return 0


def _say(steps: list[Step], args: argparse.Namespace) -> None:
    if args.json:
        rows: list[dict[str, Any]] = [
            {"kind": step.kind, "name": step.name, "action": step.action, "reason": step.reason} for step in steps
        ]
        print(json.dumps(rows, ensure_ascii=False))
        return
    for step in steps:
        if step.action != "same":
            print(f"{step.action:7} {step.kind:13} {step.name}{f' ({step.reason})' if step.reason else ''}")
    print(counted(steps, DONE_WORDS if args.verb == "push" else TO_DO))


def counted(steps: list[Step], words: Mapping[str, str]) -> str:
    """How many of each action, in words."""
    found: Counter[str] = Counter(step.action for step in steps)
    return ", ".join(f"{found[action]} {word}" for action, word in words.items() if found[action])


def _check(api: Api) -> None:
    """Whether Grafana reaches the store. A warning only: the store may be started later."""
    try:
        health = api.get(f"/datasources/uid/{DATASOURCE}/health") or {}
    except GrafanaRefused as e:
        health = {"status": "ERROR", "message": str(e)}
    if health.get("status") != "OK":
        said = health.get("message", "no answer")
        print(f"mirqab grafana: Grafana does not reach ClickHouse yet: {said}", file=sys.stderr)
