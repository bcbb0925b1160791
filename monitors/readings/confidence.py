"""How sure the model is of its answers, and, without any label, how often it may be right.

Confidence is the largest class probability, or the larger of score and 1 - score where only a score is logged; numbers
that are no probabilities are left out. `output.entropy` and `output.unsure` (the share of answers at or below the
baseline's tenth percentile of confidence, with its exact p) need three classes or more: of two they repeat the score.

`performance.estimated_accuracy` is the mean confidence (confidence-based performance estimation, CBPE). It is the
accuracy if, and only if, the probabilities are calibrated and stay so: of the answers given with 0.8, eight in ten are
right. Most models are too sure, and under drift of what the inputs mean (concept drift) nobody's probabilities stay
calibrated. So it has no p-value and pays no budget; compare it with labels.accuracy as soon as there are labels.
Reference: NannyML, "Confidence-based performance estimation"; C. Guo et al., "On calibration of modern neural
networks", ICML 2017.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from monitors.pane import Pane
from monitors.readings_kit import histogram_detail, share_reading
from monitors.view import View
from schemas.events import Floats, Ints
from schemas.readings import Reading

TOGETHER = True
SPARSE = True
WITHOUT_P = ("output.confidence", "output.entropy", "performance.estimated_accuracy")
BINS, MILLION = 20, 1_000_000
UNSURE = 0.1
LABELS = [f"{i / BINS:.2f}" for i in range(BINS)]
ASSUMES = "Probabilities are calibrated and stay so; drift of what the inputs mean breaks that unseen."


def summarise(view: View) -> dict[str, Ints]:
    """`confidence` and `entropy`: events per twentieth, then the sum in millionths."""
    score, tops = view.batch.score[view.rows], view.places.tops
    with np.errstate(invalid="ignore"):
        values = np.where((score >= 0) & (score <= 1), np.maximum(score, 1 - score), np.nan)
    if tops is None:
        return _counted(view, "confidence", values)
    # A list that is no distribution (logits) makes the score taken from it no probability either.
    values = np.where(tops.listed[view.rows], tops.top[view.rows], values)
    return {**_counted(view, "confidence", values), **_counted(view, "entropy", tops.entropy[view.rows])}


def _counted(view: View, name: str, values: Floats) -> dict[str, Ints]:
    known = ~np.isnan(values)
    if not known.any():
        return {}
    safe = np.where(known, values, 0.0)
    bins = np.minimum((safe * BINS).astype(np.int64), BINS - 1)
    bins[~known] = -1
    return {name: np.hstack([view.counts(bins, BINS), view.sums(np.rint(safe * MILLION).astype(np.int64))])}


def read(pane: Pane) -> Iterable[Reading]:
    """Confidence, entropy, the share of unsure answers, and the accuracy they promise."""
    sure = _mean(pane, "confidence")
    if sure is None:
        return
    n, mean, usual = sure
    yield pane.reading("output.confidence", n, mean, expected=usual)
    change = None if usual is None else mean - usual

    def evidence() -> dict[str, Any]:
        return {"assumes": ASSUMES, "estimate": mean, "estimate_of_baseline": usual}

    yield pane.reading("performance.estimated_accuracy", n, mean, expected=usual, effect=change, evidence=evidence)
    mixed = _mean(pane, "entropy")
    if mixed is not None:
        yield pane.reading("output.entropy", mixed[0], mixed[1], expected=mixed[2])
        yield from _unsure(pane)


def _mean(pane: Pane, name: str) -> tuple[int, float, float | None] | None:
    """How many, their mean, and the baseline's; None where the pane has none."""
    now, before = pane.total.vectors.get(name), pane.expected(name)
    if now is None or not now[:BINS].any():
        return None
    n = int(now[:BINS].sum())
    usual = None
    if before is not None and len(before) == BINS + 1 and before[:BINS].any():
        usual = int(before[BINS]) / MILLION / int(before[:BINS].sum())
    return n, int(now[BINS]) / MILLION / n, usual


def _unsure(pane: Pane) -> Iterable[Reading]:
    now, before = pane.total.vectors["confidence"][:BINS], pane.expected("confidence")
    if before is None or len(before) != BINS + 1 or not before[:BINS].any() or (before < 0).any():
        return
    usual = before[:BINS]
    cut = int(np.searchsorted(np.cumsum(usual), UNSURE * int(usual.sum())))
    if not usual[cut + 1 :].any():
        return  # one bin holds everything: nobody is less sure than usual
    low, n = int(now[: cut + 1].sum()), int(now.sum())
    yield share_reading(
        pane,
        "output.unsure",
        low,
        n,
        (int(usual[: cut + 1].sum()), int(usual.sum())),
        lambda: histogram_detail(usual, now, LABELS),
    )
