"""What a profile holds of one model version or segment: the whole state that the judge carries, as plain data."""

from __future__ import annotations

import msgspec

from monitors.activity import WrittenActivity
from monitors.explain import Before
from monitors.held import WrittenHeld
from monitors.learning import WrittenLearning
from monitors.ledger import Standing
from monitors.parts import WrittenParts
from monitors.truth import Truth
from monitors.usual import WrittenUsual
from schemas.readings import Series


class Written(msgspec.Struct):
    """A state as it stands in a profile, at the end of a pane."""

    model: str
    version: str
    slot: int
    first_ns: int
    pane_end_ns: int
    baseline: str
    learning: WrittenLearning
    activity: WrittenActivity
    principals: dict[str, WrittenActivity]
    series: list[tuple[str, Series, list[tuple[int, float | None, float | None]]]]
    standings: list[tuple[str, Series, Standing]]
    held: WrittenHeld = msgspec.field(default_factory=WrittenHeld)
    hour: WrittenHeld = msgspec.field(default_factory=WrittenHeld)
    usual: WrittenUsual = msgspec.field(default_factory=WrittenUsual)
    before: Before = msgspec.field(default_factory=Before)
    truth: Truth = msgspec.field(default_factory=Truth)
    segment: str = ""
    parts: WrittenParts = msgspec.field(default_factory=WrittenParts)


def written_of(data: bytes) -> Written:
    """What `dump` wrote."""
    return msgspec.json.decode(data, type=Written)
