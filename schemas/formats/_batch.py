"""Plain log records as an `EventBatch`: what every format ends with."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import msgspec
import numpy as np

from schemas.events import EventBatch, RawRecord, Reject, Source
from schemas.formats import Limits
from schemas.formats._bare import NAMELESS, bare, labels_of
from schemas.formats._columns import failed, first, layouts, numbers, scores
from schemas.formats._record import Bad, Record, Value, segment_text, timestamp
from schemas.values import text


def _texts(values: Sequence[Value]) -> list[str]:
    """A column as texts; one of nothing, of texts, or of few different numbers costs next to nothing."""
    kinds = set(map(type, values))
    if kinds <= {type(None)}:
        return [""] * len(values)
    if kinds == {str}:
        return list(values)  # type: ignore[arg-type]
    if kinds == {float}:
        words = {value: text(value) for value in set(values)}
        return [words[value] for value in values]
    return [value if type(value) is str else text(value) for value in values]


def reject(raw: RawRecord, reason: str, limits: Limits) -> Reject:
    """A Reject of one record; its bytes only as far as settings keep them."""
    digest = blake2b(raw.value, digest_size=16).hexdigest()
    kept = raw.value[: limits.keep_raw_bytes] if limits.keep_raw_bytes else None
    return Reject(raw.offset, reason[:500].encode("utf-8", "replace").decode(), len(raw.value), digest, kept)


def nanoseconds(seconds: list[float]) -> Any:
    # Rounded to the microsecond: a float second of this century holds no more.
    return np.rint(np.array(seconds, dtype=np.float64) * 1e6).astype(np.int64) * 1000


def _served(value: float | str) -> float:
    try:
        return timestamp(value)
    except Bad:
        return 0.0


def columns(
    kept: Sequence[RawRecord],
    events: Sequence[Any],
    seconds: list[float],
    rejects: list[Reject],
    source: Source,
    limits: Limits,
) -> EventBatch:
    alone = bare(events)
    if alone:
        at = [i for i in range(len(events)) if i not in alone]
        labels, nameless = labels_of(kept, events, nanoseconds(seconds), alone)
        rejects = sorted([*rejects, *(reject(raw, NAMELESS, limits) for raw in nameless)], key=lambda one: one.offset)
        parts = [kept[i] for i in at], [events[i] for i in at], [seconds[i] for i in at]
        batch = columns(*parts, rejects, source, limits)
        batch.labels = labels
        return batch
    n = len(events)
    ts_ns = nanoseconds(seconds)
    broker = np.array([-1 if r.timestamp_ns is None else r.timestamp_ns for r in kept], dtype=np.int64)
    fields = Record.__struct_fields__
    rows = zip(*map(msgspec.structs.astuple, events), strict=True) if events else [()] * len(fields)
    of: dict[str, Any] = dict(zip(fields, rows, strict=True))
    return EventBatch(
        source=source,
        offset=np.array([r.offset for r in kept], dtype=np.int64),
        ts_ns=ts_ns,
        model=list(of["model"]),
        version=_texts(of["version"]),
        artifact_hash=_texts(of["artifact_hash"]),
        principal=_texts(of["principal"]),
        id=_texts(first(of["id"], of["request_id"])),
        session=_texts(of["session"]),
        segment=[segment_text(s) if s else "" for s in of["segment"]],
        status=_texts(of["status"]),
        source_ip=_texts(of["source_ip"]),
        prediction=_texts(of["prediction"]),
        score=scores(of["score"], of["scores"]),
        scores=list(of["scores"]),
        latency_ms=numbers(of["latency_ms"]),
        tokens_in=numbers(of["tokens_in"]),
        tokens_out=numbers(of["tokens_out"]),
        failed=np.fromiter(map(failed, of["status"]), bool, n),
        future=(broker >= 0) & (ts_ns > broker + limits.future_ns),
        label=_texts(of["label"]),
        label_source=_texts(first([s or None for s in of["label_source"]], of["source"])),
        served_ts_ns=nanoseconds([0.0 if s is None else _served(s) for s in of["served_ts"]]),
        prompt=list(of["prompt"]),
        response=list(of["response"]),
        system=list(of["system"]),
        layouts=layouts([{} if f is None else f for f in of["features"]]),
        rejects=rejects,
    )
