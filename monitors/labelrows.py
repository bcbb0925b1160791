"""Labelled answers of a view, as the rows that summaries carry for the watch on poisoned labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monitors.truth import TRUTH
from monitors.view import View, features_of
from schemas.labelled import LABEL_ROWS, LabelRow, bounded_rows


def label_rows(view: View, hashes: NDArray[np.uint64]) -> list[list[LabelRow]]:
    """Per group the rows with the smallest hash; a label that cannot be told right or wrong is none."""
    chosen: list[list[LabelRow]] = [[] for _ in range(view.groups)]
    labelled = view.places.labelled
    if labelled is None:
        return chosen
    mine = np.flatnonzero(labelled[view.rows])
    batch = view.batch
    for i in mine[np.argsort(hashes[view.rows[mine]], kind="stable")].tolist():
        row, kept = int(view.rows[i]), chosen[view.group[i]]
        if len(kept) > LABEL_ROWS:
            continue
        said = judged(batch.label[row], batch.prediction[row], float(batch.score[row]))
        if said is not None:
            kept.append(
                LabelRow(int(hashes[row]), batch.label_source[row], *said, *features_of(batch, row, view.places))
            )
    return [bounded_rows(rows) for rows in chosen]


def judged(label: str, prediction: str, score: float) -> tuple[float, bool] | None:
    """The probability that the model gave, and whether it came true; None where that cannot be told.

    Of two classes it is the positive one's; of more, or where the answer is a word, that the answer was right.
    """
    truth, answer = TRUTH.get(label), TRUTH.get(prediction)
    sure = 0.0 <= score <= 1.0
    if truth is not None and (answer is not None or prediction == ""):
        given = score if sure else answer
        return None if given is None else (given, truth == 1.0)
    return (score if sure else 1.0, label == prediction) if prediction else None
