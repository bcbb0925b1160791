"""What Prometheus is told."""

from __future__ import annotations

from docs.markdown import cell, code, document, grid
from streams.telemetry import METRICS


def page() -> str:
    """What Prometheus is told."""
    rows = (
        (code(kind.name), "counter" if kind.counter else "gauge", ", ".join(map(code, kind.labels)), cell(kind.help))
        for kind in METRICS.values()
    )
    about = (
        "`/metrics` of a worker, on `metrics.host` and `metrics.port` (off by default). A value not known is not shown."
    )
    return document("Metrics of the worker", about, grid(("metric", "kind", "labels", "meaning"), rows))
