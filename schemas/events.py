"""What one fetch brought, as columns: an `EventBatch`, and the `Reject`s beside it.

A record is identified by (log_id, topic, partition, offset), an event by its record and its `part`: the place among the
events of one record, 0 where a record is one event. Columns are aligned by row; a number that was not given
is NaN, a text that was not given is "". Nothing here judges anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MINUTE_NS = 60_000_000_000
OTHER = "(other)"  # the name under which is counted what lies beyond a limit

# Bits of the `flags` column.
FUTURE = 1  # more than `future_seconds` ahead of the broker's timestamp; stored, never judged
LATE = 2  # behind its partition's watermark by more than the allowed lateness; in `minutes_late`
UNSEEN_CATEGORY = 4  # a category the baseline never saw
OUT_OF_RANGE = 8  # a number outside the baseline's range
MISSING_FEATURE = 16  # a feature the baseline has and the event lacks
ANOMALOUS = 32  # half-space score beyond the baseline's 99th percentile
TEXT_ATTACK = 64  # the prompt looks like an attack on a language model
LEAK = 128  # the reply holds something that should not be there


class Source(NamedTuple):
    """Where records come from: one partition of one log. `log_id` is Kafka's topic UUID, or the run's id."""

    log_id: str
    topic: str
    partition: int


class RawRecord(NamedTuple):
    """One record as a source hands it over. `timestamp_ns` is the broker's; None where there is none (files)."""

    offset: int
    value: bytes
    timestamp_ns: int | None


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that could not be read. `digest` is of the raw bytes; `raw` only where settings keep it."""

    offset: int
    reason: str
    size: int
    digest: str
    raw: bytes | None = None


class BareLabel(NamedTuple):
    """A record that says nothing but a label: no inference, but the truth about one made before, found by its id."""

    offset: int
    ts_ns: int
    model: str
    id: str
    label: str
    source: str


@dataclass(frozen=True, slots=True)
class Layout:
    """Rows that carry the same features: `num` is (rows, numeric names), `cat` one list of texts per categorical name.

    Names are sorted, so two producers that write keys in different order share a layout.
    """

    num_names: tuple[str, ...]
    cat_names: tuple[str, ...]
    rows: Ints
    num: Floats
    cat: tuple[Sequence[str], ...]

    @property
    def id(self) -> int:
        return layout_id(self.num_names, self.cat_names)


def layout_id(num_names: Sequence[str], cat_names: Sequence[str]) -> int:
    """A 63-bit id of a set of feature names; equal names give equal ids on every machine."""
    text = "\x1f".join(num_names) + "\x1e" + "\x1f".join(cat_names)
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


@dataclass(slots=True)
class EventBatch:
    """The readable records of one fetch, as columns of equal length, in offset order."""

    source: Source
    offset: Ints
    ts_ns: Ints
    model: list[str]
    version: list[str]
    artifact_hash: list[str]  # hash of the file the version was loaded from; "" where the log does not say
    principal: list[str]
    id: list[str]
    session: list[str]
    segment: list[str]
    status: list[str]
    source_ip: list[str]
    prediction: list[str]
    score: Floats  # of the positive class (two classes or `score`), else of the predicted class; NaN if not given
    scores: list[list[float] | None]
    latency_ms: Floats
    tokens_in: Floats
    tokens_out: Floats
    failed: NDArray[np.bool_]  # the status says the model did not answer properly
    future: NDArray[np.bool_]
    label: list[str]
    label_source: list[str]
    served_ts_ns: Ints  # 0 where not given
    prompt: list[str | None]
    response: list[str | None]
    layouts: list[Layout]
    system: list[str | None] = field(default_factory=list)  # the application's instructions; [] is None in every row
    unknown_keys: dict[str, int] = field(default_factory=dict)  # what was not read, by name
    formats: dict[str, int] = field(default_factory=dict)  # records by format, where the format was recognised
    rejects: list[Reject] = field(default_factory=list)
    labels: list[BareLabel] = field(default_factory=list)  # records that are no events, in offset order
    part: Ints | None = None  # of each row; None: every record is one event

    def __len__(self) -> int:
        return len(self.offset)

    @property
    def minute(self) -> Ints:
        """Start of each event's minute, ns."""
        return self.ts_ns // MINUTE_NS * MINUTE_NS


_PART = np.uint64(0x9E3779B97F4A7C15)
_M1, _M2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def row_hash(topic: str, partition: int, offsets: Ints, parts: Ints | None = None) -> NDArray[np.uint64]:
    """A uniform 64-bit hash of each event's identity (splitmix64, seeded by topic and partition).

    `log_id` is left out on purpose: a replay of the same log from files must choose the same rows.
    """
    seed = int.from_bytes(blake2b(f"{topic}/{partition}".encode(), digest_size=8).digest(), "big")
    x = offsets.astype(np.uint64) + np.uint64(seed)
    if parts is not None:
        x = x ^ (parts.astype(np.uint64) * _PART)
    x = (x ^ (x >> np.uint64(30))) * _M1
    x = (x ^ (x >> np.uint64(27))) * _M2
    return x ^ (x >> np.uint64(31))


def name_hash(name: str) -> int:
    """A uniform 64-bit hash of a name, for choosing which of too many are kept."""
    return int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
