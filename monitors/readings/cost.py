"""What answers cost, in tokens: read and written per event, all of them together, and the share of heavy events.

`cost.heavy` is the share of events that used more tokens than the baseline's 95th percentile bucket (two buckets per
doubling), with its exact p. Says nothing of models that log no tokens; prices are not known here.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from monitors.pane import Pane
from monitors.readings_kit import histogram_detail, reference_of, share_reading
from monitors.view import View
from schemas.events import Floats, Ints
from schemas.readings import Reading

TOGETHER = True
SPARSE = True
WITHOUT_P = ("cost.tokens_in", "cost.tokens_out", "cost.tokens_per_minute")
EDGES: Floats = 2.0 ** (np.arange(41) / 2)  # tokens, up to a million
LABELS = ["< 1", *(f"{edge:.3g}" for edge in EDGES)]
MOST = 1e9  # tokens of one event; more is a mistake, and is counted as this


def summarise(view: View) -> dict[str, Ints]:
    """`tokens`: events per bucket of their tokens, in and out; `tokens_sum`: events and tokens, in, then out."""
    sides = [view.batch.tokens_in[view.rows], view.batch.tokens_out[view.rows]]
    known = [~np.isnan(side) for side in sides]
    if not (known[0].any() or known[1].any()):
        return {}
    with np.errstate(invalid="ignore"):
        known = [have & (side >= 0) for have, side in zip(known, sides, strict=True)]
    whole = [np.rint(np.where(k, np.minimum(s, MOST), 0.0)).astype(np.int64) for k, s in zip(known, sides, strict=True)]
    bins = np.searchsorted(EDGES, whole[0] + whole[1], side="right")
    bins[~(known[0] | known[1])] = -1
    parts = [view.sums(known[0]), view.sums(whole[0]), view.sums(known[1]), view.sums(whole[1])]
    return {"tokens": view.counts(bins, len(EDGES) + 1), "tokens_sum": np.hstack(parts)}


def read(pane: Pane) -> Iterable[Reading]:
    """Tokens per event and per minute, and the share of heavy events."""
    counts, sums = pane.total.vectors.get("tokens"), pane.total.vectors.get("tokens_sum")
    if counts is None or sums is None or not counts.any():
        return
    before = reference_of(pane, "tokens_sum", 4)
    for name, at in (("cost.tokens_in", 0), ("cost.tokens_out", 2)):
        if sums[at]:
            usual = int(before[at + 1]) / int(before[at]) if before is not None and before[at] else None
            yield pane.reading(name, int(sums[at]), int(sums[at + 1]) / int(sums[at]), expected=usual)
    n = int(counts.sum())
    yield pane.reading("cost.tokens_per_minute", n, int(sums[1] + sums[3]) / pane.minutes)
    usual_counts = reference_of(pane, "tokens", len(counts))
    if usual_counts is None or not usual_counts.any():
        return
    cut = int(np.searchsorted(np.cumsum(usual_counts), 0.95 * int(usual_counts.sum())))
    yield share_reading(
        pane,
        "cost.heavy",
        int(counts[cut + 1 :].sum()),
        n,
        (int(usual_counts[cut + 1 :].sum()), int(usual_counts.sum())),
        lambda: histogram_detail(usual_counts, counts, LABELS, unit="tokens"),
    )
