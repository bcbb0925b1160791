"""Incidents as rows of the table `incidents`, and back from their content."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pyarrow as pa

from schemas.incidents import Incident
from schemas.tables import INCIDENTS
from streams.rows import arrow

_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(Incident)
SAME = ("id", "model", "level", "state", "title", "cause", "family", "rule", "lead", "reason")
LISTS = ("alerts", "models", "principals", "explained")


def incident_rows(changes: Sequence[Incident]) -> pa.Table:
    """One row per change."""
    return arrow(
        INCIDENTS,
        {
            **{name: [getattr(i, name) for i in changes] for name in SAME},
            **{name: [list(getattr(i, name)) for i in changes] for name in LISTS},
            "transition": [i.number for i in changes],
            "at": [i.updated_ns for i in changes],
            "at_ns": [i.updated_ns for i in changes],
            "opened": [i.opened_ns for i in changes],
            "opened_ns": [i.opened_ns for i in changes],
            "resolved": [i.resolved_ns for i in changes],
            "content": [_encoder.encode(i).decode() for i in changes],
        },
    )


def incident_of(content: str) -> Incident:
    """An incident from its row's content. Raises msgspec.MsgspecError for what Mirqab did not write."""
    return _decoder.decode(content)
