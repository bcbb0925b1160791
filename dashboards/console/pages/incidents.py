"""Incidents: what belongs together, open ones first; and what is kept back from people just now."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from dashboards.console.view import DAY_NS, View
from dashboards.console.words import silences
from schemas.alerts import PAGE, TICKET
from schemas.incidents import CAUSES, OPEN, OVER

PATH = "/incidents"
TITLE = "Incidents"
LIMIT = 200
LEVELS, STATES = (PAGE, TICKET), (OPEN, OVER)


async def gather(view: View) -> dict[str, Any]:
    chosen = {
        "model": view.query.get("model", ""),
        "level": _one_of(view.query.get("level", ""), LEVELS),
        "state": _one_of(view.query.get("state", ""), STATES),
    }
    incidents, everything, kept = await asyncio.gather(
        view.ask("incidents_present", **chosen, limit=LIMIT),
        view.ask("incidents_present", model="", level="", state=OPEN, limit=1000),
        view.ask("silences", from_ns=view.back(100 * DAY_NS)),
    )
    return {
        "incidents": incidents,
        "chosen": chosen,
        "narrowed": any(chosen.values()),
        "levels": LEVELS,
        "states": STATES,
        "names": sorted({name for row in everything for name in row["models"]} | {chosen["model"]} - {""}),
        "open_levels": Counter(row["level"] for row in everything if not row["said"]),
        "kept": silences(kept, view.wall_ns),
        "causes": CAUSES,
        "limit": LIMIT,
    }


def _one_of(value: str, known: tuple[str, ...]) -> str:
    """A choice from the address bar; anything else means no choice."""
    return value if value in known else ""
