"""OpenInference spans (Arize Phoenix and others) in an OTLP JSON export: each of kind LLM or EMBEDDING is an event.

Attributes are flat: `llm.input_messages.0.message.content`. Spans of other kinds (chains, retrievers, tools, agents,
evaluators) are counted and not read. What the producer masked (`__REDACTED__`) is absent, not text.
Source: https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from schemas.formats._chat import answered, asked, instructed
from schemas.formats._foreign import Notes, Places, decoder, segment_of
from schemas.formats._otlp import Attributes, Span, exports, of_span, spans
from schemas.formats._record import Bad

KIND = "openinference.span.kind"
KINDS = ("LLM", "EMBEDDING")
PLACES = Places(
    {
        "model": ("llm.request.model_name", "llm.model_name", "embedding.model_name", "llm.response.model_name"),
        "artifact_hash": ("artifact.hash",),
        "principal": ("user.id",),
        "session": ("session.id",),
        "tokens_in": ("llm.token_count.prompt",),
        "tokens_out": ("llm.token_count.completion",),
        "prediction": ("llm.finish_reason",),
    },
    (
        KIND,
        "embedding.embeddings.",
        "error.type",
        "input.value",
        "llm.input_messages.",
        "llm.output_messages.",
        "output.value",
        "service.name",
    ),
    flat=True,
)
COMPUTED = {
    "ts": "the span's end",
    "latency_ms": "the span's end minus its start",
    "id": "the span's id",
    "status": "`error.type` or `error` where the span's status is an error, else `ok`",
    "segment": "`kind`, `service.name` as `service`, and `served`: another `llm.response.model_name` than asked",
    "prompt": "what was asked newly, of `llm.input_messages.*`, the texts embedded, else `input.value`",
    "system": "the application's instructions, of `llm.input_messages.*`",
    "response": "`llm.output_messages.*`, else `output.value` of an LLM",
}
_numbered = re.compile(r"llm\.(?:input|output)_messages\.(\d{1,4})\.message\.(.+)")


def recognise(keys: Mapping[str, msgspec.Raw]) -> bool:
    """An export with a span that names its OpenInference kind."""
    return exports(keys, KIND)


def split(record: Any, notes: Notes) -> Iterator[tuple[Attributes, Span]]:
    """The spans of models."""
    for found, span in spans(record):
        kind = found.get(KIND)
        if kind in KINDS:
            yield found, span
        else:
            notes.other(f"spans of kind {kind}" if isinstance(kind, str) else f"spans without {KIND}")


def read(piece: tuple[Attributes, Span], notes: Notes) -> dict[str, Any]:
    """One span as a plain record."""
    found, span = piece
    event = PLACES.take(found)
    if "model" not in event:
        raise Bad("a span of kind LLM or EMBEDDING has no llm.model_name or embedding.model_name")
    event |= of_span(span, found)
    event["segment"] = segment_of(
        event["model"], found.get("llm.response.model_name"), kind=found[KIND], service=found.get("service.name")
    )
    whole = found.get("input.value") if isinstance(found.get("input.value"), str) else None
    texts = [v for k, v in found.items() if k.startswith("embedding.embeddings.") and k.endswith(".embedding.text")]
    event["prompt"] = asked(_messages(found, "input")) or asked(texts) or asked(whole)
    event["system"] = instructed(_messages(found, "input"))
    event["response"] = answered(_messages(found, "output"))
    if event["response"] is None and found[KIND] == "LLM":
        event["response"] = answered(found.get("output.value"))
    PLACES.note_unused(found, notes)
    return event


def _messages(found: Attributes, side: str) -> list[dict[str, Any]]:
    """Numbered attributes as messages: role, content or contents, and calls of tools."""
    messages: dict[int, dict[str, Any]] = {}
    for key, value in found.items():
        match = _numbered.fullmatch(key) if key.startswith(f"llm.{side}_messages.") else None
        if match is None or not isinstance(value, str):
            continue
        message, rest = messages.setdefault(int(match[1]), {"parts": []}), match[2]
        if rest in ("role", "content"):
            message[rest] = value
        elif rest.endswith("message_content.text"):
            message["parts"].append(value)
        elif rest.endswith("tool_call.function.name"):
            message.setdefault("tool_calls", []).append({"name": value})
        elif rest.endswith("tool_call.function.arguments") and message.get("tool_calls"):
            message["tool_calls"][-1]["arguments"] = value
    return [message for _, message in sorted(messages.items())]


decode = decoder(read, split)
