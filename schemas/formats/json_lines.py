"""The plain log record: one JSON object per record (design §5.1), decoded with msgspec.

`ts` (seconds, or ISO 8601) and `model` are required, the rest is optional. Unknown keys are counted, never an error; a
known key of the wrong type is a Reject that says where. JSON's forbidden `NaN` and `Infinity`, which many producers
write, are read as missing numbers. Does not read arrays of records or several records in one message.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta

from schemas.events import EventBatch, RawRecord, Reject, Source
from schemas.formats import Limits
from schemas.formats._bare import NAMELESS, bare, labels_of
from schemas.formats._columns import failed, first, layouts, numbers, scores
from schemas.formats._known import Known
from schemas.values import MAX_NAME, text

MAX_FEATURES = 512
Name = Annotated[str, Meta(max_length=MAX_NAME)]
Value = float | Name | bool | None
EARLIEST, LATEST = 0.0, 7_258_118_400.0  # 1970-01-01 and 2200-01-01, seconds


class Record(msgspec.Struct, gc=False):
    """One inference as it is logged."""

    ts: float | Name
    model: Annotated[str, Meta(min_length=1, max_length=MAX_NAME)]
    version: Name | int | float | None = None
    principal: Name | int | None = None
    id: Name | int | None = None
    request_id: Name | int | None = None
    session: Name | int | None = None
    features: (
        Annotated[dict[Name, Value], Meta(max_length=MAX_FEATURES)]
        | Annotated[list[Value], Meta(max_length=MAX_FEATURES)]
        | None
    ) = None
    feature_names: Annotated[list[Name], Meta(max_length=MAX_FEATURES)] | None = None
    scores: Annotated[list[float | None], Meta(max_length=MAX_FEATURES)] | None = None
    score: float | None = None
    prediction: Value = None
    latency_ms: float | None = None
    prompt: str | None = None
    response: str | None = None
    tokens_in: float | None = None
    tokens_out: float | None = None
    label: Value = None
    label_source: Name | None = None
    source: Name | None = None
    served_ts: float | Name | None = None
    status: Name | int | None = None
    source_ip: Name | None = None
    segment: Annotated[dict[Name, Value], Meta(max_length=16)] | None = None


class Bad(Exception):
    """Why one record is rejected; never leaves this module."""


_decoder = msgspec.json.Decoder(Record)
_keys = msgspec.json.Decoder(dict[str, msgspec.Raw])
_known = Known(Record)


def decode(records: Sequence[RawRecord], source: Source, limits: Limits) -> EventBatch:
    """Every record becomes a row or a Reject; the order of offsets is kept."""
    values = [raw.value for raw in records]
    quick: list[Any] = [None] * len(values)
    if max(map(len, values), default=0) <= limits.max_record_bytes:
        quick = list(map(_known.read, values))
        seconds = _all_plain(quick)
        if seconds is not None:
            return _columns(records, quick, seconds, [], source, limits)
    return _one_by_one(records, quick, source, limits)


def _all_plain(events: Sequence[Any]) -> list[float] | None:
    """The events' seconds if every one was read quickly and `_check` could only agree; None otherwise."""
    if not events or not all(events):
        return None
    seconds = [event.ts for event in events]
    if set(map(type, seconds)) != {float} or not (min(seconds) >= EARLIEST and max(seconds) < LATEST):
        return None
    return seconds if [event.segment for event in events].count(None) == len(events) else None


def _one_by_one(records: Sequence[RawRecord], quick: Sequence[Any], source: Source, limits: Limits) -> EventBatch:
    kept: list[RawRecord] = []
    events: list[Any] = []
    seconds: list[float] = []
    rejects: list[Reject] = []
    for raw, found in zip(records, quick, strict=True):
        try:
            event = read(raw.value, limits) if found is None else found
            seconds.append(_check(event))
        except Bad as e:
            rejects.append(reject(raw, str(e), limits))
        else:
            kept.append(raw)
            events.append(event)
    return _columns(kept, events, seconds, rejects, source, limits)


def read(value: bytes, limits: Limits) -> Record:
    """One record; raises Bad with the reason."""
    if len(value) > limits.max_record_bytes:
        raise Bad(f"record of {len(value)} bytes is larger than the limit of {limits.max_record_bytes}")
    try:
        event = _decoder.decode(value)
    except msgspec.ValidationError as e:
        raise Bad(f"wrong type: {e}") from e
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        return _read_lenient(value, e)
    if type(event.features) is dict:
        _known.meet(event.model, event.version, event.features)
    return event


