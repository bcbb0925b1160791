"""The history of drills in the table `drills`: what the last ones saw, and the outcomes added to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from monitors.drills.lost import REGULAR, Past
from monitors.judge import judged_under
from schemas.rules import Rule
from schemas.settings import Settings
from schemas.tables import DRILLS
from streams.drilling import Before, Drilled
from streams.rows import arrow
from streams.store import Store

MODELS = "SELECT DISTINCT model FROM baselines_now WHERE origin != 'proposed' ORDER BY model"
LAST = """
SELECT kind, strength, level, lost FROM drills_now WHERE model = {model:String} AND untried = ''
ORDER BY at_ns DESC LIMIT {most:UInt32} BY kind, strength
"""


async def models(store: Store) -> list[str]:
    """Every model that has a baseline."""
    return [str(row["model"]) for row in await store.query(MODELS)]


async def before(store: Store, model: str) -> Before:
    """How the last drills of each kind and strength ended, of those that could be tried."""
    found: dict[tuple[str, str], list[Past]] = {}
    for row in await store.query(LAST, {"model": model, "most": REGULAR}):
        found.setdefault((row["kind"], row["strength"]), []).append(Past(row["level"], bool(row["lost"])))
    return found


async def keep(store: Store, settings: Settings, rules: tuple[Rule, ...], found: Sequence[Drilled], at_ns: int) -> None:
    """Add the outcomes to the history."""
    if not found:
        return
    rows = [asdict(each) for each in found]
    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in rows[0]}
    same = {"at": at_ns, "at_ns": at_ns, "rules_hash": judged_under(rules, settings)}
    await store.insert(DRILLS.name, arrow(DRILLS, {**columns, **same}))
