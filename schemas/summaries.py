"""What one block says of one (model, version, segment, minute), in numbers that merge by addition.

`vectors` are named rows of integer counts (`n`, `latency`, `feature:age`, …): merging adds them, so neither the order
of blocks nor the way a stream is cut can change a minute. `principals`, `predictions` and `sample` are bounded by
keeping the entries with the smallest hash, which gives the same survivors however the rows were split.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import msgspec
import numpy as np

from schemas.counts import BY, fewer
from schemas.events import Ints, Source, name_hash
from schemas.keeping import kept_rows
from schemas.labelled import LabelRow, bounded_rows
from schemas.queries import NONE, Queries, merge_queries
from schemas.texts import NO_TEXTS, Texts, merge_texts
from schemas.vectors import Vectors, add

T = TypeVar("T")
SAMPLE_BYTES = 262_144  # of one summary: the broker takes 1 MiB, and the rest of a summary needs room too
SAMPLE_ROW_BYTES = 32_768
NAMED = "named:"  # vectors whose names a producer chose: of these only the `MOST_NAMED` with the smallest hash are kept
MOST_NAMED = 32


class SummaryKey(NamedTuple):
    """Whose minute it is. `segment` "" is the whole model, else as "channel=web"; `baseline` "": none was known."""

    model: str
    version: str
    segment: str
    minute_ns: int
    baseline: str


class SampleRow(msgspec.Struct, frozen=True, array_like=True):
    """One event as raw material for a baseline: `hash` orders the sample, `num` and `cat` are by feature name."""

    hash: int
    num: dict[str, float]
    cat: dict[str, str]
    score: float | None
    prediction: str
    latency_ms: float | None
    cut: bool = False  # no event, but the mark where the sample ends because it grew too large
    segment: str = ""
    who: int = 0  # hash of the principal, 0 if none: what is normal must not be said by one principal alone

    @property
    def size(self) -> int:
        """About how many bytes it takes on the wire."""
        features = sum(len(k) + 9 for k in self.num) + sum(len(k) + len(v) + 4 for k, v in self.cat.items())
        return 40 + len(self.segment) + features


@dataclass(slots=True)
class Summary:
    """Counts of one key. `principals`: name -> [events, anomalous, failed]."""

    vectors: Mapping[str, Ints]
    principals: dict[str, list[int]]
    predictions: dict[str, int]
    sample: list[SampleRow]
    queries: Queries = NONE
    labelled: list[LabelRow] = field(default_factory=list)
    texts: Texts = NO_TEXTS

    @property
    def n(self) -> int:
        """Events counted."""
        return int(self.vectors["n"][0])


Keyed = tuple[SummaryKey, Summary]


class WireSummary(msgspec.Struct, array_like=True):
    """A `Summary` with its key as plain data: in profiles, and on `mirqab.summaries` without `vectors`."""

    key: SummaryKey
    vectors: dict[str, list[int]]
    principals: dict[str, list[int]]
    predictions: dict[str, int]
    sample: list[SampleRow]
    queries: Queries = NONE
    labelled: list[LabelRow] = []
    texts: Texts = NO_TEXTS


class Said(msgspec.Struct, frozen=True):
    """What every message on `mirqab.summaries` says of its source partition, besides the summaries.

    Cumulative: a later message of the same block (`first`) replaces what an earlier one said of the same key.
    `watermark_ns` is the largest event time seen; it counts only with `last_part`. `idle` says the partition was at its
    end for `idle_seconds` at `tick_ns`. `generation` is the consumer generation of the writer.
    """

    source: Source
    first: int
    last: int
    final: bool
    generation: int
    watermark_ns: int
    tick_ns: int
    idle: bool = False
    last_part: bool = True


class Progress(Said, frozen=True):
    """What one source partition has said since its block began. How it travels is for `streams.wire`."""

    summaries: Sequence[Keyed] = ()
    late: Sequence[Keyed] = ()


def smallest(items: Iterable[T], limit: int, key: Callable[[T], int]) -> list[T]:
    """The `limit` items with the smallest `key`; the same whatever order they came in (keys must differ)."""
    chosen = sorted(items, key=key)
    return chosen[:limit]


def merge(
    parts: list[Summary],
    *,
    max_principals: int,
    max_predictions: int,
    max_sample: int,
    max_queries: tuple[int, int] = (0, 0),
) -> Summary:
    """Add summaries of the same key. Associative and commutative, limits included.

    `max_queries` is how many principals' query signatures are kept, and how many of each; none unless asked for.
    """
    principals: dict[str, list[int]] = {}
    predictions: dict[str, int] = {}
    for part in parts:
        for who, row in part.principals.items():
            before = principals.get(who)
            principals[who] = row if before is None else [a + b for a, b in zip(before, row, strict=True)]
        for what, count in part.predictions.items():
            predictions[what] = predictions.get(what, 0) + count
    return Summary(
        few_named(add(part.vectors for part in parts), max_principals),
        bounded(principals, max_principals),
        bounded(predictions, max_predictions),
        bounded_sample((row for part in parts for row in part.sample), max_sample),
        merge_queries((part.queries for part in parts), *max_queries),
        bounded_rows(row for part in parts for row in part.labelled),
        merge_texts(part.texts for part in parts),
    )


def few_named(vectors: Vectors, max_principals: int) -> Vectors:
    """The vectors, of those under `NAMED` only so many, and of counts by principal at most `max_principals`.

    Counts of those kept are whole however they were merged.
    """
    if len(vectors.shape.under(BY)) > max_principals:
        vectors = Vectors.of(fewer(vectors, max_principals))
    named = vectors.shape.under(NAMED)
    if len(named) <= MOST_NAMED:
        return vectors
    kept = set(smallest(named, MOST_NAMED, name_hash))
    return Vectors.of({name: counts for name, counts in vectors.items() if name in kept or not name.startswith(NAMED)})


def bounded_sample(rows: Iterable[SampleRow], limit: int) -> list[SampleRow]:
    """The rows with the smallest hash, at most `limit` and at most `SAMPLE_BYTES` together (`schemas.keeping`)."""
    return kept_rows(
        rows, limit, SAMPLE_BYTES, SAMPLE_ROW_BYTES, lambda hash: SampleRow(hash, {}, {}, None, "", None, cut=True)
    )


def bounded(table: dict[str, T], limit: int) -> dict[str, T]:
    """Keep the `limit` names with the smallest hash, sorted by name."""
    names: Iterable[str] = table
    if len(table) > limit:
        names = smallest(table, limit, name_hash)
    return {name: table[name] for name in sorted(names)}


def to_wire(key: SummaryKey, summary: Summary, vectors: dict[str, list[int]] | None = None) -> WireSummary:
    """`vectors` is given where they travel apart from their summary."""
    if vectors is None:
        vectors = {name: counts.tolist() for name, counts in summary.vectors.items()}
    queries, labelled = summary.queries, summary.labelled
    return WireSummary(
        key, vectors, summary.principals, summary.predictions, summary.sample, queries, labelled, summary.texts
    )


def from_wire(wire: WireSummary) -> Summary:
    vectors = Vectors.of({name: np.array(counts, dtype=np.int64) for name, counts in wire.vectors.items()})
    return Summary(vectors, wire.principals, wire.predictions, wire.sample, wire.queries, wire.labelled, wire.texts)
