"""A rule with `match` tried on its own examples: events it must and must not find."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from monitors.matching import matched, matchers
from monitors.textseen import texts_of
from schemas.events import RawRecord, Source
from schemas.formats import Limits
from schemas.formats.json_lines import decode
from schemas.rules import Rule


def failing(rule: Rule) -> Iterator[str]:
    """A sentence for each example that the rule gets wrong, or that is no event."""
    for wanted, events in ((True, rule.examples.hits), (False, rule.examples.misses)):
        for place, event in enumerate(events, 1):
            name = f"examples.{'hits' if wanted else 'misses'} {place}"
            try:
                if finds(rule, event) != wanted:
                    yield f"{name} is {'not found' if wanted else 'found'}"
            except ValueError as e:
                yield f"{name} is no event: {e}"


def finds(rule: Rule, event: dict[str, Any]) -> bool:
    """Whether the rule matches an event given as a plain record; `ts` and `model` may be left out.

    Raises ValueError for what is no such record.
    """
    record = {"ts": 0.0, "model": "m", "status": "ok", **event}
    batch = decode([RawRecord(0, msgspec.json.encode(record), None)], Source("", "", 0), Limits())
    if batch.rejects:
        raise ValueError(batch.rejects[0].reason)
    texts = texts_of(batch, np.zeros(1, dtype=np.uint64))
    found = matched(matchers([rule]), batch, texts)
    return rule.id in found and bool(found[rule.id].hit[0])
