"""A batch against its baselines: scores and flags for every event, summaries by block, model, version, segment, minute.

Only scores; only `monitors.learn` learns. Pure, and a function of each record and its baseline alone: however the
stream is cut into batches, rows and merged summaries are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from monitors.abreast import Abreast, abreast_of, together
from monitors.counted import Counted
from monitors.counting import count, count_each
from monitors.labelrows import label_rows
from monitors.matching import Matcher, matched, matchers
from monitors.prepared import Prepared
from monitors.readings import FAMILIES, in_one, metrics_of, whole
from monitors.score import score
from monitors.segments import dimensions
from monitors.signatures import queries_of
from monitors.textrows import text_rows
from monitors.textseen import TextColumns, texts_of
from monitors.view import Names, Places, View, coded, principals_of, sample_of
from monitors.worst import COUNTS
from schemas.events import FUTURE, LATE, LEAK, MINUTE_NS, TEXT_ATTACK, EventBatch, Floats, Ints, row_hash
from schemas.labelled import LabelRow
from schemas.queries import NONE, Queries
from schemas.rules import Rule
from schemas.settings import Settings
from schemas.summaries import SampleRow, Summary, SummaryKey, bounded, few_named
from schemas.texts import NO_TEXTS, Texts
from schemas.vectors import Vectors

SAMPLE_ROWS = 512  # rows kept per model and minute until there is a baseline
IN_ONE = tuple(family for family in FAMILIES if in_one(family))
APART = tuple(family for family in FAMILIES if not in_one(family))
PARTED = tuple(family for family in FAMILIES if not whole(family))
# Of segments that are only counted: what an alert on the whole model can be taken apart by, and how many they are.
COUNTED = tuple(family for family in PARTED if {*metrics_of(family)} & {*COUNTS, "volume.events"})

Bools = NDArray[np.bool_]
Place = tuple[int, bool, int]  # of a group of rows: block, late, minute since 1970


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many names a summary keeps, how late an event may be, ns, and the segments that settings name of a model.

    `queries` is of how many principals query signatures are kept, and how many of each; `secret` salts them.
    `excerpt` is how many characters of a text an alert may show, masked. `matchers` are what rules look for in events.
    """

    max_principals: int
    max_predictions: int
    lateness_ns: int
    max_segments: int = 16
    segments: Callable[[str], tuple[str, ...]] = lambda model: ()
    queries: tuple[int, int] = (0, 0)
    secret: bytes = field(default=b"", repr=False)
    excerpt: int = 0
    canaries: tuple[str, ...] = field(default=(), repr=False)
    matchers: tuple[Matcher, ...] = ()

    @staticmethod
    def of(settings: Settings, rules: Iterable[Rule] = ()) -> Bounds:
        line = settings.line
        return Bounds(
            line.max_principals,
            line.max_predictions,
            line.lateness_seconds * 1_000_000_000,
            line.max_segments,
            lambda model: settings.model(model).segments,
            (line.max_query_principals, line.max_queries),
            settings.privacy.key.encode(),
            settings.privacy.excerpt if settings.privacy.text in ("hashes", "plain") else 0,
            tuple(settings.privacy.canaries.split()),
            matchers(rules),
        )


@dataclass(slots=True)
class Observed:
    """What observing a batch gave: one entry per row, and summaries by block index (on time, late)."""

    anomaly: Floats
    flags: NDArray[np.uint16]
    baseline: list[str]
    watermark_ns: Ints  # of the partition, after each row
    on_time: list[dict[SummaryKey, Summary]]
    late: list[dict[SummaryKey, Summary]]
    texts: TextColumns | None = None


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
    hashes = row_hash(batch.source.topic, batch.source.partition, batch.offset, batch.part)
    texts = result.texts = texts_of(batch, hashes, bounds.canaries)
    if texts is not None:
        result.flags |= (texts.attack * TEXT_ATTACK + texts.leaking * LEAK).astype(np.uint16)
    places = Places.of(batch, texts, matched(bounds.matchers, batch, texts) if bounds.matchers else {})
    baseline = np.full(n, "", dtype=object)
    placed = []
    for abreast in abreast_of(batch, _split(batch, block, choose), places):
        score(abreast)
        rows = abreast.whole.rows
        result.anomaly[rows] = abreast.whole.anomaly
        result.flags[rows] |= abreast.whole.flags
        if abreast.known:
            baseline[rows] = np.array([prepared.id for prepared in abreast.known], dtype=object)[abreast.which]
        keep = ~batch.future[rows]
        if keep.any():
            placed.append(_placed(abreast, keep, block, late))
    _summarise(placed, Names.of(batch), hashes, result, bounds)
    result.baseline = baseline.tolist()
    return result


def _split(batch: EventBatch, block: Ints, choose: Choose) -> Iterable[tuple[Ints, Prepared | None]]:
    """Rows of each (model, version, baseline), in order of first appearance."""
    pairs, codes = coded(list(zip(batch.model, batch.version, strict=True)))
    order = np.argsort(codes, kind="stable")
    codes, blocks = codes[order], block[order]
    starts = np.flatnonzero((np.diff(codes, prepend=-1) != 0) | (np.diff(blocks, prepend=-1) != 0))
    ends = [*starts[1:].tolist(), len(order)]
    chosen: dict[tuple[int, str], tuple[list[Ints], Prepared | None]] = {}
    for code, of, first, end in zip(codes[starts].tolist(), blocks[starts].tolist(), starts.tolist(), ends):
        model, version = pairs[code]
        prepared = choose(model, version, of)
        parts, _ = chosen.setdefault((code, prepared.id if prepared else ""), ([], prepared))
        parts.append(order[first:end])
    for parts, prepared in chosen.values():
        yield np.concatenate(parts), prepared


