"""SOC live: what is open now, what happened last, who is named, and whether traffic flows."""

from __future__ import annotations

from dashboards.grafana.parts import Board, Panel, same
from dashboards.grafana.shared import ALERT, MARKS, MODEL, alerts, counts

BOARD = Board(
    uid="mirqab-soc",
    title="SOC live",
    help="What is open now, what happened last, who is named, and whether traffic flows.",
    refresh="30s",
    annotations=MARKS,
    panels=(
        *counts(),
        alerts("Open alerts", "Every open alert, pages first. Its page in the console has the evidence.", state="open"),
        Panel(
            "Alerts by family", "When alerts were first seen, suspicions among them.", "series", "alerts_by_family",
            {"slot_ns": "time", **same("family", "alerts")}, every="5m", bars=True, least=0,
        ),
        Panel(
            "Events a minute", "What each model answered, as far as minutes are closed.", "series", "traffic_series",
            {"slot_ns": "time", **same("model", "events")}, least=0,
        ),
        Panel(
            "Failed answers", "Share of answers that failed, by the status in the log.", "series", "traffic_series",
            {"slot_ns": "time", **same("model"), "failed_share": "failed"}, unit="percentunit", least=0,
        ),
        Panel(
            "Who is named", "Principals whom open or recent alerts name as those who did it.", "table",
            "accused_principals",
            same("principal", "open_alerts", "alerts", "models", "families", last_ns="last"), {"families": []},
        ),
        Panel(
            "What happened last", "Every transition of an alert, with its reason.", "table", "transitions_newest",
            {"at_ns": "at", **same("level", "state", "model", "rule", "reason", "id")}, width=24, height=9,
            links={"id": ALERT, "model": MODEL},
        ),
    ),
)  # fmt: skip
