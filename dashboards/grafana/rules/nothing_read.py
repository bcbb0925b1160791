"""No worker has read anything for too long: the heartbeat of reading stopped."""

from __future__ import annotations

from dashboards.grafana.alerting import Rule

RULE = Rule(
    uid="mirqab-nothing-read",
    title="Mirqab: nothing is read",
    summary="No worker has begun or ended a block for {{ $values.B.Value }} minutes",
    help="Either no worker runs, or the broker does not answer, or no model is asked at all. Models that fall silent "
    "one by one have alerts of their own.",
    question="read_age",
    value="minutes",
    above=None,
    severity="critical",
    board="mirqab-wellness",
    panel="Minutes since anything was read",
    no_data="Alerting",
    on_error="Alerting",
)
