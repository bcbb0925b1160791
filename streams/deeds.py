"""What the commands of people's acts share: who and why, how incidents stand, and the answer."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import json
import sys
from collections.abc import Sequence
from typing import Any

from monitors.silences import KEEPING
from schemas.actions import ACKNOWLEDGE, VERDICT, Action, window_of
from schemas.settings import Settings
from streams.actions import record
from streams.opened import opened
from streams.store import Store
from streams.terminal import moment_of, plain

STANDING = """
SELECT id, transition, level, state, cause, family, rule, model, models, principals, alerts, title, opened_ns, at_ns,
    said, word, judged
FROM (SELECT * FROM incidents_now ORDER BY id, transition DESC LIMIT 1 BY id) AS standing
LEFT JOIN (
    SELECT subject, argMax(action, (at_ns, id)) AS word, argMax(value, (at_ns, id)) AS said,
        countIf(action = {verdict:String}) > 0 AS judged FROM actions_now
    WHERE kind = 'incident' AND action IN {words:Array(String)} GROUP BY subject
) AS acts ON acts.subject = standing.id
ORDER BY opened_ns DESC, id
LIMIT 10000
"""


async def standing(store: Store) -> list[dict[str, Any]]:
    """Incidents as they stand, the newest first; `done`: what people last did with one; `judged`: it has a verdict."""
    rows = await store.query(STANDING, {"words": [ACKNOWLEDGE, VERDICT], "verdict": VERDICT})
    found = []
    for row in rows:
        done = f"closed: {row['said']}" if row["word"] == VERDICT else "acknowledged" if row["word"] else ""
        known = {k: v for k, v in row.items() if k not in ("said", "word")}
        found.append({**known, "judged": bool(row["judged"]), "done": done})
    return found


def kept(settings: Settings, deed: Action) -> None:
    """Write down an act that needs nothing else of the store. Raises UsageError where there is no store yet."""

    async def keep() -> None:
        async with opened(settings) as store:
            await record(store, deed)

    asyncio.run(keep())


def who(parser: argparse.ArgumentParser, thing: str) -> None:
    """The options of every act on one thing."""
    parser.add_argument("id", metavar="ID", help=f"id of the {thing}, or how it begins")
    signed(parser)


def signed(parser: argparse.ArgumentParser) -> None:
    """Who does it, and why."""
    parser.add_argument("--by", metavar="NAME", required=True, help="who does this")
    parser.add_argument("--reason", metavar="TEXT", required=True, help="why, in a sentence; it is kept")


def asked(parser: argparse.ArgumentParser, reason: str) -> None:
    """The same where an act needs no decision: the machine's user is taken, and a reason that says what was done."""
    parser.add_argument("--by", metavar="NAME", default=_user(), help="who does this; the machine's user if not given")
    parser.add_argument("--reason", metavar="TEXT", default=reason, help="why; it is kept")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's user may have no name
        return "nobody by name"


def in_words(action: Action) -> str:
    """What was chosen, for a person."""
    begins, ends = window_of(action.value) if action.action in KEEPING else (0, 0)
    return f"from {moment_of(begins)} until {moment_of(ends)} UTC" if ends else action.value


def done(as_json: bool, actions: Sequence[Action]) -> int:
    """Say what was written down."""
    first = actions[0]
    if as_json:
        print(json.dumps([{"id": a.id, "action": a.action, "kind": a.kind, "subject": a.subject} for a in actions]))
    more = f" and its {len(actions) - 1} alerts" if len(actions) > 1 else ""
    said = f"{first.action} {in_words(first)}".strip()
    print(plain(f"written down: {said} on {first.kind} {first.subject}{more}, by {first.actor}"), file=sys.stderr)
    return 0
