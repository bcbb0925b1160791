"""What people did, in the store: one row is added per act, none is ever changed. Who may act is not decided here."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.actions import Action
from schemas.tables import ACTIONS
from streams.rows import arrow
from streams.store import Store

FIELDS = ("kind", "subject", "at_ns", "action", "value", "actor", "reason")
OF_KIND = """
SELECT at_ns, action, kind, subject, actor, reason, value FROM actions_now
WHERE kind = {kind:String} AND action = {action:String} ORDER BY at_ns, id
"""
ON = """
SELECT at_ns, action, kind, subject, actor, reason, value FROM actions_now
WHERE kind = {kind:String} AND subject = {subject:String} ORDER BY at_ns, id
"""
SINCE = """
SELECT at_ns, action, kind, subject, actor, reason, value FROM actions_now
WHERE action IN {actions:Array(String)} AND at_ns >= {since:Int64} ORDER BY at_ns, id
"""


async def record(store: Store, *actions: Action) -> None:
    """Add a row for each; adding the same act again is harmless."""
    columns = {name: [getattr(action, name) for action in actions] for name in FIELDS}
    more = {"at": [action.at_ns for action in actions], "id": [action.id for action in actions]}
    await store.insert(ACTIONS.name, arrow(ACTIONS, {**columns, **more}))


async def acts_on(store: Store, kind: str, action: str) -> dict[str, list[Action]]:
    """All acts of one sort on one kind of thing, by subject, in order of time."""
    found: dict[str, list[Action]] = {}
    for row in await store.query(OF_KIND, {"kind": kind, "action": action}):
        found.setdefault(str(row["subject"]), []).append(Action(**row))
    return found


async def acts_on_one(store: Store, kind: str, subject: str) -> list[Action]:
    """All acts on one thing, in order of time."""
    return [Action(**row) for row in await store.query(ON, {"kind": kind, "subject": subject})]


async def acts_since(store: Store, actions: Sequence[str], since_ns: int = 0) -> list[Action]:
    """All acts of some sorts since then, in order of time."""
    return [Action(**row) for row in await store.query(SINCE, {"actions": list(actions), "since": since_ns})]
