"""One stored event as names and values, and the words of its flags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dashboards.console.words import given, number
from dashboards.reader import Rows

FLAGS = ("ahead of the clock", "late", "category never seen", "number out of range", "missing input", "unusual")


def features(row: Mapping[str, Any], names: Rows) -> Iterator[tuple[str, str, float | str | None]]:
    """(feature, text, value); a missing one has the value None."""
    for known in names:
        if known["id"] == row["feature_set"]:
            for name, value in zip(known["num_names"], row["num"], strict=False):
                yield name, number(value) if given(value) else "missing", value if given(value) else None
            for name, text in zip(known["cat_names"], row["cat"], strict=False):
                yield name, text or "missing", text or None


def flags(bits: int) -> str:
    """What was odd about an event."""
    return ", ".join(word for i, word in enumerate(FLAGS) if bits & 1 << i) or "nothing odd"
