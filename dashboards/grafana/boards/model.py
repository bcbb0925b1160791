"""One model: what it does beside what its baseline expects and what is usual at that hour."""

from __future__ import annotations

from dashboards.grafana.parts import Board, Panel, same
from dashboards.grafana.shared import ALERT, MARKS, alerts, band

BOARD = Board(
    uid="mirqab-model",
    title="One model",
    help="What one model does, beside what its baseline expects and what is usual at that hour. Choose a model first.",
    variables=("one model", "version", "feature"),
    span="now-24h",
    annotations=MARKS,
    panels=(
        band("volume.events", "Events a minute", "How many events the model answered.", least=0),
        band("errors.share", "Failed answers", "Share of answers that failed.", "percentunit", 0),
        band("latency.p50", "Latency, median", "Half of the answers are faster.", "ms", 0),
        band("latency.p95", "Latency, 95th percentile", "95 of a hundred answers are faster.", "ms", 0),
        band("output.score_mean", "Mean score", "Mean of the logged scores."),
        band("anomaly.share", "Unusual events", "Share of events whose half-space score is unusual.", "percentunit", 0),
        band("output.score_psi", "Drift of the score", "PSI of scores against the baseline.", least=0),
        band("output.prediction_psi", "Drift of the predictions", "PSI of predictions against the baseline.", least=0),
        Panel(
            "Drift of the inputs", "PSI of each feature against the baseline.", "series", "readings_by_feature",
            {"slot_ns": "time", **same("feature", "value")}, {"metric": "feature.psi"}, width=24, every="5m", least=0,
        ),
        band("output.confidence", "Confidence, mean", "How sure the model is of its answers; not whether it is right."),
        band("labels.accuracy", "Accuracy", "Labels that agree with the answer, as they arrive.", "percentunit"),
        alerts("Alerts", "Open alerts of this model, and those first seen in the stretch shown."),
        Panel(
            "Who asks", "Principals by events in the stretch shown.", "table", "principals_of",
            same("principal", "events", "anomalous", "failed", last_ns="last"),
        ),
        Panel(
            "Baselines", "What is normal for this model, by number; each event is scored against one.", "table",
            "baselines_of",
            same("version", "number", "origin", "events", "rows", "id", learnt_from_ns="from", learnt_to_ns="to"),
        ),
        Panel(
            "What alerts did", "Transitions of this model's alerts.", "table", "transitions_newest",
            {"at_ns": "at", **same("level", "state", "rule", "reason", "id")}, width=24, links={"id": ALERT},
        ),
    ),
)  # fmt: skip
