"""A `View`: the rows of one model version in a batch, lined up with the features of the baseline that scores them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from monitors.matching import Matched
from monitors.prepared import Prepared
from monitors.textseen import TextColumns
from monitors.tops import Tops, tops
from schemas.events import ANOMALOUS, EventBatch, Floats, Ints, name_hash
from schemas.summaries import SAMPLE_ROW_BYTES, SampleRow, bounded_sample

T = TypeVar("T")
Coded = tuple[Sequence[T], Ints]  # different values, and each row's place among them


@dataclass(frozen=True, slots=True)
class Places:
    """What is known of a whole batch, made once: each row's layout and its row there, and where answers and labels are.

    `labelled` is None where no row has a label, `tops` where none has class probabilities, `texts` where none has text.
    """

    layout: Ints
    inside: Ints
    labelled: NDArray[np.bool_] | None = None
    tops: Tops | None = None
    texts: TextColumns | None = None
    matched: Mapping[str, Matched] = field(default_factory=dict)  # by rule that looks at single events

    @staticmethod
    def of(
        batch: EventBatch, texts: TextColumns | None = None, matched: Mapping[str, Matched] = MappingProxyType({})
    ) -> Places:
        layout, inside = np.zeros(len(batch), dtype=np.int64), np.zeros(len(batch), dtype=np.int64)
        for i, each in enumerate(batch.layouts):
            layout[each.rows], inside[each.rows] = i, np.arange(len(each.rows))
        labelled = np.fromiter(map(bool, batch.label), bool, len(batch)) if any(batch.label) else None
        return Places(layout, inside, labelled, tops(batch.scores) if any(batch.scores) else None, texts, matched)


@dataclass(frozen=True, slots=True)
class Names:
    """Who asked and what was answered, made once for a batch.

    `given`: which rows name a principal; `marks`: 32 bits of the hash of each prediction.
    """

    principal: Coded[str]
    prediction: Coded[str]
    given: NDArray[np.bool_]
    marks: NDArray[np.uint32]

    @staticmethod
    def of(batch: EventBatch) -> Names:
        principal, prediction = coded(batch.principal), coded(batch.prediction)
        given = np.fromiter(map(bool, principal[0]), bool, len(principal[0]))[principal[1]]
        marks = np.array([name_hash(name) & 0xFFFFFFFF for name in prediction[0]], dtype=np.uint32)
        return Names(principal, prediction, given, marks)


@dataclass(slots=True)
class View:
    """Columns of one model version. Without a baseline `num` and `cat` are empty and `anomaly` is NaN.

    `group` says to which of `groups` summaries each row belongs.
    """

    batch: EventBatch
    rows: Ints
    prepared: Prepared | None
    num: Floats  # (rows, numeric features of the baseline)
    bins: Ints  # each number's bin of its feature, missing ones beyond the last
    cat: Ints  # (rows, categorical features of the baseline): codes, MISSING or UNSEEN
    anomaly: Floats
    flags: NDArray[np.uint16]
    group: Ints
    places: Places
    groups: int = 1

    def part(self, keep: Ints | NDArray[np.bool_] | slice, group: Ints, groups: int, prepared: Prepared | None) -> View:
        """Some rows (positions within this view, or which) in other groups, of this baseline."""
        return View(
            self.batch,
            self.rows[keep],
            prepared,
            self.num[keep],
            self.bins[keep],
            self.cat[keep],
            self.anomaly[keep],
            self.flags[keep],
            group,
            self.places,
            groups,
        )

    def counts(self, bins: Ints, width: int) -> Ints:
        """Histogram of integer `bins` (-1 is left out) per group, shape (groups, width)."""
        flat = self.group * width + bins
        if (bins < 0).any():
            flat = flat[bins >= 0]
        return np.bincount(flat, minlength=self.groups * width).reshape(self.groups, width)

    def sums(self, values: NDArray[np.bool_] | Ints) -> Ints:
        """Integer sum per group, shape (groups, 1)."""
        if values.dtype == np.bool_:
            return np.bincount(self.group[values], minlength=self.groups)[:, None]
        if self.groups == 1:
            return np.full((1, 1), values.sum(), dtype=np.int64)
        total = np.zeros(self.groups, dtype=np.int64)
        np.add.at(total, self.group, values.astype(np.int64))
        return total[:, None]


def coded(values: Sequence[T]) -> Coded[T]:
    """The different values in order of first appearance, and each row's place among them."""
    different = list(dict.fromkeys(values))
    place = {value: i for i, value in enumerate(different)}
    return different, np.fromiter(map(place.__getitem__, values), np.int64, len(values))


def principals_of(
    view: View, principal: Coded[str], prediction: Coded[str]
) -> tuple[list[dict[str, list[int]]], list[dict[str, int]]]:
    """Per group: principal -> [events, anomalous, failed], and prediction -> events. Empty names are not counted."""
    principals: list[dict[str, list[int]]] = [{} for _ in range(view.groups)]
    predictions: list[dict[str, int]] = [{} for _ in range(view.groups)]
    unusual = (view.flags & ANOMALOUS) != 0
    for (known, codes), extra in ((principal, (unusual, view.batch.failed[view.rows])), (prediction, ())):
        packed = view.group * len(known) + codes[view.rows]
        pairs, inverse, count = np.unique(packed, return_inverse=True, return_counts=True)
        sums = [np.bincount(inverse, weights=flag, minlength=len(pairs)).astype(np.int64).tolist() for flag in extra]
        for i, (pair, events) in enumerate(zip(pairs.tolist(), count.tolist(), strict=True)):
            g, code = divmod(pair, len(known))
            if not known[code]:
                continue
            if extra:
                principals[g][known[code]] = [events, sums[0][i], sums[1][i]]
            else:
                predictions[g][known[code]] = events
    return principals, predictions


def sample_of(view: View, hashes: NDArray[np.uint64], limit: int) -> list[list[SampleRow]]:
    """Per group the `limit` rows with the smallest hash, as raw material for a baseline."""
    batch = view.batch
    chosen: list[list[SampleRow]] = [[] for _ in range(view.groups)]
    for i in np.argsort(hashes[view.rows], kind="stable").tolist():
        sample, row = chosen[view.group[i]], int(view.rows[i])
        if len(sample) < limit:
            made = _row(batch, row, int(hashes[row]), view.places)
            if made.size <= SAMPLE_ROW_BYTES:
                sample.append(made)
    return [bounded_sample(sample, limit) for sample in chosen]


def features_of(batch: EventBatch, row: int, places: Places) -> tuple[dict[str, float], dict[str, str]]:
    """One row's numbers and categories by name; a number that is missing has no entry."""
    layout, i = batch.layouts[int(places.layout[row])], int(places.inside[row])
    values = zip(layout.num_names, layout.num[i].tolist(), strict=True)
    num = {name: value for name, value in values if value == value}
    return num, {name: layout.cat[j][i] for j, name in enumerate(layout.cat_names)}


def _row(batch: EventBatch, row: int, hash: int, places: Places) -> SampleRow:
    num, cat = features_of(batch, row, places)
    score, latency = float(batch.score[row]), float(batch.latency_ms[row])
    return SampleRow(
        hash,
        num,
        cat,
        None if score != score else score,
        batch.prediction[row],
        None if latency != latency else latency,
        segment=batch.segment[row],
        who=name_hash(batch.principal[row]) >> 32 if batch.principal[row] else 0,
    )
