"""What changed in a week against a baseline: every feature, the score and the decisions, each with its effect.

A change is named when it is significant (Holm over all questions of the report, so that at most one healthy report in
1/alpha names anything), material (the floors of the shipped rules) and based on enough events. All three are shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from monitors.weekly.rows import BLOCKS, Rows, Texts
from monitors.weekly.worth import Effect, block_counts, histograms, holm, shares
from schemas.baselines import Baseline, Categorical, Numeric
from schemas.events import OTHER, Floats, Ints

ENOUGH = 100  # events on either side; the shipped rules ask for as many
VALUES, MISSING, RANGE, UNSEEN, SCORE, DECISION = "values", "missing", "range", "unseen", "score", "decision"
# What must be reached to matter, as in the shipped rules: PSI, or a difference of shares.
FLOORS = {VALUES: 0.1, MISSING: 0.05, RANGE: 0.05, UNSEEN: 0.02, SCORE: 0.1, DECISION: 0.05}
SCORE_EDGES = np.arange(1, 20) / 20


@dataclass(frozen=True, slots=True)
class Reference:
    """What is normal. Without `rows` (a baseline given from elsewhere) its own counts stand for them."""

    baseline: Baseline
    rows: Rows | None


@dataclass(frozen=True, slots=True)
class Change:
    """One question's answer. `labels`, `before`, `now` are shares per bin, for a picture. `p_all` is adjusted."""

    kind: str
    feature: str
    n_before: int
    n: int
    effect: Effect
    p_all: float
    labels: tuple[str, ...]
    before: tuple[float, ...]
    now: tuple[float, ...]

    @property
    def enough(self) -> bool:
        return min(self.n_before, self.n) >= ENOUGH

    @property
    def material(self) -> bool:
        return abs(self.effect.value) >= FLOORS[self.kind]

    def named(self, alpha: float) -> bool:
        """Whether it is said to have changed."""
        return self.enough and self.material and self.p_all <= alpha


def changes(reference: Reference, week: Rows) -> list[Change]:
    """Every question that both sides can answer; those named first come first, then by effect over its floor."""
    found = list(_all(reference, week))
    asked = [each for each in found if each.enough]
    adjusted = dict(zip(map(id, asked), holm([each.effect.p for each in asked])))
    found = [replace(each, p_all=adjusted.get(id(each), 1.0)) for each in found]
    return sorted(found, key=lambda c: (-min(c.enough, c.material), -abs(c.effect.value) / FLOORS[c.kind], c.feature))


def _all(reference: Reference, week: Rows) -> Iterator[Change]:
    for numeric in reference.baseline.numeric:
        if numeric.name in week.num:
            yield from _numeric(reference, week, numeric)
    for words in reference.baseline.categorical:
        if words.name in week.cat:
            yield from _categorical(reference, week, words)
    if reference.rows is not None:
        yield from _answers(reference.rows, week)


def _numeric(reference: Reference, week: Rows, feature: Numeric) -> Iterator[Change]:
    old = reference.rows.num.get(feature.name) if reference.rows is not None else None
    new = week.num[feature.name]
    edges = np.array(feature.edges)
    if len(edges):
        before = _row(feature.counts) if old is None else _counts(reference.rows, bins_of(old, edges), len(edges) + 1)
        now = _counts(week, bins_of(new, edges), len(edges) + 1)
        yield from _histogram(VALUES, feature.name, before, now, _ranges(feature.edges))
    spread = np.array([sum(feature.counts), 0], dtype=np.int64)  # nothing lay outside its own range
    outside = np.where(np.isnan(new), -1, (new < feature.low) | (new > feature.high))
    yield from _share(RANGE, feature.name, spread[None], _counts(week, outside, 2))
    yield from _missing(reference, week, feature, None if old is None else np.isnan(old), np.isnan(new))


