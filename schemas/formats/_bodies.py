"""Bodies of requests and responses as the usual language-model interfaces write them.

Chat completions, completions, responses and embeddings in the form of OpenAI, messages of Anthropic, Converse and the
native bodies of Bedrock. Answers that came as a stream are lists of pieces, and are put together. A body of another
kind gives what it happens to share with these, perhaps nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schemas.formats._chat import answered, asked, instructed, joined, texts_of
from schemas.formats._foreign import dig, number

TOKENS_IN = ("prompt_tokens", "input_tokens", "inputTokens", "prompt_token_count")
TOKENS_OUT = ("completion_tokens", "output_tokens", "outputTokens", "generation_token_count")
SYSTEM = ("system", "instructions", "system_instruction", "systemInstruction")  # where no message holds them
ENDS = (("choices", "finish_reason"), ("", "stop_reason"), ("", "stopReason"), ("results", "completionReason"))


def request_text(body: Any) -> str | None:
    """What a request asks newly."""
    if isinstance(body, list):
        return asked(body)
    if not isinstance(body, dict):
        return asked(body)
    for key in ("messages", "input", "prompt", "inputText", "inputs"):
        found = asked(body.get(key))
        if found is not None:
            return found
    return None


def system_text(body: Any) -> str | None:
    """The application's own instructions in a request: messages of that role, or a field of their own."""
    if not isinstance(body, dict):
        return instructed(body)
    apart = [text for key in SYSTEM for text in texts_of(body.get(key))]
    return joined([*apart, *(text for key in ("messages", "input") if (text := instructed(body.get(key))))])


def response_text(body: Any) -> str | None:
    """What a response answers, all choices of it."""
    if isinstance(body, str):
        return joined([body])
    if isinstance(body, list):
        return "".join(_pieces(body)) or answered(body)
    return joined(list(_answers(body))) if isinstance(body, dict) else None


def _answers(body: dict[str, Any]) -> Iterator[str]:
    for choice in _list(body, "choices"):
        if isinstance(choice, dict):
            yield answered([choice.get("message")]) or ""
            yield from texts_of(choice.get("text"))
    output = body.get("output")
    if isinstance(output, dict):
        yield answered([output.get("message")]) or ""
    else:
        yield answered(output) or ""
    if body.get("type") == "message" or "stop_reason" in body:
        yield from texts_of(body.get("content"))
    for key in ("completion", "generation", "outputText", "output_text"):
        yield from texts_of(body.get(key))
    for key in ("results", "outputs"):
        for result in _list(body, key):
            if isinstance(result, dict):
                yield from texts_of(result.get("outputText") or result.get("text"))


def _pieces(chunks: list[Any]) -> Iterator[str]:
    """The text of a streamed answer, piece by piece."""
    for chunk in chunks:
        places = [dig(chunk, ("delta",)), dig(chunk, ("contentBlockDelta", "delta"))]
        places += [dig(choice, ("delta",)) for choice in _list(chunk, "choices")]
        for place in places:
            for key in ("text", "content", "partial_json"):
                if isinstance(dig(place, (key,)), str):
                    yield place[key]
        for key in ("completion", "generation", "outputText"):
            if isinstance(dig(chunk, (key,)), str):
                yield chunk[key]


def tokens(body: Any) -> dict[str, float]:
    """`tokens_in` and `tokens_out` of a response's usage."""
    usage = dig(body, ("usage",))
    found: dict[str, float] = {}
    for column, names in (("tokens_in", TOKENS_IN), ("tokens_out", TOKENS_OUT)):
        for name in names:
            value = number(dig(usage, (name,)))
            if value is None:
                value = number(dig(body, (name,)))
            if value is not None:
                found[column] = value
                break
    return found


def finish(body: Any) -> str | None:
    """Why the answer ended, as the interface calls it."""
    bodies = body if isinstance(body, list) else [body]
    for one in reversed(bodies[-4:]):
        for inside, name in ENDS:
            holder = next(iter(_list(one, inside)), None) if inside else one
            for value in (dig(holder, (name,)), dig(one, ("delta", name)), dig(one, ("messageStop", name))):
                if isinstance(value, str) and value:
                    return value
        if dig(one, ("object",)) == "response" and isinstance(one.get("status"), str):
            return str(one["status"])
    return None


def _list(body: Any, key: str) -> list[Any]:
    value = body.get(key) if isinstance(body, dict) else None
    return value if isinstance(value, list) else []
