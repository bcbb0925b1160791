"""Incidents and what people do with them: list, show, acknowledge, close with a verdict, note, approve.

Every act is one more row of the table `actions`, with who did it and why; nothing is changed or deleted. What an act
silences or closes is in force for the pager within a few seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from schemas.actions import ACKNOWLEDGE, APPROVE, NOTE, VERDICTS, Action, act, closing
from schemas.errors import UsageError
from schemas.incidents import OPEN, OVER
from schemas.settings import Settings
from streams.actions import acts_on_one, record
from streams.deeds import done, standing, who
from streams.opened import opened
from streams.ruleset import read_rules
from streams.terminal import grid, iso, moment_of, plain, some
from streams.verbs import verb, verbs

HELP = "list incidents; acknowledge, close, annotate and approve them"
KIND = "incident"
LIST = """Lists incidents, the newest first: those that are open, and those that are over of which nobody has said what
they were (`incident close` does); with --all every one. It changes nothing."""
SHOW = "Shows one incident, its alerts, who was told of it, and all that people did with it. It changes nothing."
TOLD = """
SELECT at_ns, transition, receiver, kind, answer, detail, attempt FROM deliveries_now
WHERE incident = {incident:String} ORDER BY at_ns, receiver, attempt LIMIT 500
"""
ALERTS = """
SELECT id, level, state, family, rule, principals, summary, reason
FROM (
    SELECT * FROM alerts_now WHERE id IN {alerts:Array(String)} ORDER BY id, transition DESC LIMIT 1 BY id
)
ORDER BY first_seen_ns, id
"""
SHOWN = 10  # principals named of an alert
ACKNOWLEDGING = "Writes down that somebody works on it: it is not repeated and not escalated any more."
CLOSING = """Writes down what it was, on the incident and on each of its alerts. It counts as over for the pager. A
verdict of attack, drift or fault says that it was real; `mirqab rates` and the record on each alert count by it."""
NOTING = "Writes a note beside it."
APPROVING = "Writes down that somebody approved how it was dealt with."


def arguments(parser: argparse.ArgumentParser) -> None:
    subs = verbs(parser)
    listing = verb(subs, "list", "list incidents", LIST)
    listing.add_argument("--all", action="store_true", help="those that are over and judged, too")
    showing = verb(subs, "show", "show one incident", SHOW)
    showing.add_argument("id", metavar="ID", help="id of the incident, or how it begins")
    who(verb(subs, "acknowledge", "say that you work on it", ACKNOWLEDGING), "incident")
    close = verb(subs, "close", "say what it was", CLOSING)
    who(close, "incident")
    close.add_argument("--verdict", required=True, choices=VERDICTS, help="what it was")
    who(verb(subs, "note", "write a note", NOTING), "incident")
    who(verb(subs, "approve", "approve how it was dealt with", APPROVING), "incident")


def run(args: argparse.Namespace, settings: Settings) -> int:
    return asyncio.run(_run(args, settings))


async def _run(args: argparse.Namespace, settings: Settings) -> int:
    async with opened(settings) as store:
        rows = await standing(store)
        if args.verb == "list":
            waiting = [row for row in rows if row["state"] == OPEN or (row["state"] == OVER and not row["judged"])]
            return _list(args, rows if args.all else waiting)
        row = _one(args.id, rows)
        if args.verb == "show":
            told = await store.query(TOLD, {"incident": row["id"]})
            seen = [dict(each) for each in await store.query(ALERTS, {"alerts": row["alerts"]})]
            steps = {rule.id: rule.runbook for rule in read_rules(settings)}
            alerts = [{**each, "runbook": steps.get(each["rule"], "")} for each in seen]
            return _show(args, row, alerts, await acts_on_one(store, KIND, row["id"]), told)
        actions = acts(args, row, time.time_ns())
        await record(store, *actions)
        return done(args.json, actions)


def acts(args: argparse.Namespace, row: dict[str, Any], at_ns: int) -> list[Action]:
    """The rows to add."""
    said = {"actor": args.by, "reason": args.reason}
    if args.verb == "close":
        return closing(at_ns, row["id"], row["alerts"], value=args.verdict, **said)
    word = {"acknowledge": ACKNOWLEDGE, "note": NOTE, "approve": APPROVE}[args.verb]
    return [act(at_ns, word, KIND, row["id"], **said)]


def _one(id: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    found = [row for row in rows if row["id"] == id] or [row for row in rows if row["id"].startswith(id)]
    if len(found) != 1:
        many = f"{len(found)} incidents begin with" if found else "there is no incident"
        raise UsageError(f"{many} {id!r}; `mirqab incident list --all` lists them")
    return found[0]


def _list(args: argparse.Namespace, rows: list[dict[str, Any]]) -> int:
    if args.json:
        print(json.dumps([{**row, "opened": iso(row["opened_ns"])} for row in rows]))
        return 0
    heads = ("incident", "level", "state", "since", "alerts", "what")
    cells = [
        (
            row["id"],
            row["level"],
            row["done"] or (f"{row['state']}, not judged" if row["state"] == OVER else row["state"]),
            moment_of(row["opened_ns"]),
            len(row["alerts"]) or "–",  # about Mirqab itself or a model's registration
            row["title"],
        )
        for row in rows
    ]
    none = "no incident is stored" if args.all else "no incident is open or waits for a verdict"
    print(grid(heads, cells) if rows else none)
    return 0


def _show(
    args: argparse.Namespace,
    row: dict[str, Any],
    alerts: list[dict[str, Any]],
    actions: list[Action],
    told: Sequence[Mapping[str, Any]],
) -> int:
    if args.json:
        acts = [
            {"at": iso(a.at_ns), "action": a.action, "value": a.value, "by": a.actor, "reason": a.reason}
            for a in actions
        ]
        pages = [{"at": iso(t["at_ns"]), **{k: v for k, v in t.items() if k != "at_ns"}} for t in told]
        print(json.dumps({**row, "details": alerts, "actions": acts, "deliveries": pages}))
        return 0
    print(plain(row["title"]))
    facts = [(name, row[name]) for name in ("id", "level", "state", "cause")]
    facts += [("models", ", ".join(row["models"])), ("principals", some(row["principals"], SHOWN) or "–")]
    print(grid(("", ""), facts))
    for alert in alerts:
        who = f", by {some(alert['principals'], SHOWN)}" if alert["principals"] else ""
        print(plain(f"{alert['id']}  {alert['level']}, {alert['state']}, {alert['family']}: {alert['summary']}{who}"))
        print(plain(f"  {alert['reason']}"))
    for runbook in dict.fromkeys(alert["runbook"] for alert in alerts if alert["runbook"]):
        print(plain(f"what to do: {' '.join(runbook.split())}"))
    said = [(a.at_ns, f"{f'{a.action} {a.value}'.strip()} by {a.actor}: {a.reason}") for a in actions]
    said += [(t["at_ns"], f"{t['kind']} to {t['receiver']}: {t['answer']} {t['detail']}".strip()) for t in told]
    for at_ns, text in sorted(said):
        print(plain(f"{moment_of(at_ns)}  {text}"))
    return 0