def _categorical(reference: Reference, week: Rows, feature: Categorical) -> Iterator[Change]:
    old = reference.rows.cat.get(feature.name) if reference.rows is not None else None
    new, bins = week.cat[feature.name], len(feature.vocabulary) + 1
    codes = words_of(new, feature.vocabulary)
    if old is None:
        before = _row((*feature.counts, feature.other))
    else:
        before = _counts(reference.rows, words_of(old, feature.vocabulary), bins)
    labels = [*feature.vocabulary, OTHER]
    yield from _histogram(VALUES, feature.name, before, _counts(week, codes, bins), labels)
    known = np.array([[before[:, :-1].sum(), before[:, -1].sum()]])
    yield from _share(UNSEEN, feature.name, known, _counts(week, np.where(codes < 0, -1, codes == bins - 1), 2))
    yield from _missing(reference, week, feature, None if old is None else old == "", new == "")


def _missing(
    reference: Reference, week: Rows, feature: Numeric | Categorical, old: Ints | None, new: Ints
) -> Iterator[Change]:
    if old is None:
        before = _row((max(0, reference.baseline.rows - feature.missing), feature.missing))
    else:
        before = _counts(reference.rows, old.astype(np.int64), 2)
    yield from _share(MISSING, feature.name, before, _counts(week, new.astype(np.int64), 2))


def _answers(old: Rows, week: Rows) -> Iterator[Change]:
    labels = [f"{i / 20:.2f} – {(i + 1) / 20:.2f}" for i in range(20)]
    before, now = (_counts(side, bins_of(side.score, SCORE_EDGES), 20) for side in (old, week))
    yield from _histogram(SCORE, "", before, now, labels)
    names, counts = np.unique(old.prediction[old.prediction != ""], return_counts=True)
    # Of two answers the rarer is the one that people mean by "the decision"; of more, each is asked about.
    asked = names[np.argsort(counts)][: 1 if len(names) == 2 else 8]
    for name in asked if len(names) > 1 else []:
        sides = (_counts(s, np.where(s.prediction == "", -1, s.prediction == name), 2) for s in (old, week))
        yield from _share(DECISION, str(name), *sides)


def bins_of(values: Floats, edges: Floats) -> Ints:
    """The bin of each value, -1 where it is missing; bin i is [edge i-1, edge i)."""
    return np.where(np.isnan(values), -1, np.searchsorted(edges, values, side="right"))


def words_of(values: Texts, vocabulary: Sequence[str]) -> Ints:
    """The place of each category in the vocabulary, its length for others, -1 where it is missing."""
    place = {"": -1, **{word: i for i, word in enumerate(vocabulary)}}
    return np.array([place.get(value, len(vocabulary)) for value in values], dtype=np.int64)


def _ranges(edges: Sequence[float]) -> list[str]:
    """The bins' names, as people write numbers."""
    at = [f"{edge:,.0f}" if abs(edge) >= 1000 else f"{edge:.4g}" for edge in edges]
    return [f"< {at[0]}", *(f"{a} – {b}" for a, b in pairwise(at)), f"≥ {at[-1]}"]


def _counts(rows: Rows | None, codes: Ints, bins: int) -> Ints:
    assert rows is not None
    return block_counts(codes.astype(np.int64), rows.blocks, bins, BLOCKS)


def _row(counts: Sequence[int]) -> Ints:
    return np.array([counts], dtype=np.int64)


def _histogram(kind: str, name: str, before: Ints, now: Ints, labels: Sequence[str]) -> Iterator[Change]:
    if before.any() and now.any():
        a, b = before.sum(axis=0), now.sum(axis=0)
        sides = (tuple(float(x) for x in side / side.sum()) for side in (a, b))
        yield Change(kind, name, int(a.sum()), int(b.sum()), histograms(before, now), 1.0, tuple(labels), *sides)


def _share(kind: str, name: str, before: Ints, now: Ints) -> Iterator[Change]:
    if before.any() and now.any():
        a, b = before.sum(axis=0), now.sum(axis=0)
        told = (float(a[1] / a.sum()),), (float(b[1] / b.sum()),)
        yield Change(kind, name, int(a.sum()), int(b.sum()), shares(before, now), 1.0, ("share",), *told)
