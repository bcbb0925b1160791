"""No minute was judged for too long."""

from __future__ import annotations

from dashboards.grafana.alerting import Rule

RULE = Rule(
    uid="mirqab-nothing-judged",
    title="Mirqab: no minute is judged",
    summary="Shard {{ $labels.shard }} has judged no minute for {{ $values.B.Value }} minutes",
    help="While nothing is judged no alert can open: silence means nothing. Are workers running, and is the store "
    "answering? Without any traffic no minute is closed either.",
    question="judged_age",
    labels=("shard",),
    value="minutes",
    above=None,
    severity="critical",
    board="mirqab-wellness",
    panel="Minutes since a minute was judged",
    no_data="Alerting",
    on_error="Alerting",
)
