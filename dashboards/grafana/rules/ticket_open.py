"""A ticket of Mirqab is open."""

from __future__ import annotations

from dashboards.grafana.alerting import Rule
from schemas.alerts import ATTACKS

RULE = Rule(
    uid="mirqab-ticket-open",
    title="Mirqab: a ticket is open",
    summary="{{ $labels.model }}: {{ $labels.rule }} ({{ $labels.family }}) is an open ticket",
    help="Mirqab judged that somebody is needed in office hours. One alert here is one incident, however many alerts "
    "it ties together; its page in the console has the evidence.",
    question="incidents_firing",
    labels=("id", "model", "rule", "family"),
    value="firing",
    fixed={"level": "ticket", "families": sorted(ATTACKS)},
    severity="medium",
    board="mirqab-oncall",
    panel="Open tickets",
    path="/incidents/{id}",
)
