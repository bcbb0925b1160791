"""Ground truth against answers: how labels are counted, and what is carried of them from pane to pane.

Labels come late, and not evenly: frauds are confirmed within days, honest payments months later or never. So errors are
counted by how old the label is, and compared only with errors found at the same age. The first `ENOUGH` labels of an
age are its reference; later ones wait until `TESTED` have come together, are tested once, and are forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from schemas.events import Floats, Ints
from schemas.summaries import Summary

Bools = NDArray[np.bool_]
MILLION, BINS = 1_000_000, 20
AGE_EDGES_NS = tuple(seconds * 1_000_000_000 for seconds in (3_600, 86_400, 604_800, 2_592_000))
AGES = ("within an hour", "within a day", "within a week", "within 30 days", "after 30 days")
TRUTH = {"1": 1.0, "true": 1.0, "yes": 1.0, "0": 0.0, "false": 0.0, "no": 0.0}
ENOUGH, TESTED = 500, 200  # labels


def count_labels(
    labels: Sequence[str], predictions: Sequence[str], scores: Floats, ages_ns: Ints, group: Ints, groups: int
) -> dict[str, Ints]:
    """Vectors of labels with the answers they belong to, shape (groups, width).

    `label`: labels, how many agree, how many have a Brier score, its sum in millionths. By age: `label_age` labels,
    `label_judged` those that can be told right or wrong, `label_agree` the right ones. Of two classes:
    `label_confusion` true and false positives, false and true negatives; `label_score` negatives and positives per
    twentieth of the score, and the sum of scores there in millionths. A score of 0.5 or more is the answer where there
    is no prediction.
    """
    truth = np.array([TRUTH.get(label, np.nan) for label in labels])
    answer = np.array([TRUTH.get(prediction, np.nan) for prediction in predictions])
    unanswered = np.array([prediction == "" for prediction in predictions], dtype=bool)
    with np.errstate(invalid="ignore"):
        sure = (scores >= 0) & (scores <= 1)
        answer = np.where(unanswered & sure, scores >= 0.5, answer)
    binary = ~np.isnan(truth) & ~np.isnan(answer)
    same = np.array([a == b for a, b in zip(labels, predictions, strict=True)], dtype=bool)
    agree = np.where(unanswered, binary & (truth == answer), same)
    scored = binary & sure
    error = np.where(scored, np.rint((np.where(scored, scores - truth, 0.0)) ** 2 * MILLION), 0.0).astype(np.int64)
    judged, every = ~unanswered | binary, np.ones(len(labels), dtype=bool)
    age = np.searchsorted(AGE_EDGES_NS, ages_ns, side="right")
    cell = np.select([truth * answer == 1, answer == 1, truth == 1], [0, 1, 2], 3)
    place = np.minimum((np.where(scored, scores, 0.0) * BINS).astype(np.int64), BINS - 1)
    millionths = np.rint(np.where(scored, scores, 0.0) * MILLION).astype(np.int64)

    def table(width: int, column: Ints, keep: Bools, values: Ints | None = None) -> Ints:
        result = np.zeros((groups, width), dtype=np.int64)
        np.add.at(result, (group[keep], column[keep]), 1 if values is None else values[keep])
        return result

    zero = np.zeros(len(labels), dtype=np.int64)
    parts = [table(1, zero, every), table(1, zero, agree), table(1, zero, scored), table(1, zero, scored, error)]
    per_score = [table(BINS, place, scored & (truth == side)) for side in (0.0, 1.0)]
    return {
        "label": np.hstack(parts),
        "label_age": table(len(AGES), age, every),
        "label_judged": table(len(AGES), age, judged),
        "label_agree": table(len(AGES), age, judged & agree),
        "label_confusion": table(4, cell, binary),
        "label_score": np.hstack([*per_score, table(BINS, place, scored, millionths)]),
    }


class Truth(msgspec.Struct):
    """What the judge carries of one model version's labels. By age: labels told right or wrong, and wrong ones."""

    baseline: str = ""
    served: int = 0
    labelled: int = 0
    reference: list[list[int]] = msgspec.field(default_factory=lambda: [[0, 0] for _ in AGES])
    waiting: list[list[int]] = msgspec.field(default_factory=lambda: [[0, 0] for _ in AGES])

    def add(self, total: Summary, baseline: str) -> None:
        """Count a judged pane. A baseline that replaces another is a new normal: the reference starts anew."""
        if self.baseline not in ("", baseline):
            self.reference, self.waiting = [[0, 0] for _ in AGES], [[0, 0] for _ in AGES]
        self.baseline = baseline
        self.served += total.n
        if "label_judged" not in total.vectors:
            return
        self.labelled += int(total.vectors["label"][0])
        judged, agree = total.vectors["label_judged"].tolist(), total.vectors["label_agree"].tolist()
        for age, (n, right) in enumerate(zip(judged, agree, strict=True)):
            into = self.reference[age] if self.reference[age][0] < ENOUGH else self.waiting[age]
            into[0] += n
            into[1] += n - right

    def ready(self) -> list[tuple[int, tuple[int, int], tuple[int, int]]]:
        """Ages that can be tested, with the counts now and of the reference."""
        return [
            (age, (now[0], now[1]), (before[0], before[1]))
            for age, (now, before) in enumerate(zip(self.waiting, self.reference, strict=True))
            if now[0] >= TESTED and before[0] >= ENOUGH
        ]

    def forget(self) -> None:
        """What was tested is not tested again."""
        for age, _, _ in self.ready():
            self.waiting[age] = [0, 0]
