"""Alerts that were open in the week, alarms about the model itself, and what people said of them."""

from __future__ import annotations

from dashboards.console.words import clock_time, count, number, title
from dashboards.reports.document import Section, Table, Text
from dashboards.reports.judged import Judged

PLACE = 30
SHOWN = 40


def section(judged: Judged) -> Section | None:
    alerts = judged.asked.alerts
    told = [a for a in alerts if a["level"] != "suspected"]
    suspected = len(alerts) - len(told)
    rows = tuple(
        (
            a["level"],
            a["summary"] or a["rule"],
            title(a["metric"]) + (f" of {a['feature']}" if a["feature"] else ""),
            clock_time(a["first_seen_ns"]),
            a["state"],
            number(a["effect"]),
            count(a["n"]),
            f"{a['verdict']}, {a['verdict_by']}: {a['verdict_why']}" if a["verdict"] else "not judged yet",
        )
        for a in told[:SHOWN]
    )
    none = "No ticket and no page was open in this week."
    text = (none if not told else f"{len(told)} tickets and pages were open in this week.") + (
        f" {suspected} suspicions were not certain enough for either." if suspected else ""
    )
    heads = ("Level", "What it says", "About", "First seen", "State", "Effect", "n", "Verdict")
    tables = (Table(heads, rows, frozenset({5, 6})),) if rows else ()
    alarms = judged.asked.alarms
    if alarms:
        cells = tuple(
            (a["level"], a["title"], clock_time(a["opened_ns"]), a["state"], a["said"] or "not judged yet")
            for a in alarms
        )
        tables = (*tables, Table(("Level", "About the model itself", "Since", "State", "Verdict"), cells))
    data = [{k: a[k] for k in ("id", "level", "rule", "family", "feature", "state", "verdict")} for a in alerts]
    return Section(
        "alerts",
        "Alerts of the week",
        (Text(text), *tables),
        {
            "alerts": data,
            "alarms": [{k: a[k] for k in ("id", "level", "rule", "state", "title", "said")} for a in alarms],
        },
    )
