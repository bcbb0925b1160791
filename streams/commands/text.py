"""Stored texts: read those of one principal, erase them by deleting their keys, and let one master key follow another.

Each of these is written down with who did it and why, before it is done.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from typing import Any

from schemas.actions import ERASE, REVEAL, REWRAP, Action, act
from schemas.errors import UsageError
from schemas.events import Source
from schemas.settings import Settings
from schemas.tables import TEXT_KEYS
from streams.actions import record
from streams.deeds import done, signed
from streams.eventrows import place
from streams.opened import opened
from streams.rows import arrow
from streams.sealing import Masters
from streams.sinks.clickhouse import ClickHouseStore
from streams.terminal import plain
from streams.textkeeping import key_rows
from streams.verbs import verb, verbs

HELP = "read or erase stored texts, and change the master key"
SHOW = "Shows the stored texts of one principal in clear, the newest first. That you did is written down."
ERASE_IT = "Deletes the data keys of one principal: its sealed texts can never be read again. It cannot be undone."
ROTATE = "Wraps every data key with the first master key. Texts stay as they are; then older master keys can go."
FOR_EVER = 2**62
MOST = 1000
TEXTS = """
SELECT log_id, topic, partition, offset, part, ts, model, prompt, response, key, prompt_chars, response_chars
FROM event_text_now
WHERE (log_id, topic, partition, offset, part) IN (
    SELECT log_id, topic, partition, offset, part FROM events_now WHERE principal = {principal:String}
)
ORDER BY ts DESC LIMIT {limit:UInt32}
"""
KEYS = "SELECT id, wrapped FROM text_keys_now WHERE principal = {principal:String} AND erased = 0 ORDER BY id"
EVERY = """
SELECT id, principal, wrapped, rank FROM text_keys_now WHERE erased = 0 AND master != {master:String} ORDER BY id
"""
# What a merge has not yet removed would still be on disk.
FORGET = "ALTER TABLE text_keys DELETE WHERE wrapped != '' AND id IN (SELECT id FROM text_keys WHERE erased = 1)"
FORGET_OLD = "OPTIMIZE TABLE text_keys FINAL"


def arguments(parser: argparse.ArgumentParser) -> None:
    subs = verbs(parser)
    show = verb(subs, "show", "show texts of one principal in clear", SHOW)
    erase = verb(subs, "erase", "erase the sealed texts of one principal", ERASE_IT)
    for each in (show, erase):
        each.add_argument("principal", metavar="PRINCIPAL", help="whose, as it is stored")
        signed(each)
    show.add_argument("--limit", type=int, default=20, help=f"at most so many, up to {MOST:,}; 20 if not given")
    signed(verb(subs, "rotate", "wrap all data keys with the first master key", ROTATE))


def run(args: argparse.Namespace, settings: Settings) -> int:
    return asyncio.run(_run(args, settings))


async def _run(args: argparse.Namespace, settings: Settings) -> int:
    async with opened(settings) as store:
        if args.verb == "show":
            return await _show(args, settings, store)
        if args.verb == "erase":
            return await _erase(args, store)
        return await _rotate(args, settings, store)


async def _show(args: argparse.Namespace, settings: Settings, store: ClickHouseStore) -> int:
    if not 0 < args.limit <= MOST:
        raise UsageError(f"--limit is {args.limit}; give 1 to {MOST:,}")
    rows = await store.query(TEXTS, {"principal": args.principal, "limit": args.limit})
    await record(store, _act(args, REVEAL, "principal", args.principal, len(rows)))
    keys = {row["id"]: row["wrapped"] for row in await store.query(KEYS, {"principal": args.principal})}
    masters = Masters(settings.privacy.master_key) if keys else None
    shown = [_opened(row, keys, masters) for row in rows]
    if args.json:
        print(json.dumps(shown))
        return 0
    for one in shown:
        print(plain(f"{one['at']} {one['model']}\n  asked: {one['prompt']}\n  told:  {one['response']}"))
    if not shown:
        print("no texts of this principal are stored")
    return 0


def _opened(row: Any, keys: dict[str, str], masters: Masters | None) -> dict[str, Any]:
    """One row in clear; a text whose key is gone is None, and so is one that was never kept."""
    source = Source(row["log_id"], row["topic"], int(row["partition"]))
    said: dict[str, Any] = {"at": row["ts"].isoformat(), "model": row["model"]}
    for name in ("prompt", "response"):
        text: str | None = row[name] or None
        if row["key"] and text is not None:
            wrapped = keys.get(row["key"])
            where = place(source, int(row["offset"]), int(row["part"]), name)
            text = masters.unwrap(row["key"], wrapped).open(text, where) if masters and wrapped else None
        said[name] = text
    return said


async def _erase(args: argparse.Namespace, store: ClickHouseStore) -> int:
    ids = [row["id"] for row in await store.query(KEYS, {"principal": args.principal})]
    if not ids:
        raise UsageError(f"no data key of {args.principal!r} is stored, so there is nothing to erase")
    action = _act(args, ERASE, "principal", args.principal, len(ids))
    await record(store, action)
    gone: dict[str, Any] = {"id": ids, "principal": args.principal, "wrapped": "", "master": ""}
    more = {"at": action.at_ns, "erased": 1, "rank": FOR_EVER}
    await store.insert(TEXT_KEYS.name, arrow(TEXT_KEYS, {**gone, **more}))
    await store.command(f"{FORGET} SETTINGS mutations_sync = 1")
    return done(args.json, [action])


async def _rotate(args: argparse.Namespace, settings: Settings, store: ClickHouseStore) -> int:
    masters = Masters(settings.privacy.master_key)
    rows = await store.query(EVERY, {"master": masters.name})
    action = _act(args, REWRAP, "master", masters.name, len(rows))
    await record(store, action)
    for row in rows:
        data = masters.unwrap(row["id"], row["wrapped"])
        again = key_rows(masters, {row["principal"]: data}, action.at_ns, int(row["rank"]) + 1)
        await store.insert(TEXT_KEYS.name, again)
    await store.command(FORGET_OLD)
    return done(args.json, [action])


def _act(args: argparse.Namespace, action: str, kind: str, subject: str, count: int) -> Action:
    return act(time.time_ns(), action, kind, subject, actor=args.by, reason=args.reason, value=str(count))
