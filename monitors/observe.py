"""A batch against its baselines: scores and flags for every event, summaries by block, model, version, segment, minute.

Only scores; only `monitors.learn` learns. Pure, and a function of each record and its baseline alone: however the
stream is cut into batches, rows and merged summaries are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from monitors.counting import Counts, count
from monitors.labelrows import label_rows
from monitors.matching import Matcher, matched, matchers
from monitors.prepared import Prepared
from monitors.readings import FAMILIES, in_one, metrics_of, whole
from monitors.score import score_views
from monitors.segments import dimensions
from monitors.signatures import queries_of
from monitors.textrows import text_rows
from monitors.textseen import TextColumns, texts_of
from monitors.view import Names, Places, View, align, coded, sample_of, together
from monitors.worst import COUNTS
from schemas.events import FUTURE, LATE, LEAK, MINUTE_NS, TEXT_ATTACK, EventBatch, Floats, Ints, row_hash
from schemas.labelled import LabelRow
from schemas.queries import NONE, Queries
from schemas.rules import Rule
from schemas.settings import Settings
from schemas.summaries import SampleRow, Summary, SummaryKey, bounded, few_named
from schemas.texts import NO_TEXTS, Texts

SAMPLE_ROWS = 512  # rows kept per model and minute until there is a baseline
IN_ONE = tuple(family for family in FAMILIES if in_one(family))
APART = tuple(family for family in FAMILIES if not in_one(family))
PARTED = tuple(family for family in FAMILIES if not whole(family))
# Of segments that are only counted: what an alert on the whole model can be taken apart by, and how many they are.
COUNTED = tuple(family for family in PARTED if {*metrics_of(family)} & {*COUNTS, "volume.events"})


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
    views = [align(batch, rows, prepared, places) for rows, prepared in _split(batch, block, choose)]
    score_views(views)
    baseline = np.full(n, "", dtype=object)
    for view in views:
        result.anomaly[view.rows] = view.anomaly
        result.flags[view.rows] |= view.flags
        if view.prepared is not None:
            baseline[view.rows] = view.prepared.id
    placed = [each for each in (_placed(view, block, late) for view in views) if each is not None]
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
    """A view whose rows are in groups; `places` are their (block, late, minute)."""

    view: View
    places: list[tuple[int, bool, int]]


def _placed(view: View, block: Ints, late: NDArray[np.bool_]) -> Placed | None:
    """Group a view's rows by block, lateness and minute; None where all of them are from the future."""
    batch = view.batch
    keep = ~batch.future[view.rows]
    if not keep.any():
        return None
    view = view.only(keep)
    minute = batch.ts_ns[view.rows] // MINUTE_NS
    first = int(minute.min())
    key = ((block[view.rows] * 2 + late[view.rows]) << 40) + (minute - first)
    distinct, view.group = np.unique(key, return_inverse=True)
    view.groups = len(distinct)
    parts = [divmod(packed, 1 << 40) for packed in distinct.tolist()]
    return Placed(view, [(of >> 1, bool(of & 1), since + first) for of, since in parts])


def _summarise(
    placed: list[Placed], names: Names, hashes: NDArray[np.uint64], result: Observed, bounds: Bounds
) -> None:
    """Add all summaries to the result: families count all groups at once, then groups become summaries."""
    if not placed:
        return
    views = [each.view for each in placed]
    minutes = [np.array([minute for _, _, minute in each.places], dtype=np.int64) for each in placed]
    asked = queries_of(views, minutes, hashes, names, bounds.queries, bounds.secret)
    counted, first = count(together(views), IN_ONE, names), 0
    for each, when, queries in zip(placed, minutes, asked, strict=True):
        view, places = each.view, each.places
        counts = counted.part(first, first + view.groups)
        counts.add(view, APART)
        first += view.groups
        samples = sample_of(view, hashes, SAMPLE_ROWS) if view.prepared is None else [[] for _ in places]
        texts = text_rows(view, hashes, when, names.principal, bounds.excerpt, bounds.secret)
        more = queries, texts, label_rows(view, hashes)
        _file(view, [(*place, "") for place in places], counts, samples, result, bounds, more)
        if view.prepared is not None:
            _split_further(each, names, result, bounds)


def _split_further(placed: Placed, names: Names, result: Observed, bounds: Bounds) -> None:
    """The same once more by segment, for models that have any; of some families, and without samples."""
    view, places = placed.view, placed.places
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
        part = view.regrouped(keep, group, len(pairs))
        counts = count(part, PARTED if dimension.judged else COUNTED, names, asking=dimension.judged)
        empty: list[list[SampleRow]] = [[] for _ in pairs]
        _file(part, [(*places[g], labels[code]) for g, code in pairs], counts, empty, result, bounds)


def _file(
    view: View,
    places: list[tuple[int, bool, int, str]],
    counts: Counts,
    samples: list[list[SampleRow]],
    result: Observed,
    bounds: Bounds,
    more: tuple[Sequence[Queries], Sequence[Texts], Sequence[list[LabelRow]]] = ((), (), ()),
) -> None:
    """One summary per group; `places` are their (block, late, minute, segment)."""
    queries, texts, labels = more
    model, version = view.batch.model[view.rows[0]], view.batch.version[view.rows[0]]
    baseline = view.prepared.id if view.prepared else ""
    for g, ((block, late, minute, segment), vectors) in enumerate(zip(places, counts.rows(), strict=True)):
        where = result.late if late else result.on_time
        where[block][SummaryKey(model, version, segment, minute * MINUTE_NS, baseline)] = Summary(
            few_named(vectors, bounds.max_principals),
            bounded(counts.principals[g], bounds.max_principals),
            bounded(counts.predictions[g], bounds.max_predictions),
            samples[g],
            queries[g] if queries and not late else NONE,
            labels[g] if labels else [],
            texts[g] if texts and not late else NO_TEXTS,
        )
