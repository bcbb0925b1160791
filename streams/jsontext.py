"""JSON that the store holds as text, read back without trust: what cannot be read is empty."""

from __future__ import annotations

from typing import Any

import msgspec


def read_object(text: str) -> dict[str, Any]:
    """The object in a text; empty where it holds none.

    >>> read_object('{"a": 1}'), read_object("[1"), read_object("")
    ({'a': 1}, {}, {})
    """
    try:
        found = msgspec.json.decode(text or "{}")
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return {}
    return found if isinstance(found, dict) else {}
