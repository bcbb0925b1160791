"""What the model answers: its score distribution, its mean score, the mix of its predictions.

`output.score_psi` and `output.prediction_psi` are PSI with p-value (methods §1); `output.score_mean` has no p itself
and is there for change detectors. `output.decision_share` is the share of scores of 0.5 or more, or of the baseline's
commonest prediction where there are no scores, with an exact two-sided p; its effect is the change of the share. Scores
outside [0, 1] are counted in the end buckets.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from monitors.pane import Pane
from monitors.readings_kit import psi_reading, two_sided
from monitors.view import View
from schemas.events import Ints
from schemas.readings import Reading

TOGETHER = True
WITHOUT_P = ("output.score_mean",)
DISTANCES = ("output.score_psi", "output.prediction_psi")
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
            if pane.asks("output.decision_share"):
                high, usual_high = int(counts[BINS // 2 :].sum()), int(scored[BINS // 2 :].sum())
                yield _decisions(pane, "score of 0.5 or more", high, n, (usual_high, int(scored.sum())))
    if pane.prepared is not None and pane.prepared.baseline.predictions and pane.total.predictions:
        usual_mix = pane.prepared.baseline.predictions
        names = sorted(set(usual_mix) | set(pane.total.predictions))
        before = np.array([usual_mix.get(name, 0) for name in names], dtype=np.int64)
        now = np.array([pane.total.predictions.get(name, 0) for name in names], dtype=np.int64)
        if len(names) <= 50:  # a number that is answered freely is a score, not a class
            yield from psi_reading(pane, "output.prediction_psi", "", before, now, lambda: names)
            if not n and now.any() and before.any() and pane.asks("output.decision_share"):
                top = int(before.argmax())
                mix = int(now[top]), int(now.sum()), (int(before[top]), int(before.sum()))
                yield _decisions(pane, f"answer {names[top]}", *mix)


def _decisions(pane: Pane, what: str, hits: int, n: int, before: tuple[int, int]) -> Reading:
    usual, now = before[0] / before[1], hits / n
    p = pane.independent(two_sided(hits, n, before), n, before[1])

    def evidence() -> dict[str, Any]:
        shares = {"expected": usual, "observed": now}
        return {side: [{"label": what, "share": share}] for side, share in shares.items()}

    effect = abs(now - usual)
    return pane.reading("output.decision_share", n, now, expected=usual, p=p, effect=effect, evidence=evidence)
