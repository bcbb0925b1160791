"""Attacks: extraction, evasion, inversion, membership, poisoning, abuse; who, with which technique, how certain."""

from __future__ import annotations

from dashboards.grafana.parts import Board, Panel, same
from dashboards.grafana.shared import MARKS, alerts, counts

FAMILIES = ("extraction", "evasion", "inversion", "membership", "poisoning", "abuse")

BOARD = Board(
    uid="mirqab-attacks",
    title="Attacks",
    help="Attacks on models: who, with which technique, how certain. Silence here is no proof that nobody attacks.",
    span="now-7d",
    annotations=MARKS,
    panels=(
        *counts(FAMILIES),
        alerts("Attacks", "Alerts of the families of attacks; only those who did it are named.", FAMILIES),
        Panel(
            "Queries beyond what is usual",
            "Largest share of a principal's queries that look like an attack beyond what is usual, by model and kind.",
            "series", "readings_by_model", {"slot_ns": "time", **same("model", "metric", "value")},
            {"family": "attack."}, every="5m", unit="percentunit", least=0,
        ),
        Panel(
            "Labels that contradict", "Largest reading of the watch on poisoned labels, by model.", "series",
            "readings_by_model", {"slot_ns": "time", **same("model", "metric", "value")}, {"family": "poisoning."},
            every="5m", unit="percentunit", least=0,
        ),
        Panel(
            "Who is named", "Principals whom alerts of these families name as those who did it.", "table",
            "accused_principals", same("principal", "open_alerts", "alerts", "models", "families", last_ns="last"),
            {"families": list(FAMILIES)},
        ),
        Panel(
            "Techniques", "MITRE ATLAS techniques that alerts name.", "table", "techniques_seen",
            same("technique", "alerts", "open_alerts", "models", last_ns="last"),
        ),
    ),
)  # fmt: skip
