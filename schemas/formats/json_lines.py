"""The plain log record: one JSON object per record (design §5.1), decoded with msgspec.

`ts` (seconds, or ISO 8601) and `model` are required, the rest is optional. Unknown keys are counted, never an error; a
known key of the wrong type is a Reject that says where. JSON's forbidden `NaN` and `Infinity`, which many producers
write, are read as missing numbers. Does not read arrays of records or several records in one message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from schemas.events import EventBatch, RawRecord, Reject, Source
from schemas.formats import Limits
from schemas.formats._batch import columns, reject
from schemas.formats._join import joined
from schemas.formats._json import lenient
from schemas.formats._known import Known
from schemas.formats._record import EARLIEST, LATEST, Bad, Record, checked

_decoder = msgspec.json.Decoder(Record)
_keys = msgspec.json.Decoder(dict[str, msgspec.Raw])
_known = Known(Record)
PIECE = 2048  # records decoded at once: their objects fit the processor's cache, which saves a third of the time


def decode(records: Sequence[RawRecord], source: Source, limits: Limits) -> EventBatch:
    """Every record becomes a row or a Reject; the order of offsets is kept."""
    starts = range(0, len(records) or 1, PIECE)
    return joined([_piece(records[at : at + PIECE], source, limits) for at in starts])


def _piece(records: Sequence[RawRecord], source: Source, limits: Limits) -> EventBatch:
    values = [raw.value for raw in records]
    quick: list[Any] = [None] * len(values)
    if max(map(len, values), default=0) <= limits.max_record_bytes:
        quick = _known.read_all(values)
        seconds = _all_plain(quick)
        if seconds is not None:
            return columns(records, quick, seconds, [], source, limits)
    return _one_by_one(records, quick, source, limits)


def _all_plain(events: Sequence[Any]) -> list[float] | None:
    """The events' seconds if every one was read quickly and `checked` could only agree; None otherwise."""
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
            seconds.append(checked(event))
        except Bad as e:
            rejects.append(reject(raw, str(e), limits))
        else:
            kept.append(raw)
            events.append(event)
    return columns(kept, events, seconds, rejects, source, limits)


def read(value: bytes, limits: Limits) -> Record:
    """One record; raises Bad with the reason."""
    if len(value) > limits.max_record_bytes:
        raise Bad(f"record of {len(value)} bytes is larger than the limit of {limits.max_record_bytes}")
    try:
        event = _decoder.decode(value)
    except msgspec.ValidationError as e:
        raise Bad(f"wrong type: {e}") from e
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        try:
            return msgspec.convert(lenient(value, e), Record)
        except msgspec.ValidationError as wrong:
            raise Bad(f"wrong type: {wrong}") from wrong
    if type(event.features) is dict:
        _known.meet(event.model, event.version, event.features)
    return event


def recognise(keys: Mapping[str, msgspec.Raw]) -> bool:
    """The two fields every plain record has; an answer that is an object is another format's."""
    return "ts" in keys and "model" in keys and not bytes(keys.get("response", b"")).startswith(b"{")


def unknown_keys(value: bytes) -> list[str]:
    """The keys of one record that are not read; for `doctor` and the health page, not the hot path."""
    try:
        return sorted(set(_keys.decode(value)) - set(Record.__struct_fields__))
    except msgspec.MsgspecError:
        return []
