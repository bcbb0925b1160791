"""Records that carry a label and nothing that an inference has: no event, but the truth about an earlier one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from schemas.events import BareLabel, Ints, RawRecord
from schemas.values import text

ANSWER = ("features", "scores", "score", "prediction", "latency_ms", "status")
ANSWER_TEXT = ("prompt", "response", "tokens_in", "tokens_out")
NAMELESS = "a label alone needs the `id` of the answer that it belongs to"


def bare(events: Sequence[Any]) -> set[int]:
    """Which records are such labels; of a log without labels none, at the cost of one look at each."""
    labelled = [i for i, event in enumerate(events) if event.label is not None]
    return {i for i in labelled if all(getattr(events[i], name) is None for name in (*ANSWER, *ANSWER_TEXT))}


def labels_of(
    kept: Sequence[RawRecord], events: Sequence[Any], ts_ns: Ints, alone: Collection[int]
) -> tuple[list[BareLabel], list[RawRecord]]:
    """The labels, and those records among them that name no answer."""
    labels, nameless = [], []
    for i in sorted(alone):
        event = events[i]
        id = event.id if event.id is not None else event.request_id
        if id is None or id == "":
            nameless.append(kept[i])
            continue
        source = event.label_source or event.source or ""
        labels.append(BareLabel(kept[i].offset, int(ts_ns[i]), event.model, str(id), text(event.label), source))
    return labels, nameless
