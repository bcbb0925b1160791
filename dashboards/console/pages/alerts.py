"""Alerts: all of them as they stand, open ones first, narrowed by model, level and state from the query string."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from dashboards.console.view import DAY_NS, View
from schemas.alerts import LEVELS

PATH = "/alerts"
TITLE = "Alerts"
LIMIT = 200
STATES = ("open", "resolved")


async def gather(view: View) -> dict[str, Any]:
    chosen = {
        "model": view.query.get("model", ""),
        "level": _one_of(view.query.get("level", ""), LEVELS),
        "state": _one_of(view.query.get("state", ""), STATES),
    }
    alerts, everything, seen = await asyncio.gather(
        view.ask("alerts_present", **chosen, limit=LIMIT),
        view.ask("alerts_present", model="", level="", state="", limit=1000),
        view.ask("models_seen", from_ns=view.back(7 * DAY_NS), model=""),
    )
    return {
        "alerts": [{**alert, "title": _title(view, alert["rule"])} for alert in alerts],
        "chosen": chosen,
        "narrowed": any(chosen.values()),
        "levels": tuple(reversed(LEVELS)),
        "states": STATES,
        "names": sorted({row["model"] for row in [*everything, *seen, chosen]} - {""}),
        "open_levels": Counter(row["level"] for row in everything if row["state"] == "open"),
        "limit": LIMIT,
    }


def _one_of(value: str, known: tuple[str, ...]) -> str:
    """A choice from the address bar; anything else means no choice."""
    return value if value in known else ""


def _title(view: View, rule: str) -> str:
    known = view.rules.get(rule)
    return known.title if known else rule
