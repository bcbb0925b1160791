"""Latency quantiles from a fixed logarithmic histogram (four buckets per doubling from 0.1 ms to 105 s).

`latency.p50`, `latency.p95`, `latency.p99` are in ms, exact to one bucket (19 %). `latency.slow` is the share of events
slower than the baseline's 95th percentile bucket, with its p-value.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from monitors.pane import Pane
from monitors.readings_kit import histogram_detail, share_reading
from monitors.statistics import quantile_from_counts
from monitors.view import View
from schemas.events import Floats, Ints
from schemas.readings import Reading

EDGES: Floats = 0.1 * 2.0 ** (np.arange(81) / 4)  # ms
TOGETHER = True
WITHOUT_P = ("latency.p50", "latency.p95", "latency.p99")
LABELS = ["< 0.1", *(f"{edge:.3g}" for edge in EDGES)]


def summarise(view: View) -> dict[str, Ints]:
    """`latency`: events per bucket; events without a latency are not counted."""
    values = view.batch.latency_ms[view.rows]
    bins = np.searchsorted(EDGES, values, side="right")
    bins[np.isnan(values)] = -1
    return {"latency": view.counts(bins, len(EDGES) + 1)}


def read(pane: Pane) -> Iterable[Reading]:
    """Quantiles of the pane beside the baseline's, and the share of slow answers."""
    counts = pane.total.vectors["latency"]
    n, expected = int(counts.sum()), pane.expected("latency")
    if not n:
        return
    for name, q in (("latency.p50", 0.5), ("latency.p95", 0.95), ("latency.p99", 0.99)):
        usual = quantile_from_counts(expected, EDGES, q) if expected is not None and expected.sum() else None
        yield pane.reading(name, n, quantile_from_counts(counts, EDGES, q), expected=usual)
    if expected is not None and expected.sum():
        cut = int(np.searchsorted(np.cumsum(expected), 0.95 * expected.sum()))
        slow = int(counts[cut + 1 :].sum())
        before = (int(expected[cut + 1 :].sum()), int(expected.sum()))
        yield share_reading(
            pane, "latency.slow", slow, n, before, lambda: histogram_detail(expected, counts, LABELS, unit="ms")
        )
