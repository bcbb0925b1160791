"""Times as receivers read them."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(ns: int) -> str:
    """RFC 3339, UTC, to the millisecond.

    >>> moment(1_750_000_000_123_000_000)
    '2025-06-15T15:06:40.123Z'
    """
    return datetime.fromtimestamp(ns // 1_000_000 / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