@dataclass(frozen=True, slots=True)
class Placed:
    """Models whose rows are in groups, and what place each group has."""

    abreast: Abreast
    places: list[Place]

    @property
    def minute(self) -> Ints:
        """Each group's, since 1970."""
        return np.array([minute for _, _, minute in self.places], dtype=np.int64)


def _placed(abreast: Abreast, keep: Bools, block: Ints, late: Bools) -> Placed:
    """The rows to keep, in groups by model, block, lateness and minute."""
    rows = abreast.whole.rows
    minute = abreast.whole.batch.ts_ns[rows] // MINUTE_NS
    first = int(minute.min())
    span = int(minute.max()) - first + 1  # below 2^28, as long as ts_ns is of 64 bits
    grouped, keys = abreast.grouped(keep, (block[rows] * 2 + late[rows]) * span + (minute - first))
    parts = [divmod(key, span) for key in keys.tolist()]
    return Placed(grouped, [(of >> 1, bool(of & 1), since + first) for of, since in parts])


def _summarise(
    placed: list[Placed], names: Names, hashes: NDArray[np.uint64], result: Observed, bounds: Bounds
) -> None:
    """Add all summaries to the result: families count all groups at once, then groups become summaries."""
    if not placed:
        return
    every = together([each.abreast for each in placed])
    counted, (principals, predictions) = count(every, IN_ONE), principals_of(every, names.principal, names.prediction)
    first = 0
    for each in placed:
        abreast, whole, minute = each.abreast, each.abreast.whole, each.minute
        end = first + whole.groups
        summaries = [
            _summary(bounds, *counts, sample, labels, *(() if late else more))
            for counts, sample, labels, more, (_, late, _) in zip(
                zip(_vectors(abreast, counted.part(first, end)), principals[first:end], predictions[first:end]),
                [[] for _ in each.places] if abreast.known else sample_of(whole, hashes, SAMPLE_ROWS),
                label_rows(whole, hashes),
                zip(
                    queries_of(abreast, minute, hashes, names, bounds.queries, bounds.secret),
                    text_rows(whole, hashes, minute, names.principal, bounds.excerpt, bounds.secret),
                ),
                each.places,
                strict=True,
            )
        ]
        first = end
        places, filed = iter(each.places), iter(summaries)
        for view in abreast.views:
            mine = list(islice(places, view.groups))
            _file(view, [(*place, "") for place in mine], filed, result)
            if abreast.known:
                _split_further(view, mine, names, result, bounds)


def _vectors(abreast: Abreast, counted: Counted) -> list[Vectors]:
    """Of each group; `counted` is what all models were counted by, to which comes what is counted by the baseline."""
    found: list[Vectors] = []
    for view, more in zip(abreast.views, count_each(abreast, APART), strict=True):
        found += Counted.joined([counted.part(len(found), len(found) + view.groups), *more]).rows()
    return found


def _summary(
    bounds: Bounds,
    vectors: Vectors,
    principals: dict[str, list[int]],
    predictions: dict[str, int],
    sample: list[SampleRow],
    labels: list[LabelRow],
    queries: Queries = NONE,
    texts: Texts = NO_TEXTS,
) -> Summary:
    return Summary(
        few_named(vectors, bounds.max_principals),
        bounded(principals, bounds.max_principals),
        bounded(predictions, bounds.max_predictions),
        sample,
        queries,
        labels,
        texts,
    )


def _split_further(view: View, places: list[Place], names: Names, result: Observed, bounds: Bounds) -> None:
    """The same once more by segment, for models that have any; of some families, and without samples."""
    assert view.prepared is not None
    model = view.batch.model[view.rows[0]]
    wanted = dimensions(view.prepared, bounds.segments(model), bounds.max_segments)
    texts = coded(view.batch.segment) if wanted else ([], view.group)
    for dimension in wanted:
        codes, labels = dimension.codes(view, texts), dimension.labels
        keep = np.flatnonzero(codes >= 0)
        if not len(keep):
            continue
        distinct, group = np.unique(view.group[keep] * len(labels) + codes[keep], return_inverse=True)
        pairs = [divmod(packed, len(labels)) for packed in distinct.tolist()]
        part = view.part(keep, group, len(pairs), view.prepared)
        counts = count(part, PARTED if dimension.judged else COUNTED)
        asking = names.principal if dimension.judged else ([""], np.zeros(len(view.batch), dtype=np.int64))
        people = principals_of(part, asking, names.prediction)
        summaries = (_summary(bounds, *each, [], []) for each in zip(counts.rows(), *people, strict=True))
        _file(part, [(*places[g], labels[code]) for g, code in pairs], summaries, result)


def _file(view: View, places: list[tuple[int, bool, int, str]], summaries: Iterator[Summary], result: Observed) -> None:
    """One summary per group, under its model; `places` are their (block, late, minute, segment)."""
    model, version = view.batch.model[view.rows[0]], view.batch.version[view.rows[0]]
    baseline = view.prepared.id if view.prepared else ""
    for block, late, minute, segment in places:
        where = result.late if late else result.on_time
        where[block][SummaryKey(model, version, segment, minute * MINUTE_NS, baseline)] = next(summaries)
