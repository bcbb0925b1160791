"""MLflow traces: an OTLP JSON export of MLflow's spans, or one trace as `mlflow.entities.Trace.to_json` writes it.

Each span of type LLM, CHAT_MODEL or EMBEDDING is an event; the others (chains, agents, tools, retrievers) are counted
and not read. MLflow writes every attribute as JSON in a text; inputs and outputs are the bodies that went to and came
from the model. User and session stand in the metadata of a whole trace, so an OTLP export has them only where the
producer writes them on the span. Assessments (feedback) are no labels here.
Source: https://mlflow.org/docs/latest/genai/concepts/trace/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from schemas.formats._bodies import finish, request_text, response_text, system_text, tokens
from schemas.formats._foreign import Notes, Places, decoder, dig, segment_of
from schemas.formats._json import unfolded
from schemas.formats._otlp import Attributes, Span, attributes, exports, of_span, spans
from schemas.formats._record import Bad

TYPE = "mlflow.spanType"
TYPES = ("LLM", "CHAT_MODEL", "EMBEDDING")
PLACES = Places(
    {
        "model": ("mlflow.llm.model",),
        "artifact_hash": ("artifact.hash",),
        "principal": ("mlflow.trace.user", "mlflow.user"),
        "session": ("mlflow.trace.session",),
    },
    (
        TYPE,
        "error.type",
        "mlflow.chat.tokenUsage",
        "mlflow.spanInputs",
        "mlflow.spanOutputs",
        "service.name",
    ),
    flat=True,
)
COMPUTED = {
    "ts": "the span's end",
    "latency_ms": "the span's end minus its start",
    "id": "the span's id",
    "status": "`error.type` or `error` where the span's status is an error, else `ok`",
    "model": "else `model` of the inputs or of the outputs",
    "segment": "`type`, `provider`, `service`, and `served`: another `model` of the outputs than the one asked",
    "prompt": "what was asked newly, of `mlflow.spanInputs`",
    "system": "the application's instructions, of `mlflow.spanInputs`",
    "response": "`mlflow.spanOutputs`",
    "prediction": "why the answer ended, of `mlflow.spanOutputs`",
    "tokens_in": "`input_tokens` of `mlflow.chat.tokenUsage`, else the outputs' usage",
    "tokens_out": "`output_tokens` of `mlflow.chat.tokenUsage`, else the outputs' usage",
}


def recognise(keys: Mapping[str, msgspec.Raw]) -> bool:
    """A trace of MLflow's own, or an export with a span that names its MLflow type."""
    return {"info", "data"} <= set(keys) or exports(keys, TYPE)


def split(record: Any, notes: Notes) -> Iterator[tuple[Attributes, Span]]:
    """The spans of models, with their attributes as what they stand for."""
    for given, span in _spans(record):
        found = {key: unfolded(value) for key, value in given.items()}
        kind = found.get(TYPE)
        if kind in TYPES:
            yield found, span
        else:
            notes.other(f"spans of type {kind}" if isinstance(kind, str) else f"spans without {TYPE}")


def _spans(record: Any) -> Iterator[tuple[Attributes, Span]]:
    """Spans of either form; a trace's metadata stand among their attributes."""
    held = dig(record, ("data", "spans"))
    if not isinstance(held, list):
        yield from spans(record)
        return
    metadata = dig(record, ("info", "trace_metadata")) or dig(record, ("info", "request_metadata")) or {}
    about = {k: v for k, v in attributes(metadata).items() if k in ("mlflow.trace.user", "mlflow.trace.session")}
    for span in held:
        if not isinstance(span, dict):
            raise Bad("a span must be an object")
        named = {
            "startTimeUnixNano": span.get("start_time_unix_nano", span.get("start_time")),
            "endTimeUnixNano": span.get("end_time_unix_nano", span.get("end_time")),
            "spanId": span.get("span_id"),
            "status": span.get("status") if isinstance(span.get("status"), dict) else {"code": span.get("status_code")},
        }
        yield about | attributes(span.get("attributes")), named


def read(piece: tuple[Attributes, Span], notes: Notes) -> dict[str, Any]:
    """One span as a plain record."""
    found, span = piece
    inputs, outputs, usage = (found.get(f"mlflow.{name}") for name in ("spanInputs", "spanOutputs", "chat.tokenUsage"))
    event = tokens(outputs) | tokens(usage) | PLACES.take(found) | of_span(span, found)
    served = dig(outputs, ("model",))
    event.setdefault("model", dig(inputs, ("model",)) or served)
    if event["model"] is None:
        raise Bad("a span of a model has neither mlflow.llm.model nor `model` in its inputs or outputs")
    event["segment"] = segment_of(
        event["model"],
        served,
        type=found[TYPE],
        provider=found.get("mlflow.llm.provider"),
        service=found.get("service.name"),
    )
    event["prompt"], event["response"] = request_text(inputs), response_text(outputs)
    event["system"] = system_text(inputs)
    event["prediction"] = finish(outputs)
    PLACES.note_unused(found, notes)
    return event


decode = decoder(read, split)
