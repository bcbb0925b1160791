"""More records are rejected than one in twenty."""

from __future__ import annotations

from dashboards.grafana.alerting import Rule

RULE = Rule(
    uid="mirqab-rejects-many",
    title="Mirqab: many records are rejected",
    summary="A share of {{ $values.B.Value }} of the records of {{ $labels.topic }} could not be read",
    help="What is rejected is not judged. The console lists the reasons; often a client began to write another format.",
    question="rejected_share",
    labels=("topic",),
    value="share",
    above=0.05,
    severity="high",
    board="mirqab-wellness",
    panel="Rejected records",
    path="/rejects",
    lasting="5m",
)
