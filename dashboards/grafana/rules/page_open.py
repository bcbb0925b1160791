"""A page of Mirqab is open."""

from __future__ import annotations

from dashboards.grafana.alerting import Rule

RULE = Rule(
    uid="mirqab-page-open",
    title="Mirqab: a page is open",
    summary="{{ $labels.model }}: {{ $labels.rule }} ({{ $labels.family }}) is open as a page",
    help="Mirqab judged that this model needs somebody now. Its page in the console has the evidence and what to do.",
    question="alerts_firing",
    labels=("id", "model", "rule", "family"),
    value="firing",
    fixed={"level": "page"},
    severity="critical",
    board="mirqab-oncall",
    panel="Open pages",
    path="/alerts/{id}",
)
