"""What people did, in the store: one row is added per act, none is ever changed. Who may act is not decided here."""

from __future__ import annotations

from schemas.actions import Action
from schemas.errors import UsageError
from schemas.tables import ACTIONS
from streams.rows import arrow
from streams.store import Store

LONGEST_NAME, LONGEST_REASON = 256, 4096
OF_KIND = """
SELECT at_ns, action, kind, subject, actor, reason, value FROM actions_now
WHERE kind = {kind:String} AND action = {action:String} ORDER BY at_ns, id
"""


def act(at_ns: int, action: str, kind: str, subject: str, *, actor: str, reason: str) -> Action:
    """An act that says who and why. Raises UsageError where one of them is empty or too long."""
    actor, reason = actor.strip(), reason.strip()
    for what, text, longest in (("name", actor, LONGEST_NAME), ("reason", reason, LONGEST_REASON)):
        if not text:
            raise UsageError(f"the {what} is empty; say who does this, and why: it is kept with the {kind}")
        if len(text) > longest:
            raise UsageError(f"the {what} has {len(text):,} characters; at most {longest:,} are kept")
    return Action(at_ns, action, kind, subject, actor, reason)


async def record(store: Store, action: Action) -> None:
    """Add one row; adding the same act again is harmless."""
    fields = ("kind", "subject", "at_ns", "action", "value", "actor", "reason")
    row = {name: [getattr(action, name)] for name in fields}
    await store.insert(ACTIONS.name, arrow(ACTIONS, {**row, "at": [action.at_ns], "id": action.id}))


async def acts_on(store: Store, kind: str, action: str) -> dict[str, list[Action]]:
    """All acts of one sort on one kind of thing, by subject, in order of time."""
    found: dict[str, list[Action]] = {}
    for row in await store.query(OF_KIND, {"kind": kind, "action": action}):
        found.setdefault(str(row["subject"]), []).append(Action(**row))
    return found