def _read_lenient(value: bytes, first: Exception) -> Record:
    """Python's own parser accepts NaN and Infinity; whatever it refuses too is rejected with the first reason."""
    if b"NaN" not in value and b"Infinity" not in value:
        raise Bad(f"not JSON: {first}") from first
    try:
        loaded = json.loads(value)
        msgspec.json.encode(loaded)  # refuses lone surrogates, which Python's parser lets through
        return msgspec.convert(loaded, Record)
    except msgspec.ValidationError as e:
        raise Bad(f"wrong type: {e}") from e
    except (ValueError, RecursionError, msgspec.EncodeError) as e:
        raise Bad(f"not JSON: {first}") from e


def _check(event: Any) -> float:
    """The event's time in seconds, features named; raises Bad for what types alone do not refuse."""
    seconds: float = event.ts
    if type(seconds) is not float or not EARLIEST <= seconds < LATEST:
        seconds = timestamp(seconds)
    features = event.features
    if isinstance(features, list):
        names = event.feature_names or _numbered(len(features))
        if len(names) != len(features) or len(set(names)) != len(names):
            raise Bad(
                f"feature_names has {len(names)} names ({len(set(names))} different) for {len(features)} features"
            )
        event.features = dict(zip(names, features, strict=True))
    if event.segment is not None and len(segment_text(event.segment)) > MAX_NAME:
        raise Bad(f"segment is longer than {MAX_NAME} characters")
    return seconds


def timestamp(value: float | str) -> float:
    """Seconds since 1970, UTC; a time without a zone is taken as UTC. Raises Bad."""
    if isinstance(value, str):
        shown = value[:40]
        try:
            moment = datetime.fromisoformat(value)
            value = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError) as e:
            raise Bad(f"ts {shown!r} is neither seconds nor ISO 8601 between the years 1970 and 2200") from e
    if not EARLIEST <= value < LATEST:  # NaN fails this too
        hint = "; it looks like milliseconds, and seconds are wanted" if 1e11 < value < 1e13 else ""
        raise Bad(f"ts {value:g} is outside the years 1970 to 2200{hint}")
    return value


_names: dict[int, list[str]] = {}


def _numbered(count: int) -> list[str]:
    """Names for features that came as a bare array: f00, f01, …, wide enough to sort as numbers."""
    if count not in _names:
        width = max(2, len(str(count - 1)))
        _names[count] = [f"f{i:0{width}d}" for i in range(count)]
    return _names[count]


def segment_text(segment: dict[str, Value]) -> str:
    """A segment object as one canonical text: "channel=web,region=doha"."""
    return ",".join(f"{key}={text(segment[key])}" for key in sorted(segment))


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


def _nanoseconds(seconds: list[float]) -> Any:
    # Rounded to the microsecond: a float second of this century holds no more.
    return np.rint(np.array(seconds, dtype=np.float64) * 1e6).astype(np.int64) * 1000


def _served(value: float | str) -> float:
    try:
        return timestamp(value)
    except Bad:
        return 0.0


def _columns(
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
        labels, nameless = labels_of(kept, events, _nanoseconds(seconds), alone)
        rejects = sorted([*rejects, *(reject(raw, NAMELESS, limits) for raw in nameless)], key=lambda one: one.offset)
        parts = [kept[i] for i in at], [events[i] for i in at], [seconds[i] for i in at]
        batch = _columns(*parts, rejects, source, limits)
        batch.labels = labels
        return batch
    n = len(events)
    ts_ns = _nanoseconds(seconds)
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
        served_ts_ns=_nanoseconds([0.0 if s is None else _served(s) for s in of["served_ts"]]),
        prompt=list(of["prompt"]),
        response=list(of["response"]),
        layouts=layouts([{} if f is None else f for f in of["features"]]),
        rejects=rejects,
    )


def unknown_keys(value: bytes) -> list[str]:
    """The keys of one record that are not read; for `doctor` and the health page, not the hot path."""
    try:
        return sorted(set(_keys.decode(value)) - set(Record.__struct_fields__))
    except msgspec.MsgspecError:
        return []
