"""The plain log record: one JSON object per record (design §5.1), decoded with msgspec.

`ts` (seconds, or ISO 8601) and `model` are required, the rest is optional. Unknown keys are counted, never an error; a
known key of the wrong type is a Reject that says where. JSON's forbidden `NaN` and `Infinity`, which many producers
write, are read as missing numbers. Does not read arrays of records or several records in one message.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta

from schemas.events import EventBatch, RawRecord, Reject, Source
from schemas.formats import Limits
from schemas.formats._columns import finite, layouts

MAX_NAME = 256  # characters; longer names are hostile or wrong, and every one would be stored and counted
MAX_FEATURES = 512
Name = Annotated[str, Meta(max_length=MAX_NAME)]
Value = float | Name | bool | None
EARLIEST, LATEST = 0.0, 7_258_118_400.0  # 1970-01-01 and 2200-01-01, seconds
FAILED_WORDS = frozenset({"error", "failed", "failure", "timeout", "rejected", "unavailable", "exception"})


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
_known = frozenset(Record.__struct_fields__)


def decode(records: Sequence[RawRecord], source: Source, limits: Limits) -> EventBatch:
    """Every record becomes a row or a Reject; the order of offsets is kept."""
    kept: list[RawRecord] = []
    events: list[Record] = []
    seconds: list[float] = []
    rejects: list[Reject] = []
    for raw in records:
        try:
            event = read(raw.value, limits)
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
        return _decoder.decode(value)
    except msgspec.ValidationError as e:
        raise Bad(f"wrong type: {e}") from e
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        return _read_lenient(value, e)


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


def _check(event: Record) -> float:
    """The event's time in seconds, features named; raises Bad for what types alone do not refuse."""
    seconds = timestamp(event.ts)
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


def text(value: Value) -> str:
    """A scalar as text: whole numbers without a point, booleans in lower case, null as "". Never a hostile length."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)[:MAX_NAME]


def _texts(values: Iterable[Value]) -> list[str]:
    return [value if type(value) is str else text(value) for value in values]


def failed(status: str | int | None) -> bool:
    """Whether a status says that the model did not answer properly."""
    if status is None:
        return False
    if isinstance(status, int):
        return status >= 400
    # Only these ten digits: other scripts have digits that `int` refuses.
    if len(status) == 3 and status.isascii() and status.isdigit():
        return int(status) >= 400
    return status.lower() in FAILED_WORDS


def reject(raw: RawRecord, reason: str, limits: Limits) -> Reject:
    """A Reject of one record; its bytes only as far as settings keep them."""
    digest = blake2b(raw.value, digest_size=16).hexdigest()
    kept = raw.value[: limits.keep_raw_bytes] if limits.keep_raw_bytes else None
    return Reject(raw.offset, reason[:500].encode("utf-8", "replace").decode(), len(raw.value), digest, kept)


def _score(event: Record) -> float:
    """The positive class of two, the top class of several, or `score` as given."""
    if event.score is not None:
        return event.score
    values = [value for value in event.scores or () if value is not None]
    if not values:
        return np.nan
    return values[1] if len(values) == 2 else max(values)


def _numbers(values: list[float | None]) -> Any:
    return finite(np.array([np.nan if v is None else v for v in values], dtype=np.float64))


def _nanoseconds(seconds: list[float]) -> Any:
    # Rounded to the microsecond: a float second of this century holds no more.
    return np.rint(np.array(seconds, dtype=np.float64) * 1e6).astype(np.int64) * 1000


def _served(value: float | str) -> float:
    try:
        return timestamp(value)
    except Bad:
        return 0.0


def _columns(
    kept: list[RawRecord],
    events: list[Record],
    seconds: list[float],
    rejects: list[Reject],
    source: Source,
    limits: Limits,
) -> EventBatch:
    ts_ns = _nanoseconds(seconds)
    broker = np.array([-1 if r.timestamp_ns is None else r.timestamp_ns for r in kept], dtype=np.int64)
    return EventBatch(
        source=source,
        offset=np.array([r.offset for r in kept], dtype=np.int64),
        ts_ns=ts_ns,
        model=[e.model for e in events],
        version=_texts(e.version for e in events),
        principal=_texts(e.principal for e in events),
        id=_texts(e.request_id if e.id is None else e.id for e in events),
        session=_texts(e.session for e in events),
        segment=[segment_text(e.segment) if e.segment else "" for e in events],
        status=_texts(e.status for e in events),
        source_ip=[e.source_ip or "" for e in events],
        prediction=_texts(e.prediction for e in events),
        score=_numbers([_score(e) for e in events]),
        scores=[e.scores for e in events],  # type: ignore[misc]
        latency_ms=_numbers([e.latency_ms for e in events]),
        tokens_in=_numbers([e.tokens_in for e in events]),
        tokens_out=_numbers([e.tokens_out for e in events]),
        failed=np.array([failed(e.status) for e in events], dtype=bool),
        future=(broker >= 0) & (ts_ns > broker + limits.future_ns),
        label=_texts(e.label for e in events),
        label_source=[e.label_source or e.source or "" for e in events],
        served_ts_ns=_nanoseconds([0.0 if e.served_ts is None else _served(e.served_ts) for e in events]),
        prompt=[e.prompt for e in events],
        response=[e.response for e in events],
        layouts=layouts([e.features or {} for e in events]),  # type: ignore[misc]
        rejects=rejects,
    )


def unknown_keys(value: bytes) -> list[str]:
    """The keys of one record that are not read; for `doctor` and the health page, not the hot path."""
    try:
        return sorted(set(_keys.decode(value)) - _known)
    except msgspec.MsgspecError:
        return []
