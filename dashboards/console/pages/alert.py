"""One alert: what, since when, how sure, who, expected and observed, what happened, what to do."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Mapping
from typing import Any

from dashboards.console import evidence, excerpts, words
from dashboards.console.pictures import Line, line
from dashboards.console.view import HOUR_NS, MINUTE_NS, NotFound, View
from monitors.record import record
from schemas.actions import VERDICTS

PATH = "/alerts/{id}"
TITLE = "Alert"
AROUND_NS = 3 * HOUR_NS  # of readings shown before the first evidence
TALKS = 20  # principals whose talk is linked
SAMPLED_NS = 6 * HOUR_NS  # the longest stretch that sample events are looked for in


async def gather(view: View) -> dict[str, Any]:
    steps = await view.ask("alert_transitions", id=view.query.get("id", ""))
    if not steps:
        raise NotFound("There is no alert with this id in the store. It may belong to another store, or be mistyped.")
    alert = steps[-1]
    start = alert["first_seen_ns"]
    end = alert["resolved_ns"] or max(step["at_ns"] for step in steps)
    pane = view.settings.line.pane_minutes * MINUTE_NS
    similar, events, readings, incidents, acts, verdicts = await asyncio.gather(
        view.ask("alerts_similar", id=alert["id"], rule=alert["rule"], model=alert["model"], feature=alert["feature"]),
        view.ask(
            "events_sample",
            model=alert["model"],
            version=alert["version"],
            from_ns=max(0, start - pane, end - SAMPLED_NS),
            until_ns=end,
            principals=list(alert["principals"])[:100],
        ),
        view.ask(
            "readings_series",
            **{key: alert[key] for key in ("model", "version", "metric", "feature", "principal", "segment")},
            from_ns=max(0, start - AROUND_NS),
            until_ns=min(view.now_ns, end + AROUND_NS),
        ),
        view.ask("incident_of_alert", alert=alert["id"]),
        view.ask("actions_on", kind="alert", subject=alert["id"]),
        view.ask("verdicts_of_rule", rule=alert["rule"], model=alert["model"], id=alert["id"]),
    )
    names = await view.ask("feature_names", ids=sorted({row["feature_set"] for row in events}))
    rule = view.rules.get(alert["rule"])
    return {
        "heading": alert["summary"] or (rule.title if rule else alert["rule"]),
        "alert": alert,
        "steps": steps,
        "end_ns": end,
        "rule": rule,
        "info": view.settings.model(alert["model"]),
        "evidence": evidence.read(alert["evidence"]),
        "excerpts": excerpts.read(alert["evidence"]),
        "talks": list(alert["principals"])[:TALKS] if alert["metric"].startswith("text.") else [],
        "readings": _chart(readings, pane),
        "events": [_event(row, names) for row in events],
        "similar": similar,
        "incident": incidents[0] if incidents else None,
        "acts": acts,
        "verdicts": VERDICTS,
        "was_real": was_real(verdicts[0]) if verdicts else "",
        "budget": budget(view, alert),
        "replay": replay_command(alert["model"], end + view.settings.line.lateness_seconds * words.SECOND_NS),
    }


def budget(view: View, alert: Mapping[str, Any]) -> str:
    """What the false-alarm budget says of an alert of this level."""
    team = view.settings.model(alert["model"]).team
    judge = view.settings.judge
    if alert["level"] == "page":
        n = words.number(judge.false_pages_per_month)
        return f"Pages are limited so that team {team} gets at most {n} false page per month on average."
    if alert["level"] == "ticket":
        n = words.number(judge.false_tickets_per_week)
        return f"Tickets are limited so that team {team} gets at most {n} false ticket per week on average."
    return "A suspicion is not certain enough for the budget of tickets or pages; nobody is woken by it."


def was_real(row: Mapping[str, Any]) -> str:
    """How often alerts of this rule were real, of those that people closed; here, if any were closed here."""
    for real, closed, where in (("real_here", "closed_here", "on this model"), ("was_real", "closed", "on all models")):
        found = record(int(row[real]), int(row[closed]))
        if found is not None:
            low, high = words.share(found.low), words.share(found.high)
            return f"{found.real} of {found.closed} like it, {where}: {low} to {high} with 90 % certainty"
    return ""


def replay_command(model: str, until_ns: int) -> str:
    """What to type to have the stored log judged again up to this alert, safe to paste into a shell."""
    return f"mirqab replay --stored --model {shlex.quote(model)} --until {words.iso(until_ns)}"


def _chart(rows: Any, pane_ns: int) -> Line | None:
    ordered = sorted(rows, key=lambda row: row["at_ns"])
    if len(ordered) < 2:
        return None
    values = [(row["at_ns"], row["value"]) for row in ordered]
    expected = [(row["at_ns"], row["expected"]) for row in ordered]
    return line(values, values[0][0], values[-1][0], expected=expected, gap_ns=3 * pane_ns)


def _event(row: Mapping[str, Any], names: Any) -> dict[str, Any]:
    """One event with its features by name; a feature that was missing is left out."""
    features: list[tuple[str, str]] = []
    for known in names:
        if known["id"] == row["feature_set"]:
            numbers = zip(known["num_names"], row["num"], strict=False)
            features += [(name, words.number(value)) for name, value in numbers if words.given(value)]
            features += [(name, text) for name, text in zip(known["cat_names"], row["cat"], strict=False) if text]
    return {**row, "features": features}
