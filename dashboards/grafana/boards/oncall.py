"""On-call: what waits for somebody, for how long, and what false alarms were promised and measured."""

from __future__ import annotations

from dashboards.grafana.parts import Board, Link, Panel, same
from dashboards.grafana.shared import INCIDENT, MARKS, MODEL, alerts, counts

BOARD = Board(
    uid="mirqab-oncall",
    title="On-call",
    help="What waits for somebody, for how long, and what false alarms were promised and measured.",
    span="now-7d",
    annotations=MARKS,
    panels=(
        *counts(),
        Panel(
            "Waiting", "Open incidents of page or ticket level that nobody acknowledged or judged.", "table",
            "incidents_waiting",
            {"opened_ns": "since", "minutes": "minutes waiting", "alerts_tied": "alerts", "models_touched": "models",
             **same("level", "model", "title", "cause", "id")},
            width=24, height=9, links={"id": INCIDENT, "title": INCIDENT, "model": MODEL},
        ),
        alerts("Open alerts", "Everything that is open, suspicions last.", state="open"),
        Panel(
            "How alerts ended", "Alerts at ticket level or above first seen in the stretch shown, by rule.", "table",
            "alerts_ended", same("rule", "alerts", "pages", "resolved", median_minutes="median minutes until resolved"),
        ),
        Panel(
            "False alarms: promised and measured",
            "By `mirqab rates`: healthy weeks drawn from stored days and judged. Empty until it has run.", "table",
            "error_rates_newest",
            same("model", "weeks", "tickets", "pages", tickets_promised="tickets promised",
                 pages_promised="pages promised", at_ns="measured"),
        ),
        Panel(
            "What alerts turned out to be", "Verdicts that people gave, by rule, in the stretch shown.", "table",
            "verdicts_by_rule", same("rule", "closed", "expected", was_real="real", false_alarms="false alarms"),
        ),
        Panel(
            "Pages by receiver", "What receivers answered: accepted, again (to be tried anew), never, or held back.",
            "series", "deliveries_series", {"slot_ns": "time", **same("receiver", "answer", "pages")}, every="5m",
            bars=True, least=0,
        ),
        Panel(
            "Pages", "Every answer of a receiver to a page, the newest first.", "table", "deliveries_newest",
            {"at_ns": "at", **same("receiver", "kind", "answer", "detail", "attempt", "seconds", "incident")}, width=24,
            links={"incident": Link("Open in the console", "/incidents/{incident}")},
        ),
        Panel(
            "What people did", "Acknowledged, judged, silenced, approved: who and why.", "table", "acts_newest",
            {"at_ns": "at", **same("actor", "action", "kind", "subject", "value", "reason")}, width=24,
        ),
    ),
)  # fmt: skip
