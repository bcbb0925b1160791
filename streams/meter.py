"""What one process has counted since it started; read by metrics, the demo and the watchdog. Nothing is stored here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from monitors.judge import Outcome
from monitors.observe import Observed
from monitors.shard import Close
from schemas.events import FUTURE, LATE, EventBatch
from streams.answered import Answered
from streams.reasons import Reasons
from streams.recognised import Recognised


@dataclass(slots=True)
class Meter:
    """Plain counters; `last_closed_ns` is the start of the last judged minute by shard, `newest_ns` the last event."""

    events: int = 0
    labels: int = 0  # records that were labels only
    late: int = 0
    future: int = 0
    blocks: int = 0
    closes: int = 0
    readings: int = 0
    compared: int = 0  # readings that were compared with something: they have a p-value
    signals: int = 0
    alerts: int = 0
    baselines: int = 0
    newest_ns: int = 0
    last_closed_ns: dict[int, int] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)
    rejected: Reasons = field(default_factory=Reasons)
    recognised: Recognised = field(default_factory=Recognised)
    answered: Answered | None = None  # counted only for who asks, as it goes through every summary of a batch

    @property
    def rejects(self) -> int:
        """How many records could not be read."""
        return self.rejected.total

    def observed(self, batch: EventBatch, seen: Observed) -> None:
        """A batch was decoded and scored."""
        self.events += len(batch)
        self.labels += len(batch.labels)
        self.rejected.add(batch.rejects, batch.source)
        self.recognised.add(batch)
        if self.answered is not None:
            self.answered.add(seen)
        self.late += int((seen.flags & LATE).astype(bool).sum())
        self.future += int((seen.flags & FUTURE).astype(bool).sum())
        if len(batch):
            self.newest_ns = max(self.newest_ns, int(seen.watermark_ns[-1]))

    def ended(self, blocks: int) -> None:
        """Blocks ended."""
        self.blocks += blocks

    def closed(self, shard: int, closes: Sequence[Close], outcome: Outcome) -> None:
        """Minutes were closed and judged."""
        self.closes += len(closes)
        self.last_closed_ns[shard] = closes[-1].minute_ns
        self.readings += len(outcome.readings)
        self.compared += sum(reading.p is not None and reading.baseline != "" for reading in outcome.readings)
        self.signals += len(outcome.signals)
        self.baselines += len(outcome.baselines)
        self.opened.update(alert.id for alert in outcome.alerts)
        self.alerts = len(self.opened)
