"""A ticket of Mirqab is open."""

from __future__ import annotations

from dashboards.grafana.alerting import Rule

RULE = Rule(
    uid="mirqab-ticket-open",
    title="Mirqab: a ticket is open",
    summary="{{ $labels.model }}: {{ $labels.rule }} ({{ $labels.family }}) is open as a ticket",
    help="Mirqab judged that this model needs somebody in office hours. Its page in the console has the evidence.",
    question="alerts_firing",
    labels=("id", "model", "rule", "family"),
    value="firing",
    fixed={"level": "ticket"},
    severity="medium",
    board="mirqab-oncall",
    panel="Open tickets",
    path="/alerts/{id}",
)
