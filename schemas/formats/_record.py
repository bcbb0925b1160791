"""The plain log record's fields, and what of it types alone do not refuse.

Every format is read as such records: `json_lines` is nothing else, the others are mapped to it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

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
    artifact_hash: Name | int | None = None
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
    system: str | None = None
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
    """Why a record, or an event of one, is rejected; never leaves the formats."""


def checked(event: Any) -> float:
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
