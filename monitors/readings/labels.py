"""Ground truth against answers: accuracy, precision, recall, AUC, Brier score, calibration, and what is still unknown.

Counted by arrival minute; labels inside a log record and labels joined later count alike. Late labels must be compared
at equal age (frauds are confirmed first, honest payments late), so only `labels.errors` is tested: the share of wrong
answers among labels of one age (the reading's "feature"), once at least 200 of them have come together and again over
up to an hour, against the first labels of that age (500, growing to 2,000 while no alert is open), by the exact share
test. Of two classes so are the errors among labels that are positive (missed) and among answers that were (false
alarms), against the first 200 and more: a rare class is lost in the share of all. The reference is the model's own
beginning: a model that was wrong from the start is no worse than itself. All others have no p; `labels.auc` and
`labels.calibration_error` are exact to a twentieth of the score. `labels.outstanding` counts answers served but not
labelled, since Mirqab first heard the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from monitors.pane import Pane
from monitors.readings_kit import share_reading
from monitors.truth import BINS, MILLION, PLACES, count_labels
from monitors.view import View
from schemas.events import Ints
from schemas.readings import Reading

TOGETHER = True
SPARSE = True
REMEMBERS = True
WITHOUT_P = (
    "labels.count",
    "labels.outstanding",
    "labels.accuracy",
    "labels.precision",
    "labels.recall",
    "labels.auc",
    "labels.brier",
    "labels.calibration_error",
)


def summarise(view: View) -> dict[str, Ints]:
    """What `monitors.truth` counts, of labels that came inside the record itself; nothing where none did."""
    batch, labelled = view.batch, view.places.labelled
    if labelled is None:
        return {}
    mine = np.flatnonzero(labelled[view.rows])
    if not len(mine):
        return {}
    rows = view.rows[mine]
    served = batch.served_ts_ns[rows]
    ages = np.where(served > 0, np.maximum(batch.ts_ns[rows] - served, 0), 0)
    labels, predictions = [batch.label[r] for r in rows.tolist()], [batch.prediction[r] for r in rows.tolist()]
    return count_labels(labels, predictions, batch.score[rows], ages, view.group[mine], view.groups)


def read(pane: Pane) -> Iterable[Reading]:
    """What labels say of this pane, and tests of the ages that have come together."""
    yield from _errors(pane, pane.truth.ready())
    yield from _counted(pane)


def hour(pane: Pane) -> Iterable[Reading]:
    """The same of panes added up (`monitors.hourly`)."""
    yield from _errors(pane, pane.truth.of_hour(pane.total))
    yield from _counted(pane)


def _counted(pane: Pane) -> Iterable[Reading]:
    vectors = pane.total.vectors
    counts = vectors.get("label")
    if counts is None or not counts[0]:
        return
    n, agree, scored, error = (int(x) for x in counts)
    yield pane.reading("labels.count", n, float(n))
    if pane.truth.served:
        outstanding = max(0, pane.truth.served - pane.truth.labelled)
        yield pane.reading("labels.outstanding", pane.truth.served, float(outstanding))
    judged = int(vectors["label_judged"].sum()) if "label_judged" in vectors else n
    if judged:
        yield pane.reading("labels.accuracy", judged, agree / judged)
    yield from _classes(pane, vectors)
    if scored:
        yield pane.reading("labels.brier", scored, error / MILLION / scored)
        yield from _scores(pane, vectors)


def _errors(pane: Pane, found: Iterable[tuple[int, tuple[int, int], tuple[int, int]]]) -> Iterable[Reading]:
    for place, now, before in found:
        yield share_reading(pane, "labels.errors", now[1], now[0], (before[1], before[0]), feature=PLACES[place])


def _classes(pane: Pane, vectors: Mapping[str, Ints]) -> Iterable[Reading]:
    """Precision among answers that were positive, recall among truths that were."""
    if "label_confusion" in vectors:
        hit, false, missed, _ = vectors["label_confusion"].tolist()
        if hit + false:
            yield pane.reading("labels.precision", hit + false, hit / (hit + false))
        if hit + missed:
            yield pane.reading("labels.recall", hit + missed, hit / (hit + missed))


def _scores(pane: Pane, vectors: Mapping[str, Ints]) -> Iterable[Reading]:
    """AUC: a positive above a negative counts 1, in the same bin ½. Calibration: |mean score - share| by bin."""
    counts = vectors.get("label_score")
    if counts is None or len(counts) != 3 * BINS:
        return
    negative, positive, score = counts.reshape(3, BINS)
    n0, n1, n = int(negative.sum()), int(positive.sum()), int((negative + positive).sum())
    if n0 and n1:
        below = np.cumsum(negative) - negative
        yield pane.reading("labels.auc", n, float((positive * (below + negative / 2)).sum() / n0 / n1))
    if n:
        gap = np.abs(score / MILLION - positive).sum() / n
        yield pane.reading("labels.calibration_error", n, float(gap))
