"""Healthy minutes of a model as counts, drawn without their events, for `tests/benchmarks/rates_many.py`.

A `Bank` holds some thousand events of one model. Every event of a minute is one of them, drawn anew. A summary's counts
are sums over events, so what each one says alone is observed once, and a minute is the sum of what was drawn: the
same numbers as observing those events (`tests/unit/test_drawn_minutes.py`), at a hundredth of the time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import msgspec
import numpy as np
from scipy.sparse import csr_matrix, hstack

from monitors.learn import Learnt, learn
from monitors.observe import Bounds, observe
from monitors.prepared import Prepared
from schemas.baselines import Baseline
from schemas.events import MINUTE_NS, EventBatch, Ints
from schemas.labelled import bounded_rows
from schemas.summaries import Summary, merge
from tests.support.healthy_streams import DAY, MONDAY, Healthy, drawn

BOUNDS = Bounds(256, 64, 60 * 10**9)


def bank_of(model: str, features: int, labelled: float, events: int, seed: list[int]) -> EventBatch:
    """So many events of a model, first those of class 0, then as many of class 1, each in a minute of its own."""
    healthy = Healthy("independent", features, seed, 1, labelled)
    which = np.repeat([0, 1], events // 2)
    who = [f"c{k}" for k in healthy.rng.zipf(1.5, events) % 10]
    return at(healthy.batch(0, [model] * events, drawn(healthy.world, healthy.rng, which, who)), np.arange(events))


def at(batch: EventBatch, minute: Ints) -> EventBatch:
    """The same events at these minutes, which must not fall."""
    return replace(batch, ts_ns=MONDAY * 10**9 + minute * MINUTE_NS + np.arange(len(batch)))


def draw(rng: np.random.Generator, events: int, size: int, share: float) -> Ints:
    """Which events of a bank a minute of `size` has, of which `share` is of class 1 in the mean."""
    half = events // 2
    return rng.integers(half, size=size) + half * (rng.random(size) < share)


def taken(bank: EventBatch, which: Ints) -> EventBatch:
    """Those events of the bank, as records of their own."""
    rows = which.tolist()
    columns: dict[str, Any] = {}
    for field in fields(bank):
        column = getattr(bank, field.name)
        if isinstance(column, np.ndarray):
            columns[field.name] = column[which]
        elif isinstance(column, list) and len(column) == len(bank):
            columns[field.name] = [column[row] for row in rows]
    (layout,) = bank.layouts
    columns["layouts"] = [replace(layout, rows=np.arange(len(rows)), num=layout.num[which])]
    columns["offset"] = np.arange(len(rows))
    return replace(bank, **columns)


def baseline_of(bank: EventBatch, which: Ints, minute: Ints) -> Baseline:
    """What is learnt from those events of the bank, one at each of these rising minutes of the week before."""
    events = at(taken(bank, which), minute - 7 * DAY)
    block = np.zeros(len(events), dtype=np.int64)
    found = observe(events, block, 1, -(1 << 62), lambda model, version, number: None, BOUNDS).on_time[0]
    parts = [found[key] for key in sorted(found, key=lambda key: key.minute_ns)]
    rows = [row for part in parts for row in part.sample]
    total = merge(parts, max_principals=256, max_predictions=64, max_sample=0)
    time = Learnt(int(events.minute[0]), int(events.minute[-1]) + MINUTE_NS, len(parts))
    return learn(bank.model[0], "", 1, rows, total, time)


@dataclass(frozen=True, slots=True)
class Said:
    """What each event of a bank says alone: a row each. `names` are the vectors that lie side by side in it."""

    names: list[str]
    ends: list[int]
    counts: csr_matrix
    principals: list[str]
    predictions: list[str]
    labelled: list[list[Any]]

    @staticmethod
    def of(bank: EventBatch, prepared: Prepared) -> Said:
        block = np.zeros(len(bank), dtype=np.int64)
        found = observe(bank, block, 1, 0, lambda model, version, number: prepared, BOUNDS).on_time[0]
        alone = [found[key] for key in sorted(found, key=lambda key: key.minute_ns)]
        assert len(alone) == len(bank)
        first = alone[0].vectors
        width = {name: len(counts) for one in alone for name, counts in one.vectors.items()}
        names = sorted(width, key=lambda name: (name not in first, name))
        rows = [[one.vectors.get(name, np.zeros(width[name], dtype=np.int64)) for name in names] for one in alone]
        people, answers = sorted(set(bank.principal)), sorted(set(bank.prediction))
        who = np.array([[one.principals.get(name, [0, 0, 0]) for name in people] for one in alone])
        what = np.array([[one.predictions.get(name, 0) for name in answers] for one in alone])
        counts = hstack(
            [csr_matrix(np.array([np.concatenate(row) for row in rows])), who.reshape(len(alone), -1), what]
        )
        ends = np.cumsum([width[name] for name in names]).tolist()
        return Said(names, ends, csr_matrix(counts), people, answers, [one.labelled for one in alone])

    def together(self, which: list[Ints], rng: np.random.Generator) -> Iterator[Summary | None]:
        """The summary of each of these draws; None of an empty one. `rng` gives labels an identity of their own."""
        sizes = [len(one) for one in which]
        minute, event = np.repeat(np.arange(len(which)), sizes), np.concatenate(which)
        drawn_ = csr_matrix((np.ones(len(event), dtype=np.int64), (minute, event)), (len(which), len(self.labelled)))
        for size, one, row in zip(sizes, which, (drawn_ @ self.counts).toarray(), strict=True):
            yield self._summary(row, one, rng) if size else None

    def _summary(self, row: Ints, which: Ints, rng: np.random.Generator) -> Summary:
        parts = np.split(row, self.ends)
        vectors, rest = dict(zip(self.names, parts[:-1], strict=True)), parts[-1]
        who, what = rest[: 3 * len(self.principals)].reshape(-1, 3).tolist(), rest[3 * len(self.principals) :].tolist()
        labels = [each for event in which.tolist() for each in self.labelled[event]]
        identity = rng.integers(0, 1 << 62, len(labels)).tolist()
        return Summary(
            vectors,
            {name: counts for name, counts in zip(self.principals, who, strict=True) if counts[0]},
            {name: count for name, count in zip(self.predictions, what, strict=True) if count},
            [],
            labelled=bounded_rows(
                msgspec.structs.replace(each, hash=hash) for each, hash in zip(labels, identity, strict=True)
            ),
        )
