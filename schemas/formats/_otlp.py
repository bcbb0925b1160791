"""Spans of an OTLP export, JSON or protobuf (`_otlp_wire`), each with its attributes as one flat dictionary.

One record is a whole export: resources, scopes, spans. Attribute values become plain ones (64-bit integers come as
texts), `service.name` of the resource stands among the attributes. Log records and metrics are not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from schemas.formats._columns import failed
from schemas.formats._foreign import dig
from schemas.formats._record import Bad

Span = dict[str, Any]
Attributes = dict[str, Any]


def spans(record: Any) -> Iterator[tuple[Attributes, Span]]:
    """Every span of an export. Raises Bad for what is no export of spans."""
    if not isinstance(record, dict) or not isinstance(record.get("resourceSpans"), list):
        raise Bad(
            "no OTLP export of spans: `resourceSpans` is missing; the collector's exporter needs encoding "
            "otlp_proto or otlp_json"
        )
    for resource in record["resourceSpans"]:
        service = attributes(dig(resource, ("resource", "attributes"))).get("service.name")
        for scope in _list(resource, "scopeSpans") or _list(resource, "instrumentationLibrarySpans"):
            for span in _list(scope, "spans"):
                if not isinstance(span, dict):
                    raise Bad("a span must be an object")
                found = attributes(span.get("attributes"))
                if service is not None:
                    found.setdefault("service.name", service)
                yield found, span


def exports(keys: Mapping[str, msgspec.Raw], attribute: str) -> bool:
    """Whether a record with these keys is an export with a span that has this attribute."""
    if "resourceSpans" not in keys:
        return False
    try:
        export = {"resourceSpans": msgspec.json.decode(keys["resourceSpans"])}
        return any(attribute in found for found, _ in spans(export))
    except (Bad, msgspec.MsgspecError, RecursionError):
        return False


def attributes(given: Any) -> Attributes:
    """A list of {key, value} as a dictionary; where it is a dictionary already, that."""
    if isinstance(given, dict):
        return given
    found = {}
    for one in given if isinstance(given, list) else ():
        if isinstance(one, dict) and isinstance(one.get("key"), str):
            found[one["key"]] = value_of(one.get("value"))
    return found


def value_of(value: Any) -> Any:
    """An AnyValue as a plain value."""
    if not isinstance(value, dict):
        return value
    text = value.get("stringValue")  # nearly always
    if text is not None:
        return text
    if isinstance(value.get("arrayValue"), dict):
        return [value_of(one) for one in _list(value["arrayValue"], "values")]
    if isinstance(value.get("kvlistValue"), dict):
        return attributes(_list(value["kvlistValue"], "values"))
    if "intValue" in value:
        return whole_number(value["intValue"])
    return next((value[kind] for kind in ("doubleValue", "boolValue") if kind in value), None)


def whole_number(value: Any) -> int | None:
    """A 64-bit integer, which OTLP writes as a text; None for anything else."""
    try:
        found = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if abs(found) < 1 << 63 else None


def of_span(span: Span, found: Attributes) -> dict[str, Any]:
    """What every span says: when it ended, how long it took, its id, whether it failed. Raises Bad without an end."""
    start, end = whole_number(span.get("startTimeUnixNano")), whole_number(span.get("endTimeUnixNano"))
    if not end:
        raise Bad("a span has no endTimeUnixNano")
    code = dig(span, ("status", "code"))
    status = "ok"
    if code in (2, "STATUS_CODE_ERROR", "ERROR") or found.get("error.type"):
        kind = found.get("error.type")
        status = kind if isinstance(kind, str) and failed(kind) else "error"
    took = (end - start) / 1e6 if start and end >= start else None
    return {"ts": end / 1e9, "latency_ms": took, "id": span.get("spanId"), "status": status}


def _list(holder: Any, key: str) -> list[Any]:
    value = holder.get(key) if isinstance(holder, dict) else None
    return value if isinstance(value, list) else []
