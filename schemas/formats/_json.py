"""JSON as producers write it: msgspec first, then Python's own parser, which accepts NaN and Infinity.

Where a record is an OTLP export in protobuf, it is what the same export in JSON would be.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any

import msgspec

from schemas.formats import _otlp_wire
from schemas.formats._record import Bad

BINARY = re.compile(rb"[\x00-\x08\x0e-\x1f]")  # bytes that no JSON holds outside or inside a text
IS_BINARY = (
    "binary (Avro, compressed, or protobuf that is no whole OTLP export of spans), and JSON is wanted: of OTLP the "
    "collector's exporter needs encoding otlp_proto or otlp_json, of KServe the sink needs content mode structured"
)


def loaded(value: bytes | str) -> Any:
    """The value; NaN and infinities stay what they are. Raises Bad with the reason."""
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        if isinstance(value, str):  # a text inside a record is no export, whatever its writer made it look like
            return _by_python(value.encode("utf-8", "replace"), e)
        return lenient(value, e)


def unfolded(value: Any) -> Any:
    """What stands as JSON in a text; a text that is none, and what is no text, as it is."""
    if isinstance(value, str):
        try:
            return loaded(value)
        except Bad:
            return value
    return value


def lenient(value: bytes, first: Exception) -> Any:
    """What a whole record is that msgspec does not read. Raises Bad with the first reason where nothing else does."""
    if value[:1] == b"\n":  # field 1 with a length, which every export begins with
        with suppress(_otlp_wire.Broken):
            return _otlp_wire.export(value)
    return _by_python(value, first)


def _by_python(value: bytes, first: Exception) -> Any:
    """What Python's parser makes of it; Bad with the first reason where it refuses too."""
    if BINARY.search(value, 0, 64):
        raise Bad(IS_BINARY) from first
    if b"NaN" not in value and b"Infinity" not in value:
        raise Bad(f"not JSON: {first}") from first
    try:
        found = json.loads(value)
        msgspec.json.encode(found)  # refuses lone surrogates, which Python's parser lets through
    except (ValueError, RecursionError, msgspec.EncodeError) as e:
        raise Bad(f"not JSON: {first}") from e
    return found
