"""Batches of one source that follow each other, as one batch: what decoding all their records at once would give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields, replace
from itertools import accumulate, chain
from typing import Any

import numpy as np

from schemas.events import EventBatch
from schemas.formats._columns import merged


def joined(parts: Sequence[EventBatch]) -> EventBatch:
    """At least one batch, each of records that are one event each."""
    if len(parts) == 1:
        return parts[0]
    of = {field.name: _column([getattr(part, field.name) for part in parts]) for field in fields(EventBatch)}
    starts = accumulate(map(len, parts), initial=0)
    of["layouts"] = merged(
        replace(layout, rows=layout.rows + start)
        for part, start in zip(parts, starts, strict=False)
        for layout in part.layouts
    )
    return EventBatch(**of)


def _column(values: list[Any]) -> Any:
    """One field of all batches: columns and lists go on, counts add up, what is the same for all stays."""
    if isinstance(values[0], np.ndarray):
        return np.concatenate(values)
    if isinstance(values[0], list):
        return list(chain.from_iterable(values))
    if isinstance(values[0], dict):
        return dict(sum(map(Counter, values), Counter()))
    return values[0]
