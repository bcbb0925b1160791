"""Overview: every model with its health word, traffic, errors, open alerts and owner; the most severe first."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from dashboards.console.health import WORDS, learnt, model_health, patience
from dashboards.console.pictures import spark
from dashboards.console.view import DAY_NS, HOUR_NS, MINUTE_NS, View

PATH = "/"
TITLE = "Overview"
RATE_MINUTES = 15


async def gather(view: View) -> dict[str, Any]:
    day, hour = view.back(DAY_NS), view.back(HOUR_NS)
    seen, traffic, alerts, unlearnt, by_reason = await asyncio.gather(
        view.ask("models_seen", from_ns=view.back(7 * DAY_NS), model=""),
        view.ask("traffic", from_ns=hour, model=""),
        view.ask("alerts_present", model="", level="", state="open", limit=500),
        view.ask("models_unlearnt", from_ns=view.back(7 * DAY_NS)),
        view.ask("rejects_by_reason", from_ns=day),
    )
    open_alerts: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for alert in alerts:
        open_alerts[alert["model"]].append(alert)
    lines = {row["model"]: row for row in traffic}
    learning: dict[str, dict[str, str]] = defaultdict(dict)
    for row in unlearnt:
        learning[row["model"]][row["version"]] = learnt(row, view.settings.judge)
    # Minutes close late; a sparkline that ran up to the clock would end in a fall that did not happen.
    until = max((model["last_ns"] + MINUTE_NS for model in seen), default=view.now_ns)
    names = {model["model"] for model in seen}
    rows = [_row(view, m, lines.get(m["model"]), open_alerts[m["model"]], learning[m["model"]], until) for m in seen]
    rows += [_unseen(view, name, found) for name, found in sorted(open_alerts.items()) if name not in names and found]
    rows.sort(key=lambda row: (row["health"].rank, row["name"]))
    older = [] if rows else await view.ask("models_seen", from_ns=0, model="")
    return {
        "models": rows,
        "older_ns": max((row["last_ns"] + MINUTE_NS for row in older), default=0),
        "words": [(word, sum(row["health"].word == word for row in rows)) for word in WORDS],
        "per_minute": sum(row["per_minute"] or 0.0 for row in rows),
        "failed_share": _ratio(sum(r["failed"] for r in traffic), sum(r["counted"] for r in traffic)),
        "levels": Counter(alert["level"] for alert in alerts),
        "rejects": sum(row["records"] for row in by_reason),
        "rate_minutes": RATE_MINUTES,
    }


def _row(
    view: View,
    seen: Mapping[str, Any],
    line: Mapping[str, Any] | None,
    alerts: list[Mapping[str, Any]],
    learning: Mapping[str, str],
    until: int,
) -> dict[str, Any]:
    name, now = seen["model"], view.now_ns
    points = list(zip(line["minutes"], line["events"], strict=True)) if line else []
    # Minutes close after the allowed lateness, so the newest closed minute ends the stretch that is averaged.
    end = seen["last_ns"] + MINUTE_NS
    recent = sum(events for at, events in points if end - RATE_MINUTES * MINUTE_NS <= at < end)
    alive = now - end < RATE_MINUTES * MINUTE_NS
    levels = Counter(alert["level"] for alert in alerts)
    wait = patience(seen["active_minutes"], seen["first_ns"], now)
    return {
        "name": name,
        "version": seen["latest_version"],
        "versions": len(seen["versions"]),
        "health": model_health(levels, end, wait, now, learning.get(seen["latest_version"], "")),
        "learning": sorted(learning.items()),
        "spark": spark(points, view.back(HOUR_NS), until, MINUTE_NS) if points else "",
        "per_minute": recent / RATE_MINUTES if alive else 0.0,
        "failed_share": _ratio(line["failed"], line["counted"]) if line else None,
        "last_ns": end,
        "alerts": alerts[:3],
        "more_alerts": max(0, len(alerts) - 3),
        "info": view.settings.model(name),
    }


def _unseen(view: View, name: str, alerts: list[Mapping[str, Any]]) -> dict[str, Any]:
    """A model with open alerts that has not been heard for a week."""
    levels = Counter(alert["level"] for alert in alerts)
    return {
        "name": name,
        "version": alerts[0]["version"],
        "versions": 1,
        "health": model_health(levels, 0, 0, view.now_ns),
        "learning": [],
        "spark": "",
        "per_minute": 0.0,
        "failed_share": None,
        "last_ns": 0,
        "alerts": alerts[:3],
        "more_alerts": max(0, len(alerts) - 3),
        "info": view.settings.model(name),
    }


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
