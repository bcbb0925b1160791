"""Text threats: alerts about prompts and answers of language models, and what their tokens cost."""

from __future__ import annotations

from dashboards.grafana.parts import Board, Panel, same
from dashboards.grafana.shared import MARKS, alerts, counts

FAMILIES = ("text", "abuse")

BOARD = Board(
    uid="mirqab-texts",
    title="Text threats",
    help="Alerts about prompts and answers of language models, and what their tokens cost. No text is shown here.",
    span="now-24h",
    annotations=MARKS,
    panels=(
        *counts(FAMILIES),
        alerts("Threats in texts and abuse", "Alerts of the families text and abuse; no prompt is repeated.", FAMILIES),
        Panel(
            "Readings of texts", "Largest reading of each text family, by model; empty where no family reads texts.",
            "series", "readings_by_model", {"slot_ns": "time", **same("model", "metric", "value")}, {"family": "text."},
            every="5m", least=0,
        ),
        Panel(
            "Tokens", "Tokens read and written per event, and all of them a minute.", "series", "readings_by_model",
            {"slot_ns": "time", **same("model", "metric", "value")}, {"family": "cost."}, every="5m", least=0,
        ),
        Panel(
            "Who is named", "Principals whom alerts of these families name as those who did it.", "table",
            "accused_principals", same("principal", "open_alerts", "alerts", "models", "families", last_ns="last"),
            {"families": list(FAMILIES)}, width=24,
        ),
        Panel(
            "Where the texts are",
            "Prompts and answers lie in the table `event_text`, which the database user of Grafana cannot read. "
            "The console's page of an alert says which requests are meant.",
            "note", width=24, height=3,
        ),
    ),
)  # fmt: skip
