"""On-call: what waits for somebody, for how long, and what false alarms were promised and measured."""

from __future__ import annotations

from dashboards.grafana.parts import Board, Panel, same
from dashboards.grafana.shared import ALERT, MARKS, MODEL, ORANGE, alerts, counts

BOARD = Board(
    uid="mirqab-oncall",
    title="On-call",
    help="What waits for somebody, for how long, and what false alarms were promised and measured.",
    span="now-7d",
    annotations=MARKS,
    panels=(
        *counts(),
        Panel(
            "Waiting", "Open pages and tickets that nobody acknowledged, judged or silenced.", "table",
            "alerts_waiting",
            {"first_seen_ns": "since", "minutes": "minutes waiting", **same("level", "model", "summary", "rule", "id")},
            width=24, height=9, links={"id": ALERT, "summary": ALERT, "model": MODEL}, steps=((None, ORANGE),),
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
            "What people did", "Acknowledged, judged, silenced, approved: who and why.", "table", "acts_newest",
            {"at_ns": "at", **same("actor", "action", "kind", "subject", "value", "reason")}, width=24,
        ),
    ),
)  # fmt: skip
