"""Messages of a conversation as texts: what was asked newly, and what was answered.

What was asked newly is what follows the last answer in the list, without the application's own instructions (roles
`system` and `developer`): a log repeats the whole conversation with every turn, and what was judged once should not be
judged again. So what a client invents before an invented answer of the model is not read. Parts that are no text
(pictures, sound, files) are left out; calls of tools are written as `name(arguments)`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

MASKED = frozenset({"", "__REDACTED__"})
ANSWERS = frozenset({"assistant", "ai", "model"})
INSTRUCTIONS = frozenset({"system", "developer"})
CALLS = ("tool_call", "tool_use", "function_call")
WORDS = ("text", "content", "refusal", "output", "result", "response", "json", "toolResult")


def joined(texts: Iterator[str] | list[str]) -> str | None:
    """Texts with an empty line between them; None where there is none."""
    found = [text for text in texts if text not in MASKED]
    return "\n\n".join(found) if found else None


def asked(messages: Any) -> str | None:
    """What the last turn of a conversation asks."""
    if isinstance(messages, str):
        return joined([messages])
    if not isinstance(messages, list):
        return None
    texts: list[str] = []
    for message in reversed(messages):
        role = _role(message)
        if role in ANSWERS:
            if texts:
                break
            continue  # a beginning of the answer that the client gave; the question stands before it
        if role not in INSTRUCTIONS:
            texts += reversed(list(message_texts(message)))
    return joined(texts[::-1])


def instructed(messages: Any) -> str | None:
    """The application's own instructions, all of them."""
    if not isinstance(messages, list):
        return None
    own = [message for message in messages if _role(message) in INSTRUCTIONS]
    return joined([text for message in own for text in message_texts(message)])


def answered(messages: Any) -> str | None:
    """What the messages of an answer say, all choices of them."""
    if isinstance(messages, str):
        return joined([messages])
    if not isinstance(messages, list):
        return None
    return joined([text for message in messages for text in message_texts(message)])


def _role(message: Any) -> str:
    role = (message.get("role") or message.get("type")) if isinstance(message, dict) else None
    return role.lower() if isinstance(role, str) else ""


def message_texts(message: Any) -> Iterator[str]:
    """The texts of one message: its content or parts, and the tools it calls."""
    if not isinstance(message, dict):
        yield from texts_of(message)
        return
    if message.get("type") in CALLS:
        yield from texts_of(message)
        return
    for key in ("content", "parts", "refusal", "output"):
        yield from texts_of(message.get(key))
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, list) else ():
        if isinstance(call, dict):
            yield from _call(call.get("function") if isinstance(call.get("function"), dict) else call)


def texts_of(content: Any) -> Iterator[str]:
    """The texts of a content, which is a text, a part, or a list of parts."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for part in content:
            yield from texts_of(part)
    elif isinstance(content, dict):
        if content.get("type") in CALLS:
            yield from _call(content)
        elif isinstance(content.get("toolUse"), dict):
            yield from _call(content["toolUse"])
        else:
            for key in WORDS:
                value = content.get(key)
                if isinstance(value, dict) and key in ("json", "response", "result"):
                    yield written(value)
                elif value is not None:
                    yield from texts_of(value)


def _call(call: Any) -> Iterator[str]:
    name = call.get("name")
    given = next((call[key] for key in ("arguments", "input", "args") if call.get(key) is not None), "")
    if isinstance(name, str):
        yield f"{name}({given if isinstance(given, str) else written(given)})"


def written(value: Any) -> str:
    """A value as JSON."""
    return msgspec.json.encode(value).decode("utf-8", "replace")
