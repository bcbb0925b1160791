"""OpenTelemetry spans of language models (semantic conventions `gen_ai.*`), as the collector writes them to Kafka in
`otlp_proto` or `otlp_json`: one record is one export of many spans, each span of an inference one event.

Three generations of names are read: messages as attributes `gen_ai.input.messages` (1.37 and later), as numbered
attributes `gen_ai.prompt.0.content` (OpenLLMetry), and as events of the span (`gen_ai.user.message`, `gen_ai.choice`).
Content is opt-in for the producer; without it everything but the text monitors works. Spans of tools, agents and
retrieval, and all other spans, are counted and not read: filter them in the collector. Content that is sent as log
records, apart from the spans, is not joined to them; let the producer write it on the span.
Source: https://github.com/open-telemetry/semantic-conventions-genai (all of it still in development).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from schemas.formats._chat import answered, asked, instructed
from schemas.formats._foreign import Notes, Places, decoder, segment_of
from schemas.formats._json import unfolded
from schemas.formats._otlp import Attributes, Span, attributes, of_span, spans
from schemas.formats._record import Bad

INFERENCES = ("chat", "generate_content", "text_completion", "embeddings")
PLACES = Places(
    {
        "model": ("gen_ai.request.model", "gen_ai.response.model"),
        "artifact_hash": ("artifact.hash",),
        "principal": ("user.id", "enduser.id"),
        "session": ("gen_ai.conversation.id", "session.id"),
        "id": ("gen_ai.response.id",),
        "tokens_in": ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
        "tokens_out": ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
        "source_ip": ("client.address",),
        "prediction": ("gen_ai.response.finish_reasons",),
    },
    (
        "error.type",
        "gen_ai.completion.",
        "gen_ai.input.messages",
        "gen_ai.operation.name",
        "gen_ai.output.messages",
        "gen_ai.prompt.",
        "service.name",
    ),
    flat=True,
)
COMPUTED = {
    "ts": "the span's end",
    "latency_ms": "the span's end minus its start",
    "id": "else the span's id",
    "status": "`error.type` or `error` where the span's status is an error, else `ok`",
    "segment": "`operation`, `service.name` as `service`, and `served`: another `gen_ai.response.model` than asked",
    "prediction": "the first of several finish reasons",
    "prompt": "what was asked newly, of `gen_ai.input.messages`, `gen_ai.prompt.*` or the span's events",
    "system": "the application's instructions: `gen_ai.system_instructions`, or messages of that role",
    "response": "`gen_ai.output.messages`, `gen_ai.completion.*` or the span's events",
}
_numbered = re.compile(r"gen_ai\.(?:prompt|completion)\.(\d{1,4})\.(role|content)")


LAST = True  # any export of spans is taken that speaks no other dialect


def recognise(keys: Mapping[str, msgspec.Raw]) -> bool:
    """An export of spans."""
    return "resourceSpans" in keys


def split(record: Any, notes: Notes) -> Iterator[tuple[Attributes, Span]]:
    """The spans of inferences."""
    for found, span in spans(record):
        operation = found.get("gen_ai.operation.name")
        if operation in INFERENCES or (operation is None and "gen_ai.request.model" in found):
            yield found, span
        else:
            notes.other(
                f"spans of {operation}" if isinstance(operation, str) else "spans without gen_ai.operation.name"
            )


def read(piece: tuple[Attributes, Span], notes: Notes) -> dict[str, Any]:
    """One span as a plain record."""
    found, span = piece
    event = PLACES.take(found)
    if "model" not in event:
        raise Bad("a span of an inference has neither gen_ai.request.model nor gen_ai.response.model")
    event = of_span(span, found) | event
    reasons = event.get("prediction")
    event["prediction"] = reasons[0] if isinstance(reasons, list) and reasons else reasons or None
    event["segment"] = segment_of(
        event["model"],
        found.get("gen_ai.response.model"),
        operation=found.get("gen_ai.operation.name"),
        service=found.get("service.name"),
    )
    event["prompt"], event["response"], event["system"] = _texts(found, span)
    PLACES.note_unused(found, notes)
    return event


def _texts(found: Attributes, span: Span) -> tuple[str | None, str | None, str | None]:
    given = unfolded(found.get("gen_ai.input.messages")), unfolded(found.get("gen_ai.output.messages"))
    if given == (None, None):
        given = _from_numbered(found, "prompt"), _from_numbered(found, "completion")
    if given == ([], []):
        given = _from_events(span)
    apart = answered(unfolded(found.get("gen_ai.system_instructions")))
    return asked(given[0]), answered(given[1]), apart or instructed(given[0])


def _from_numbered(found: Attributes, side: str) -> list[Any]:
    messages: dict[int, dict[str, Any]] = {}
    for key, value in found.items():
        match = _numbered.fullmatch(key)
        if match and key.startswith(f"gen_ai.{side}."):
            messages.setdefault(int(match[1]), {})[match[2]] = value
    return [message for _, message in sorted(messages.items())]


def _from_events(span: Span) -> tuple[list[Any], list[Any]]:
    """Messages that came as events of the span."""
    given: tuple[list[Any], list[Any]] = ([], [])
    events = span.get("events")
    for event in events if isinstance(events, list) else ():
        name = event.get("name") if isinstance(event, dict) else None
        if not isinstance(name, str) or not name.startswith("gen_ai."):
            continue
        held = attributes(event.get("attributes"))
        if name == "gen_ai.choice":
            message = unfolded(held.get("message"))
            given[1].append(message if message is not None else held)
        elif name == "gen_ai.content.prompt":
            given[0].append({"role": "user", "content": held.get("gen_ai.prompt")})
        elif name == "gen_ai.content.completion":
            given[1].append({"content": held.get("gen_ai.completion")})
        elif name.endswith(".message"):
            given[0].append({"role": name.split(".")[1], "content": held.get("content")})
    return given


decode = decoder(read, split)
