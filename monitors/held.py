"""Panes too thin to judge, added up until they are worth it, so that a model asked ten times an hour is watched too.

A pane with `LIVELY` events is judged at once, with whatever waited before it. A thinner one waits until `SLOW` events
have come together, however long that takes; what its panes could have spent of the budget is spent then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from schemas.summaries import Summary, SummaryKey, WireSummary, from_wire, merge, to_wire
from schemas.texts import NO_TEXTS

LIVELY = 100  # events; below it a pane of five minutes can show nothing but a catastrophe
SLOW = 300  # events; at five bins a PSI of 0.15 can then be told from chance at a level of one in ten million
KEPT_NAMES = 256


class WrittenHeld(msgspec.Struct):
    """A `Held` in a profile."""

    panes: int = 0
    total: WireSummary | None = None
    scored: dict[str, WireSummary] = {}
    heard: int = 0


@dataclass(slots=True)
class Held:
    """Counts of `panes`, in `heard` of which something came. `scored` is by the id of the baseline that scored them."""

    panes: int = 0
    total: Summary | None = None
    scored: dict[str, Summary] = field(default_factory=dict)
    heard: int = 0

    def add(self, total: Summary | None, scored: Mapping[str, Summary]) -> bool:
        """One more pane (None: nothing came); returns whether it is time to judge."""
        self.panes += 1
        for id, summary in scored.items():
            self.scored[id] = _sum(self.scored.get(id), summary)
        if total is None:
            return False
        self.heard, self.total = self.heard + 1, _sum(self.total, total)
        return total.n >= LIVELY or self.total.n >= SLOW

    def dump(self) -> WrittenHeld:
        """Plain data for a profile."""
        key = SummaryKey("", "", "", 0, "")
        total = None if self.total is None else to_wire(key, self.total)
        scored = {id: to_wire(key, s) for id, s in sorted(self.scored.items())}
        return WrittenHeld(self.panes, total, scored, self.heard)

    @staticmethod
    def load(written: WrittenHeld) -> Held:
        total = None if written.total is None else from_wire(written.total)
        scored = {id: from_wire(wire) for id, wire in written.scored.items()}
        return Held(written.panes, total, scored, written.heard)


def _sum(before: Summary | None, more: Summary) -> Summary:
    """Without samples, which only learning needs, and without rows of labels and texts, which their pane has read."""
    parts = [more] if before is None else [before, more]
    total = merge(parts, max_principals=KEPT_NAMES, max_predictions=KEPT_NAMES, max_sample=0)
    total.labelled, total.texts = [], NO_TEXTS
    return total
