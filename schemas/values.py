"""Scalars of a log as the texts that are stored, counted and compared."""

from __future__ import annotations

MAX_NAME = 256  # characters; longer names are hostile or wrong, and every one would be stored and counted


def text(value: float | str | bool | None) -> str:
    """A scalar as text: whole numbers without a point, booleans in lower case, null as "". Never a hostile length."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)[:MAX_NAME]
