"""OTLP exports of spans in protobuf, as the dictionaries that OTLP JSON gives (attributes as plain dictionaries).

The wire format is read by hand: seven small messages, of which only the fields that a format reads; all others are
skipped by their wire type. Every byte is looked at once, nothing is looked up, and values lie at most `DEEPEST` in each
other, so a hostile record costs no more than an honest one of its size. Bytes as a value of an attribute are read as
missing. No log records or metrics.
Source: https://github.com/open-telemetry/opentelemetry-proto (trace/v1, common/v1) and
https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import unpack_from
from typing import Any

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
LONGEST_VARINT = 10
DEEPEST = 100  # arrays and lists of pairs in each other; protobuf's own readers refuse half as many
Part = tuple[int, int, Any]  # number of the field, wire type, value: an integer, or (start, end) of what has a length


class Broken(ValueError):
    """It is no protobuf, or other messages than these."""


def export(data: bytes) -> dict[str, Any]:
    """An ExportTraceServiceRequest. Raises Broken."""
    found = []
    for number, wire, value in _parts(data, 0, len(data)):
        if number != 1:
            raise Broken(f"an export has no field {number}")
        found.append(_resource_spans(data, *_within(wire, value)))
    return {"resourceSpans": found}


def _resource_spans(data: bytes, at: int, end: int) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    scopes = []
    for number, wire, value in _parts(data, at, end):
        if number == 1:
            attributes = _attributes(data, 1, *_within(wire, value))
        elif number == 2:
            inside = _parts(data, *_within(wire, value))
            scopes.append({"spans": [_span(data, *_within(w, v)) for n, w, v in inside if n == 2]})
    return {"resource": {"attributes": attributes}, "scopeSpans": scopes}


def _span(data: bytes, at: int, end: int) -> dict[str, Any]:
    span: dict[str, Any] = {"attributes": {}, "events": []}
    for number, wire, value in _parts(data, at, end):
        if number in (1, 2, 4):
            first, last = _within(wire, value)
            span[{1: "traceId", 2: "spanId", 4: "parentSpanId"}[number]] = data[first:last].hex()
        elif number == 5:
            span["name"] = _text(data, *_within(wire, value))
        elif number in (7, 8):
            span["startTimeUnixNano" if number == 7 else "endTimeUnixNano"] = _time(wire, value)
        elif number == 9:
            _add(data, span["attributes"], *_within(wire, value))
        elif number == 11:
            span["events"].append(_event(data, *_within(wire, value)))
        elif number == 15:
            codes = [v for n, w, v in _parts(data, *_within(wire, value)) if n == 3 and w == VARINT]
            span["status"] = {"code": codes[-1] if codes else 0}
    return span


def _event(data: bytes, at: int, end: int) -> dict[str, Any]:
    event: dict[str, Any] = {"attributes": {}}
    for number, wire, value in _parts(data, at, end):
        if number == 1:
            event["timeUnixNano"] = _time(wire, value)
        elif number == 2:
            event["name"] = _text(data, *_within(wire, value))
        elif number == 3:
            _add(data, event["attributes"], *_within(wire, value))
    return event


def _attributes(data: bytes, number: int, at: int, end: int, deep: int = 0) -> dict[str, Any]:
    """All key-value pairs of a message that stand in this field."""
    found: dict[str, Any] = {}
    for n, wire, value in _parts(data, at, end):
        if n == number:
            _add(data, found, *_within(wire, value), deep)
    return found


def _add(data: bytes, to: dict[str, Any], at: int, end: int, deep: int = 0) -> None:
    """One key-value pair."""
    key, value = "", None
    for number, wire, given in _parts(data, at, end):
        if number == 1:
            key = _text(data, *_within(wire, given))
        elif number == 2:
            value = _value(data, *_within(wire, given), deep)
    to[key] = value


def _value(data: bytes, at: int, end: int, deep: int) -> Any:
    """An AnyValue as a plain value; it lies in so many others."""
    if deep > DEEPEST:
        raise Broken(f"values more than {DEEPEST} deep in each other")
    found: Any = None
    for number, wire, value in _parts(data, at, end):
        if number == 1:
            found = _text(data, *_within(wire, value))
        elif number in (2, 3) and wire == VARINT:
            found = bool(value) if number == 2 else value - (1 << 64) * (value >> 63)
        elif number == 4 and wire == FIXED64:
            found = unpack_from("<d", value.to_bytes(8, "little"))[0]
        elif number == 5:
            inside = _parts(data, *_within(wire, value))
            found = [_value(data, *_within(w, v), deep + 1) for n, w, v in inside if n == 1]
        elif number == 6:
            found = _attributes(data, 1, *_within(wire, value), deep + 1)
    return found


def _parts(data: bytes, at: int, end: int) -> Iterator[Part]:
    """The fields of a message, in order. Raises Broken where it is cut off or has a wire type that is no more used."""
    while at < end:
        tag, at = _varint(data, at, end)
        number, wire = tag >> 3, tag & 7
        value: Any
        if wire == VARINT:
            value, at = _varint(data, at, end)
        elif wire == LENGTH:
            size, at = _varint(data, at, end)
            value, at = (at, at + size), at + size
        elif wire in (FIXED64, FIXED32):
            size = 8 if wire == FIXED64 else 4
            value, at = int.from_bytes(data[at : at + size], "little"), at + size
        else:
            raise Broken(f"wire type {wire}")
        if at > end or not number:
            raise Broken("cut off" if number else "a field without a number")
        yield number, wire, value


def _varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """A number, and where what follows begins."""
    if at < end and data[at] < 128:  # nearly always
        return data[at], at + 1
    value = 0
    for place in range(at, min(end, at + LONGEST_VARINT)):
        byte = data[place]
        value |= (byte & 127) << 7 * (place - at)
        if byte < 128:
            return value & 0xFFFFFFFFFFFFFFFF, place + 1
    raise Broken("a number that does not end")


def _within(wire: int, value: Any) -> tuple[int, int]:
    """Where a field with a length lies."""
    if wire != LENGTH:
        raise Broken(f"wire type {wire} where a message, a text or bytes are wanted")
    start, end = value
    return start, end


def _time(wire: int, value: Any) -> int:
    if wire != FIXED64:
        raise Broken(f"wire type {wire} where a time is wanted")
    return int(value)


def _text(data: bytes, at: int, end: int) -> str:
    return data[at:end].decode("utf-8", "replace")
