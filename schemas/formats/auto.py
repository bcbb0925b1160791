"""Any of the other formats, each record by what it looks like: its own keys decide, never its neighbours.

So a topic may carry several formats, and a log is read the same however it is cut. Plain records cost hardly more than
under `json_lines`, others one more look at their keys. A record that no format recognises is a Reject that says which
keys it has. How many records were of which format is in `EventBatch.formats`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any

import msgspec

from schemas import formats
from schemas.events import EventBatch, RawRecord, Source
from schemas.formats import Limits
from schemas.formats._foreign import Gathered, whole
from schemas.formats._json import loaded
from schemas.formats._record import Bad, checked

PLAIN = "json_lines"
_keys = msgspec.json.Decoder(dict[str, msgspec.Raw])


@cache
def _modules() -> dict[str, Any]:
    """The other formats: the plain record is asked first, those that take what is left are asked last."""
    modules = {name: import_module(f"schemas.formats.{name}") for name in formats.names() if name != "auto"}
    known = {name: module for name, module in modules.items() if hasattr(module, "recognise")}
    return dict(sorted(known.items(), key=lambda item: (getattr(item[1], "LAST", False), item[0] != PLAIN, item[0])))


def recognised(value: bytes) -> str:
    """The format of one record. Raises Bad that says what it has."""
    keys = _keys_of(value)
    for name, module in _modules().items():
        if module.recognise(keys):
            return name
    shown = ", ".join(sorted(key[:40] for key in keys)[:12])
    raise Bad(f"no known log format; a plain record needs ts and model, and this one has {shown or 'no keys'}")


def _keys_of(value: bytes) -> Mapping[str, msgspec.Raw]:
    """The keys of a record, each with what stands there as JSON. Raises Bad for what is no object."""
    try:
        return _keys.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as e:
        try:
            record = loaded(value)  # with NaN and Infinity, which the formats read as well
            if isinstance(record, dict):
                return {key: msgspec.Raw(msgspec.json.encode(given)) for key, given in record.items()}
        except (Bad, RecursionError):
            pass
        raise Bad(f"no JSON object, so no format can be told: {e}") from e


def decode(records: Sequence[RawRecord], source: Source, limits: Limits) -> EventBatch:
    """Every record as its own format reads it."""
    if records and _is_plain(records[0].value, limits):
        batch: EventBatch = _modules()[PLAIN].decode(records, source, limits)
        if not batch.rejects:
            batch.formats = {PLAIN: len(records)}
            return batch
    gathered, found = Gathered(limits), Counter[str]()
    for raw in records:
        try:
            name = _named(raw, limits)
        except Bad as e:
            gathered.refuse(raw, str(e))
            continue
        found[name] += 1
        module = _modules()[name]
        if name == PLAIN:
            try:
                event = module.read(raw.value, limits)
                gathered.add(raw, event, checked(event))
            except Bad as e:
                gathered.refuse(raw, str(e))
        else:
            gathered.take(raw, module.read, getattr(module, "split", whole))
    batch = gathered.batch(source)
    batch.formats = dict(found)
    return batch


def _named(raw: RawRecord, limits: Limits) -> str:
    if len(raw.value) > limits.max_record_bytes:
        raise Bad(f"record of {len(raw.value)} bytes is larger than the limit of {limits.max_record_bytes}")
    return recognised(raw.value)


def _is_plain(value: bytes, limits: Limits) -> bool:
    try:
        return len(value) <= limits.max_record_bytes and recognised(value) == PLAIN
    except Bad:
        return False
