"""Ground truth against answers: how many labels arrived, how many agree, the Brier score, how old they were.

Counted by arrival minute. Labels inside a log record and labels joined later count alike. Whether a fall is significant
is not judged here: late labels must be compared at equal age.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from monitors.pane import Pane
from monitors.view import View
from schemas.events import Floats, Ints
from schemas.readings import Reading

WITHOUT_P = ("labels.count", "labels.accuracy", "labels.brier")
MILLION = 1_000_000
AGE_EDGES_NS = tuple(seconds * 1_000_000_000 for seconds in (3_600, 86_400, 604_800, 2_592_000))
ONE = ("1", "true", "yes")
ZERO = ("0", "false", "no")


def label_counts(labels: Sequence[str], predictions: Sequence[str], scores: Floats) -> Ints:
    """Rows of [1, agrees, has a Brier score, squared error in millionths]; shape (labels, 4)."""
    rows = np.zeros((len(labels), 4), dtype=np.int64)
    for i, (label, prediction) in enumerate(zip(labels, predictions, strict=True)):
        rows[i, 0], rows[i, 1] = 1, label == prediction
        truth = 1.0 if label in ONE else 0.0 if label in ZERO else None
        if truth is not None and 0.0 <= scores[i] <= 1.0 and prediction in (*ONE, *ZERO, ""):
            rows[i, 2], rows[i, 3] = 1, round((scores[i] - truth) ** 2 * MILLION)
    return rows


def summarise(view: View) -> dict[str, Ints]:
    """`label` and `label_age` of labels that came inside the record itself; nothing where none did."""
    batch = view.batch
    labelled = np.array([i for i, row in enumerate(view.rows.tolist()) if batch.label[row]], dtype=np.int64)
    if not len(labelled):
        return {}
    rows = view.rows[labelled]
    counts = label_counts([batch.label[r] for r in rows], [batch.prediction[r] for r in rows], batch.score[rows])
    total = np.zeros((view.groups, 4), dtype=np.int64)
    np.add.at(total, view.group[labelled], counts)
    age = np.zeros((view.groups, len(AGE_EDGES_NS) + 1), dtype=np.int64)
    served = batch.served_ts_ns[view.rows[labelled]]
    late = np.where(served > 0, batch.ts_ns[view.rows[labelled]] - served, 0)
    np.add.at(age, (view.group[labelled], np.searchsorted(AGE_EDGES_NS, late, side="right")), 1)
    return {"label": total, "label_age": age}


def read(pane: Pane) -> Iterable[Reading]:
    """`labels.count`, `labels.accuracy`, `labels.brier`."""
    counts = pane.total.vectors.get("label")
    if counts is None or not counts[0]:
        return
    n, agree, scored, error = (int(x) for x in counts)
    yield pane.reading("labels.count", n, float(n))
    yield pane.reading("labels.accuracy", n, agree / n)
    if scored:
        yield pane.reading("labels.brier", scored, error / MILLION / scored)
