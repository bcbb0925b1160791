"""What the model answers: its score distribution, its mean score, the mix of its predictions.

`output.score_psi` and `output.prediction_psi` are PSI with p-value (methods §1); `output.score_mean` has no p itself
and is there for change detectors. Scores outside [0, 1] are counted in the end buckets.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from monitors.pane import Pane
from monitors.readings_kit import psi_reading
from monitors.view import View
from schemas.events import Ints
from schemas.readings import Reading

WITHOUT_P = ("output.score_mean",)
BINS = 20
LABELS = [f"{i / BINS:.2f}" for i in range(BINS)]
SCALE = 1_000_000  # scores are summed as millionths, so that sums do not depend on order


def summarise(view: View) -> dict[str, Ints]:
    """`score`: events per twentieth; `score_sum`: millionths."""
    values = view.batch.score[view.rows]
    known = ~np.isnan(values)
    safe = np.where(known, values, 0.0)
    bins = np.clip((np.clip(safe, 0.0, 1.0) * BINS).astype(np.int64), 0, BINS - 1)
    bins[~known] = -1
    millionths = np.rint(np.clip(safe, -1e6, 1e6) * SCALE).astype(np.int64)
    return {"score": view.counts(bins, BINS), "score_sum": view.sums(millionths)}


def read(pane: Pane) -> Iterable[Reading]:
    """Score and prediction readings of the pane."""
    counts = pane.total.vectors["score"]
    n = int(counts.sum())
    if n:
        usual = pane.expected("score_sum")
        scored = pane.expected("score")
        expected = None
        if usual is not None and scored is not None and scored.sum():
            expected = int(usual[0]) / SCALE / int(scored.sum())
        mean = int(pane.total.vectors["score_sum"][0]) / SCALE / n
        yield pane.reading("output.score_mean", n, mean, expected=expected)
        if scored is not None and scored.sum():
            used = (counts + scored) > 0

            def labels() -> list[str]:
                return [label for label, use in zip(LABELS, used.tolist(), strict=True) if use]

            yield from psi_reading(pane, "output.score_psi", "", scored[used], counts[used], labels)
    if pane.prepared is not None and pane.prepared.baseline.predictions and pane.total.predictions:
        usual_mix = pane.prepared.baseline.predictions
        names = sorted(set(usual_mix) | set(pane.total.predictions))
        before = np.array([usual_mix.get(name, 0) for name in names], dtype=np.int64)
        now = np.array([pane.total.predictions.get(name, 0) for name in names], dtype=np.int64)
        if len(names) <= 50:  # a number that is answered freely is a score, not a class
            yield from psi_reading(pane, "output.prediction_psi", "", before, now, lambda: names)
