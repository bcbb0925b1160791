"""Ground truth against answers: how labels are counted, and what is carried of them from pane to pane.

Labels come late, and not evenly: frauds are confirmed within days, honest payments months later or never. So errors are
counted by how old the label is, and compared only with errors found at the same age. The first `ENOUGH` labels of an
age are its reference (of one class `RARE`); later ones wait until `TESTED` have come together and are tested once. Then
they join the reference, until it holds `GROWN`, unless the caller says that something is wrong with them: against 500
labels no number of later ones can tell 10 % of errors from 15 %. The labels of up to an hour are compared with the
reference as it stood before the first of them (`settle`). What changes slowly while the reference grows is taken for
normal.

Where one class is rare, a model that misses all of it is hardly ever wrong. So errors are counted three times: among
all labels, among those that are positive (missed), and among answers that were (false alarms).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

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
KINDS = (("", "label_judged"), ("missed, ", "label_positive"), ("false alarms, ", "label_claimed"))
WRONG = {"label_positive": "label_missed", "label_claimed": "label_false"}
PLACES = tuple(kind + age for kind, _ in KINDS for age in AGES)  # what is told apart
ENOUGH, TESTED = 500, 200  # labels
RARE = 200  # of the reference, of one class only: 500 frauds may take a year
GROWN = 2000  # of the reference, from which on it stays as it is


def count_labels(
    labels: Sequence[str], predictions: Sequence[str], scores: Floats, ages_ns: Ints, group: Ints, groups: int
) -> dict[str, Ints]:
    """Vectors of labels with the answers they belong to, shape (groups, width).

    `label`: labels, how many agree, how many have a Brier score, its sum in millionths. By age: `label_age` labels,
    `label_judged` those that can be told right or wrong, `label_agree` the right ones. Of two classes, by age too:
    `label_positive` and of them `label_missed`, `label_claimed` (answered with yes) and of them `label_false`; in all:
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
        "label_positive": table(len(AGES), age, binary & (truth == 1)),
        "label_missed": table(len(AGES), age, binary & (truth == 1) & (answer == 0)),
        "label_claimed": table(len(AGES), age, binary & (answer == 1)),
        "label_false": table(len(AGES), age, binary & (truth == 0) & (answer == 1)),
        "label_confusion": table(4, cell, binary),
        "label_score": np.hstack([*per_score, table(BINS, place, scored, millionths)]),
    }


def youngest_ns(place: str) -> int:
    """How long before its label came an answer of this place (one of `PLACES`) was given at least; 0 of any other.

    >>> youngest_ns("missed, within a week") // 3_600_000_000_000
    24
    """
    age = PLACES.index(place) % len(AGES) if place in PLACES else 0
    return AGE_EDGES_NS[age - 1] if age else 0


def _none() -> list[list[int]]:
    return [[0, 0] for _ in PLACES]


class Truth(msgspec.Struct):
    """What the judge carries of one model version's labels. By place (`PLACES`): labels counted, and wrong answers."""

    baseline: str = ""
    served: int = 0
    labelled: int = 0
    reference: list[list[int]] = msgspec.field(default_factory=_none)
    waiting: list[list[int]] = msgspec.field(default_factory=_none)
    settled: list[list[int]] = msgspec.field(default_factory=_none)  # the reference when the longer sum began
    coming: list[list[int]] = msgspec.field(default_factory=_none)  # and when the shorter one did

    def __post_init__(self) -> None:
        # An older profile knows the first kind only.
        self.reference += _none()[len(self.reference) :]
        self.waiting += _none()[len(self.waiting) :]

    def add(self, total: Summary, baseline: str) -> None:
        """Count a judged pane. A baseline that replaces another is a new normal: the reference starts anew."""
        if self.baseline not in ("", baseline):
            self.reference, self.waiting, self.settled, self.coming = _none(), _none(), _none(), _none()
        self.baseline = baseline
        self.served += total.n
        if "label_judged" not in total.vectors:
            return
        self.labelled += int(total.vectors["label"][0])
        for place, (n, wrong) in enumerate(_counts(total.vectors)):
            into = self.reference[place] if self.reference[place][0] < _enough(place) else self.waiting[place]
            into[0] += n
            into[1] += wrong

    def ready(self) -> list[tuple[int, tuple[int, int], tuple[int, int]]]:
        """Places that can be tested, with the counts now and of the reference."""
        return [
            (place, (now[0], now[1]), (before[0], before[1]))
            for place, (now, before) in enumerate(zip(self.waiting, self.reference, strict=True))
            if now[0] >= TESTED and before[0] >= _enough(place)
        ]

    def forget(self, *, learn: bool = True) -> None:
        """What was tested is not tested again. It joins a reference that still grows, if `learn`."""
        for place, _, _ in self.ready():
            if learn and self.reference[place][0] < GROWN:
                for i, count in enumerate(self.waiting[place]):
                    self.reference[place][i] += count
            self.waiting[place] = [0, 0]

    def of_hour(self, total: Summary) -> list[tuple[int, tuple[int, int], tuple[int, int]]]:
        """As `ready`, of the labels of panes added up; the reference has none of them."""
        if "label_judged" not in total.vectors:
            return []
        counts = zip(_counts(total.vectors), self.settled, strict=True)
        return [
            (place, now, (before[0], before[1]))
            for place, (now, before) in enumerate(counts)
            if now[0] >= TESTED and before[0] >= _enough(place)
        ]

    def settle(self) -> None:
        """A period begins (`monitors.hourly`)."""
        self.settled, self.coming = self.coming, [list(each) for each in self.reference]


def _enough(place: int) -> int:
    return ENOUGH if place < len(AGES) else RARE


def _counts(vectors: Mapping[str, Ints]) -> Iterator[tuple[int, int]]:
    """Labels and wrong answers by place. Vectors of zeros do not travel; older minutes know the first kind only."""
    nothing = np.zeros(len(AGES), dtype=np.int64)
    for _, name in KINDS:
        n = vectors.get(name, nothing)
        wrong = vectors.get(WRONG[name], nothing) if name in WRONG else n - vectors.get("label_agree", nothing)
        yield from zip(n.tolist(), wrong.tolist(), strict=True)
