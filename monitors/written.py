"""What a profile holds of one model version or segment: the whole state that the judge carries, as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from monitors.accuse import WrittenAccuser
from monitors.activity import WrittenActivity
from monitors.explain import Before
from monitors.held import WrittenHeld
from monitors.learning import WrittenLearning
from monitors.ledger import Standing
from monitors.parts import WrittenParts
from monitors.poisoning.watch import WrittenWatch
from monitors.truth import Truth
from monitors.usual import WrittenUsual
from schemas.readings import Series

if TYPE_CHECKING:
    from monitors.modelstate import ModelState


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
    half: WrittenHeld = msgspec.field(default_factory=WrittenHeld)
    told: dict[str, int] = {}
    reached: int = 0
    usual: WrittenUsual = msgspec.field(default_factory=WrittenUsual)
    before: Before = msgspec.field(default_factory=Before)
    truth: Truth = msgspec.field(default_factory=Truth)
    segment: str = ""
    parts: WrittenParts = msgspec.field(default_factory=WrittenParts)
    labels: WrittenWatch = msgspec.field(default_factory=WrittenWatch)
    accuser: WrittenAccuser = msgspec.field(default_factory=WrittenAccuser)  # of queries and texts of this week
    tests: int = 0  # of this week, too
    found: list[int] = []


def written_of(data: bytes) -> Written:
    """What `dump` wrote."""
    return msgspec.json.decode(data, type=Written)


def write_down(state: ModelState, new_week: bool) -> bytes:
    """Deterministic JSON; only meaningful at the end of a pane. A new week forgets what is of one week only."""
    written = Written(
        model=state.model,
        version=state.version,
        slot=state.slot,
        first_ns=state.first_ns,
        pane_end_ns=state.pane_end_ns,
        baseline=state.prepared.id if state.prepared else "",
        learning=state.learning.dump(),
        activity=state.activity.dump(),
        principals={name: activity.dump() for name, activity in sorted(state.principals.items())},
        series=state.tester.dump() + state.hourly.tester.dump(),
        standings=state.ledger.dump(),
        held=state.held.dump(),
        hour=state.hourly.both.dump(),
        half=state.hourly.open.dump(),
        told=state.hourly.told,
        reached=state.hourly.reached,
        usual=state.usual.dump(),
        before=state.before,
        truth=state.truth,
        segment=state.segment,
        parts=state.parts.dump(),
        labels=state.labels.dump(),
    )
    if not state.segment:
        written.accuser = state.accuser.dump(new_week)
    if not new_week:
        written.tests, written.found = state.purse.lord.tests, state.purse.lord.found
    return msgspec.json.encode(written, order="deterministic")
