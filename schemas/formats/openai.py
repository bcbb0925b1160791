"""Requests and responses in the form of OpenAI's interfaces, as gateways log them: chat completions, completions,
responses, embeddings.

One record is one call: a log line that holds both bodies (`request` and `response`, or `request_body` and
`response_body`; objects, or JSON in a text) beside a time, or a bare response, or a bare request. A bare request has no
time of its own, so the broker's is taken, and no answer; where a gateway logs request and response as two records they
stay two events, so let it log one. Headers, where logged, are not read.
Source: https://platform.openai.com/docs/api-reference
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from schemas.formats._bodies import finish, request_text, response_text, system_text, tokens
from schemas.formats._foreign import Notes, Places, decoder, dig, number, segment_of
from schemas.formats._json import loaded
from schemas.formats._record import Bad

REQUESTS, RESPONSES = ("request", "request_body"), ("response", "response_body")
OBJECTS = ("chat.completion", "chat.completion.chunk", "text_completion", "response")
PLACES = Places(
    {
        "ts": ("ts", "timestamp", "time", "end_time", "created_at", "response.created", "response.created_at"),
        "model": ("request.model", "model", "response.model"),
        "principal": ("user", "user_id", "request.user", "request.safety_identifier", "request.metadata.user_id"),
        "session": ("session_id", "conversation_id", "request.conversation", "request.previous_response_id"),
        "id": ("request_id", "id", "response.id"),
        "latency_ms": ("latency_ms", "duration_ms"),
        "status": ("status_code", "status", "response.error.code", "response.error.type"),
        "source_ip": ("source_ip", "client_ip"),
    },
    (
        "request.input", "request.instructions", "request.messages", "request.prompt", "request.system", "request_body",
        "response.choices", "response.object", "response.output", "response.status", "response.usage", "response_body",
    ),
)  # fmt: skip
COMPUTED = {
    "ts": "else the broker's time",
    "prompt": "what was asked newly, of the request's `messages`, `input` or `prompt`",
    "system": "the application's instructions: messages of role system or developer, `instructions`, `system`",
    "response": "`choices` or `output` of the response, all of them",
    "prediction": "the response's finish reason",
    "tokens_in": "the response's `usage`",
    "tokens_out": "the response's `usage`",
    "segment": "`operation` and `served`, from the response's `object` and another `model` than the one asked",
}


def recognise(keys: Mapping[str, msgspec.Raw]) -> bool:
    """Both bodies in one record, or a body whose `object` or shape says what it is."""
    if "ts" in keys and "model" in keys:
        return bytes(keys.get("response", b"")).startswith(b"{")
    if any(key in keys for key in REQUESTS) and any(key in keys for key in RESPONSES):
        return "call_type" not in keys
    named = bytes(keys.get("object", b"")).strip(b'"').decode("utf-8", "replace")
    asks = "model" in keys and ("messages" in keys or "input" in keys) and "call_type" not in keys
    return named in OBJECTS or asks or (named == "list" and {"data", "model", "usage"} <= set(keys))


def read(record: dict[str, Any], notes: Notes) -> dict[str, Any]:
    """One call as a plain record."""
    request, response = (_body(record, names) for names in (REQUESTS, RESPONSES))
    about = {key: value for key, value in record.items() if key not in (*REQUESTS, *RESPONSES)}
    if request is None and response is None:
        bare = "response" if "object" in record or "choices" in record or "usage" in record else "request"
        given: dict[str, Any] = {bare: record}
    else:
        given = about | {"request": request or {}, "response": response or {}}
    event = PLACES.take(given)
    if "model" not in event:
        raise Bad("neither the request nor the response has a `model`")
    answer = given.get("response")
    event.setdefault("ts", notes.stamp)
    if event["ts"] is None:
        event["ts"] = notes.time()
    event["latency_ms"] = number(event.get("latency_ms"))
    event["segment"] = segment_of(event["model"], dig(answer, ("model",)), operation=dig(answer, ("object",)))
    event["prompt"], event["response"] = request_text(given.get("request")), response_text(answer)
    event["system"] = system_text(given.get("request"))
    event["prediction"] = finish(answer)
    PLACES.note_unused(given, notes)
    return event | tokens(answer)


def _body(record: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any] | None:
    """A body as an object. Raises Bad for a text that is no JSON object."""
    for name in names:
        value = record.get(name)
        if isinstance(value, str):
            value = loaded(value)
        if isinstance(value, dict):
            inner = value.get("body")
            return inner if isinstance(inner, dict) else value
        if value is not None:
            raise Bad(f"{name} is neither an object nor JSON of one")
    return None


decode = decoder(read)
