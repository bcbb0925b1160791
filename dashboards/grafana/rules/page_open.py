"""A page of Mirqab is open."""

from __future__ import annotations

from dashboards.grafana.alerting import Rule
from schemas.alerts import ATTACKS

RULE = Rule(
    uid="mirqab-page-open",
    title="Mirqab: a page is open",
    summary="{{ $labels.model }}: {{ $labels.rule }} ({{ $labels.family }}) is an open page",
    help="Mirqab judged that somebody is needed now. One alert here is one incident, however many alerts it ties "
    "together; its page in the console has the evidence and what to do.",
    question="incidents_firing",
    labels=("id", "model", "rule", "family"),
    value="firing",
    fixed={"level": "page", "families": sorted(ATTACKS)},
    severity="critical",
    board="mirqab-oncall",
    panel="Open pages",
    path="/incidents/{id}",
)
