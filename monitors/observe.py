"""A batch against its baselines: scores and flags for every event, summaries for every (block, model, version, minute).

Only scores; only `monitors.learn` learns. Pure, and a function of each record and its baseline alone: however the
stream is cut into batches, rows and merged summaries are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitors.labelrows import label_rows
from monitors.prepared import Prepared
from monitors.readings import FAMILIES, sparse
from monitors.score import score_views
from monitors.view import Coded, Places, View, align, coded, principals_of, sample_of
from schemas.events import FUTURE, LATE, MINUTE_NS, EventBatch, Floats, Ints, row_hash
from schemas.labelled import LabelRow
from schemas.summaries import SampleRow, Summary, SummaryKey, bounded, few_named

SAMPLE_ROWS = 512  # rows kept per model and minute until there is a baseline


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many names a summary keeps, and how late an event may be, ns."""

    max_principals: int
    max_predictions: int
    lateness_ns: int


@dataclass(slots=True)
class Observed:
    """What observing a batch gave: one entry per row, and summaries by block index (on time, late)."""

    anomaly: Floats
    flags: NDArray[np.uint16]
    baseline: list[str]
    watermark_ns: Ints  # of the partition, after each row
    on_time: list[dict[SummaryKey, Summary]]
    late: list[dict[SummaryKey, Summary]]


Choose = Callable[[str, str, int], Prepared | None]


def observe(batch: EventBatch, block: Ints, blocks: int, watermark_ns: int, choose: Choose, bounds: Bounds) -> Observed:
    """Score and summarise. `block` is each row's block index, rising; `choose(model, version, block)` its baseline.

    `watermark_ns` is the partition's before the first row.
    """
    n = len(batch)
    seen = np.where(batch.future, watermark_ns, batch.ts_ns)
    watermark = np.maximum.accumulate(np.maximum(seen, watermark_ns)) if n else seen
    late = ~batch.future & (batch.minute + (MINUTE_NS + bounds.lateness_ns) <= watermark)
    result = Observed(
        anomaly=np.full(n, np.nan),
        flags=(batch.future * FUTURE + late * LATE).astype(np.uint16),
        baseline=[],
        watermark_ns=watermark,
        on_time=[{} for _ in range(blocks)],
        late=[{} for _ in range(blocks)],
    )
    places = Places.of(batch)
    views = [align(batch, rows, prepared, places) for rows, prepared in _split(batch, block, choose)]
    score_views(views)
    hashes = row_hash(batch.source.topic, batch.source.partition, batch.offset)
    baseline = np.full(n, "", dtype=object)
    names = coded(batch.principal), coded(batch.prediction)
    for view in views:
        result.anomaly[view.rows] = view.anomaly
        result.flags[view.rows] |= view.flags
        if view.prepared is not None:
            baseline[view.rows] = view.prepared.id
        samples = partial(sample_of, hashes=hashes, limit=SAMPLE_ROWS, places=places)
        labelled = partial(label_rows, hashes=hashes)
        _summarise(view, block, late, samples, labelled, names, result, bounds)
    result.baseline = baseline.tolist()
    return result


def _split(batch: EventBatch, block: Ints, choose: Choose) -> Iterable[tuple[Ints, Prepared | None]]:
    """Rows of each (model, version, baseline), in order of first appearance."""
    pairs, codes = coded(list(zip(batch.model, batch.version, strict=True)))
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(pairs) + 1))
    for code, (model, version) in enumerate(pairs):
        rows = order[bounds[code] : bounds[code + 1]]
        blocks = block[rows]
        chosen: dict[str, tuple[list[Ints], Prepared | None]] = {}
        cuts = np.flatnonzero(np.diff(blocks)) + 1
        for part in np.split(rows, cuts):
            prepared = choose(model, version, int(block[part[0]]))
            chosen.setdefault(prepared.id if prepared else "", ([], prepared))[0].append(part)
        for parts, prepared in chosen.values():
            yield np.concatenate(parts), prepared


def _summarise(
    view: View,
    block: Ints,
    late: NDArray[np.bool_],
    sample: Callable[[View], list[list[SampleRow]]],
    labelled: Callable[[View], list[list[LabelRow]]],
    names: tuple[Coded[str], Coded[str]],
    result: Observed,
    bounds: Bounds,
) -> None:
    """Add one view's summaries to the result: families count all groups at once, then groups become summaries."""
    batch = view.batch
    keep = ~batch.future[view.rows]
    if not keep.any():
        return
    view = view.only(keep)
    minute = batch.minute[view.rows] // MINUTE_NS
    first = int(minute.min())
    key = ((block[view.rows] * 2 + late[view.rows]) << 40) + (minute - first)
    distinct, view.group = np.unique(key, return_inverse=True)
    view.groups = len(distinct)
    vectors: dict[str, Ints] = {}
    rare: dict[str, Any] = {}  # which groups have a count at all, where others do without the vector
    for family in FAMILIES:
        counted = family.summarise(view)
        vectors.update(counted)
        if sparse(family):
            rare.update((name, counts.any(axis=1)) for name, counts in counted.items())
    principals, predictions = principals_of(view, *names)
    model, version = batch.model[view.rows[0]], batch.version[view.rows[0]]
    baseline = view.prepared.id if view.prepared else ""
    samples = sample(view) if view.prepared is None else [[] for _ in range(view.groups)]
    labels = labelled(view)
    for g, packed in enumerate(distinct.tolist()):
        block_late, minute_index = packed >> 40, packed & ((1 << 40) - 1)
        where = result.late if block_late & 1 else result.on_time
        summary_key = SummaryKey(model, version, "", (minute_index + first) * MINUTE_NS, baseline)
        where[block_late >> 1][summary_key] = Summary(
            few_named({name: counts[g] for name, counts in vectors.items() if name not in rare or rare[name][g]}),
            bounded(principals[g], bounds.max_principals),
            bounded(predictions[g], bounds.max_predictions),
            samples[g],
            labels[g],
        )
