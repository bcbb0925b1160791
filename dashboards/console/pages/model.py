"""One model: traffic, every metric and feature as a small chart, baselines, callers, late events, alerts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from dashboards.console.health import learnt, model_health, patience
from dashboards.console.pictures import Line, line
from dashboards.console.view import DAY_NS, HOUR_NS, MINUTE_NS, NotFound, View

PATH = "/model"
TITLE = "Model"
SPANS = {"6h": (6 * HOUR_NS, "6 hours"), "24h": (DAY_NS, "24 hours"), "7d": (7 * DAY_NS, "7 days")}
POINTS = 144  # most points drawn per chart
MOVED = 0.1  # a PSI from which a change counts; on every PSI axis, so that noise does not fill the picture
ALERTS = 8  # alerts listed; the others are a click away
CHARTS = 24  # most features drawn, those furthest off first


async def gather(view: View) -> dict[str, Any]:
    name = view.query.get("name", "")
    span = view.query.get("span", "") if view.query.get("span", "") in SPANS else "24h"
    since = view.back(SPANS[span][0])
    seen, versions, baselines, unlearnt, alerts, traffic, principals, late = await asyncio.gather(
        view.ask("models_seen", from_ns=view.back(30 * DAY_NS), model=name),
        view.ask("versions_of", model=name),
        view.ask("baselines_of", model=name),
        view.ask("models_unlearnt", from_ns=view.back(30 * DAY_NS)),
        view.ask("alerts_present", model=name, level="", state="", limit=1000),
        view.ask("traffic", from_ns=since, model=name),
        view.ask("principals_of", model=name, from_ns=view.back(DAY_NS)),
        view.ask("late_by_model", model=name, from_ns=view.back(DAY_NS), until_ns=view.now_ns),
    )
    if not name or not (seen or baselines or alerts):
        raise NotFound("There is no model with this name in the store.")
    based = {row["version"] for row in baselines}
    learning = {row["version"]: learnt(row, view.settings.judge) for row in unlearnt if row["model"] == name}
    version = view.query.get("version", seen[0]["latest_version"] if seen else "")
    step = max(view.settings.line.pane_minutes * MINUTE_NS, SPANS[span][0] // POINTS)
    readings = await view.ask(
        "readings_of", model=name, version=version, from_ns=since, until_ns=view.now_ns, step_ns=step
    )
    charts = [_chart(row, since, view.now_ns, step) for row in readings]
    features = [chart for chart in charts if chart["feature"]]
    return {
        "heading": name,
        "name": name,
        "version": version,
        "versions": sorted({*(seen[0]["versions"] if seen else []), *(row["version"] for row in baselines)}),
        "heard": versions,
        "health": _health(view, seen, alerts, learning.get(version, "" if version in based else "nothing is compared")),
        "learning": learning,
        "last_ns": max((row["last_ns"] + MINUTE_NS for row in versions), default=0),
        "info": view.settings.model(name),
        "span": span,
        "spans": SPANS,
        "traffic": _traffic(traffic, since, view.now_ns, step),
        "step_ns": step,
        "charts": sorted((c for c in charts if not c["feature"]), key=lambda c: c["metric"]),
        "features": features[:CHARTS],
        "compared": any(point[3] is not None for row in readings for point in row["points"]),
        "features_left": max(0, len(features) - CHARTS),
        "baselines": baselines[:20],
        "based": based,
        "principals": principals,
        "late": late,
        "alerts": alerts[:ALERTS],
        "alerts_left": max(0, len(alerts) - ALERTS),
    }


def _health(view: View, seen: Any, alerts: Any, learning: str) -> Any:
    levels: dict[str, int] = {}
    for alert in alerts:
        if alert["state"] == "open":
            levels[alert["level"]] = levels.get(alert["level"], 0) + 1
    if not seen:
        return model_health(levels, 0, 0, view.now_ns, learning)
    row = seen[0]
    wait = patience(row["active_minutes"], row["first_ns"], view.now_ns)
    return model_health(levels, row["last_ns"] + MINUTE_NS, wait, view.now_ns, learning)


def _chart(row: Mapping[str, Any], since: int, until: int, step: int) -> dict[str, Any]:
    """`points` are (time, value, expected, p, n)."""
    points: Sequence[tuple[int, float | None, float | None, float | None, int]] = row["points"]
    shape: Line = line(
        [(p[0], p[1]) for p in points],
        since,
        until,
        expected=[(p[0], p[2]) for p in points],
        gap_ns=3 * step,
        reach=(0.0, MOVED) if row["metric"].endswith("psi") else (),
    )
    last = points[-1]
    return {
        "metric": row["metric"],
        "feature": row["feature"],
        "line": shape,
        "p": last[3],
        "n": last[4],
        "at_ns": last[0],
        "effect": row["largest_effect"],
    }


def _traffic(rows: Sequence[Mapping[str, Any]], since: int, until: int, step: int) -> Line | None:
    """Events per minute, averaged over each step; a step without a closed minute is nothing."""
    if not rows:
        return None
    totals: dict[int, int] = {}
    for at, events in zip(rows[0]["minutes"], rows[0]["events"], strict=True):
        slot = at // step * step
        totals[slot] = totals.get(slot, 0) + events
    minutes = step / MINUTE_NS
    first, last = min(totals), max(totals)
    # The newest step is still filling up; drawing it would show a fall that did not happen.
    last = max(first, last - step)
    points = [(slot, totals.get(slot, 0) / minutes) for slot in range(first, last + 1, step)]
    return line(points, since, until)
