"""One principal: how much reason there is to look, what it asked of which model, how its queries hang together."""

from __future__ import annotations

import asyncio
from typing import Any

from dashboards.console.chain import chain, similar
from dashboards.console.pictures import line
from dashboards.console.view import DAY_NS, HOUR_NS, NotFound, View
from dashboards.reader import Rows
from monitors.risk import Named, risk

PATH = "/principal"
TITLE = "Principal"
SPAN_NS = 7 * DAY_NS
MODELS = 6  # models drawn, those with alerts and most asked first


async def gather(view: View) -> dict[str, Any]:
    name = view.query.get("name", "")
    since = view.back(SPAN_NS) // HOUR_NS * HOUR_NS
    alerts, asked = await asyncio.gather(
        view.ask("principal_alerts", who=name), view.ask("principal_asked", who=name, from_ns=since)
    )
    if not name or not (alerts or asked):
        raise NotFound("Nobody with this name asked a model in the last 7 days, or is named by an alert in the store.")
    named = [
        Named(
            row["level"], row["family"], row["technique"], max(row["first_seen_ns"], row["changed_ns"]), row["verdict"]
        )
        for row in alerts
    ]
    models = _models(alerts, asked)
    drawn = await asyncio.gather(*(_model(view, name, model, alerts, asked, since) for model in models[:MODELS]))
    return {
        "heading": name,
        "name": name,
        "risk": risk(named, view.now_ns),
        "alerts": alerts,
        "together": _together(name, alerts),
        "models": drawn,
        "models_left": models[MODELS:],
        "last_ns": max((row["last_ns"] for row in asked), default=0),
        "events": sum(row["events"] for row in asked),
        "anomalous": sum(row["anomalous"] for row in asked),
        "failed": sum(row["failed"] for row in asked),
    }


def _models(alerts: Rows, asked: Rows) -> list[str]:
    """Models it was named on first, then those it asked most."""
    events: dict[str, int] = {row["model"]: 0 for row in alerts}
    for row in asked:
        events[row["model"]] = events.get(row["model"], 0) + row["events"]
    named = {row["model"] for row in alerts}
    return sorted(events, key=lambda model: (model not in named, -events[model], model))


def _together(name: str, alerts: Rows) -> list[tuple[str, int]]:
    """Who is named by the same alerts, with how many."""
    counts: dict[str, int] = {}
    for row in alerts:
        for other in row["principals"]:
            if other != name:
                counts[other] = counts.get(other, 0) + 1
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:20]


async def _model(view: View, name: str, model: str, alerts: Rows, asked: Rows, since: int) -> dict[str, Any]:
    """What it asked of one model: events an hour, the chain of its queries, and who asks alike."""
    rows = await view.ask("principal_queries", model=model, who=name, from_ns=since)
    drawn = chain(rows)
    others: Rows = []
    if drawn is not None and any(row["model"] == model for row in alerts):
        span = {"from_ns": drawn.from_ns - HOUR_NS, "until_ns": drawn.until_ns + HOUR_NS}
        others = await view.ask("principal_others", model=model, who=name, **span)
    mine = [row for row in asked if row["model"] == model]
    points = {row["hour_ns"]: float(row["events"]) for row in mine}
    hours = range(since, view.now_ns, HOUR_NS)
    return {
        "name": model,
        "events": sum(row["events"] for row in mine),
        "anomalous": sum(row["anomalous"] for row in mine),
        "failed": sum(row["failed"] for row in mine),
        "last_ns": max((row["last_ns"] for row in mine), default=0),
        "traffic": line([(at, points.get(at, 0.0)) for at in hours], since, view.now_ns) if mine else None,
        "chain": drawn,
        "similar": similar(rows, others),
    }
