"""Labels against answers: a rare class that is missed is seen, and a profile from before it was is still read."""

from __future__ import annotations

import msgspec
import numpy as np

from monitors.pane import Pane
from monitors.readings import labels
from monitors.truth import Truth, count_labels
from schemas.readings import Reading
from schemas.summaries import Summary


def pane(
    truth: Truth, rng: np.random.Generator, *, missed: float, frauds: int, n: int = 8000, learn: bool = False
) -> list[Reading]:
    """One pane of labels, read and tested."""
    made = Pane("fraud", "1", 0, 5, counted(rng, missed=missed, frauds=frauds, n=n), None, None, truth=truth)
    truth.add(made.total, "")
    found = [reading for reading in labels.read(made) if reading.series.metric == "labels.errors"]
    truth.forget(learn=learn)
    return found


def counted(rng: np.random.Generator, *, missed: float, frauds: int, n: int) -> Summary:
    """Labels, so many of them frauds, of which the model misses a share; one payment in 500 it suspects."""
    fraud = np.arange(n) < frauds
    said = np.where(fraud, rng.random(n) >= missed, rng.random(n) < 0.002)
    zero = np.zeros(n, dtype=np.int64)
    texts = [["0", "1"][int(x)] for x in fraud], [["0", "1"][int(x)] for x in said]
    found = count_labels(*texts, np.full(n, np.nan), zero, zero, 1)
    return Summary({"n": np.array([n]), **{name: counts[0] for name, counts in found.items()}}, {}, {}, [])


def test_a_rare_class_that_is_missed_is_seen_where_accuracy_is_not() -> None:
    truth, rng = Truth(), np.random.default_rng(1)
    for _ in range(3):
        pane(truth, rng, missed=0.1, frauds=80)
    found: dict[str, Reading] = {}
    for _ in range(5):
        found |= {reading.series.feature: reading for reading in pane(truth, rng, missed=0.5, frauds=80)}
    everything, missed = found["within an hour"], found["missed, within an hour"]
    assert everything.effect is not None
    assert everything.effect < 0.01
    assert missed.n >= 200
    assert missed.p is not None
    assert missed.p < 1e-10
    assert missed.effect is not None
    assert missed.effect > 0.3


def test_nothing_is_said_while_nothing_changes() -> None:
    truth, rng = Truth(), np.random.default_rng(2)
    p = [reading.p for _ in range(40) for reading in pane(truth, rng, missed=0.1, frauds=80)]
    assert len(p) > 40
    assert min(each for each in p if each is not None) > 1e-4


def test_a_profile_from_before_there_were_kinds_is_read() -> None:
    old = b'{"baseline":"","served":9,"labelled":8,"reference":[[500,5],[0,0],[0,0],[0,0],[0,0]],"waiting":[[3,1]]}'
    truth = msgspec.json.decode(old, type=Truth)
    pane(truth, np.random.default_rng(3), missed=0.1, frauds=80)
    assert truth.reference[0] == [500, 5]
    assert msgspec.json.decode(msgspec.json.encode(truth), type=Truth) == truth


def test_minutes_stored_before_there_were_kinds_are_counted() -> None:
    truth, age = Truth(), np.array([7, 0, 0, 0, 0])
    vectors = {"n": np.array([7]), "label": np.array([7, 6, 0, 0]), "label_judged": age, "label_agree": age - age // 7}
    truth.add(Summary(vectors, {}, {}, []), "b")
    assert (truth.labelled, truth.reference[0]) == (7, [7, 1])


def test_a_reference_grows_unless_something_is_wrong_and_an_hour_is_compared_with_what_was_before_it() -> None:
    truth, rng = Truth(), np.random.default_rng(4)
    pane(truth, rng, missed=0.1, frauds=80, n=600)
    assert truth.reference[0][0] == 600
    truth.settle()  # the shorter sum begins
    pane(truth, rng, missed=0.1, frauds=80, n=600, learn=False)
    assert truth.reference[0][0] == 600
    truth.settle()  # and becomes the longer one
    for _ in range(4):
        pane(truth, rng, missed=0.1, frauds=80, n=600, learn=True)
    assert truth.reference[0][0] == 2400  # the first lot beyond 2,000 was the last
    place, now, before = truth.of_hour(counted(rng, missed=0.5, frauds=300, n=3000))[0]
    assert (place, now[0], before[0]) == (0, 3000, 600)
    truth.settle()
    assert truth.of_hour(counted(rng, missed=0.5, frauds=300, n=3000))[0][2][0] == 600
    truth.settle()
    assert truth.of_hour(counted(rng, missed=0.5, frauds=300, n=3000))[0][2][0] == 2400
    assert truth.of_hour(counted(rng, missed=0.5, frauds=10, n=150)) == []
