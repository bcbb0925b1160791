"""Raw material of a model version's first baseline: its first minutes, gathered until there is enough."""

from __future__ import annotations

from dataclasses import dataclass, field

from monitors.learn import SMALLEST, Learnt, learn
from schemas.baselines import Baseline
from schemas.events import MINUTE_NS
from schemas.summaries import SampleRow, Summary, SummaryKey, WireSummary, from_wire, to_wire

WrittenLearning = tuple[list[SampleRow], list[WireSummary], int, int, int, bool]


@dataclass(slots=True)
class Learning:
    """Rows by hash, the counts of the whole time, its first and last moment, its minutes with events."""

    rows: dict[int, SampleRow] = field(default_factory=dict)
    total: Summary | None = None
    from_ns: int = 0
    to_ns: int = 0
    minutes: int = 0
    done: bool = False

    def add(self, minute_ns: int, summary: Summary, total: Summary, limit: int) -> None:
        """One more minute; `total` is the sum with it. The smallest hashes stay, so the sample is uniform over all."""
        self.from_ns = self.from_ns or minute_ns
        self.to_ns = minute_ns + MINUTE_NS
        self.minutes += 1
        self.total = total
        self.total.sample = []
        self.rows.update((row.hash, row) for row in summary.sample if not row.cut)
        self.rows = {h: self.rows[h] for h in sorted(self.rows)[:limit]}

    def enough(self, events: int, minutes: int) -> bool:
        """Whether rows and time suffice."""
        return self.to_ns - self.from_ns >= minutes * MINUTE_NS and len(self.rows) >= max(SMALLEST, events)

    def baseline(self, model: str, version: str) -> Baseline:
        """The first baseline of this model version, of what was gathered."""
        assert self.total is not None
        time = Learnt(self.from_ns, self.to_ns, self.minutes)
        return learn(model, version, 1, list(self.rows.values()), self.total, time)

    def dump(self) -> WrittenLearning:
        """Plain data for a profile."""
        total = [] if self.total is None else [to_wire(SummaryKey("", "", "", 0, ""), self.total)]
        rows = [self.rows[h] for h in sorted(self.rows)]
        return rows, total, self.from_ns, self.to_ns, self.minutes, self.done

    @staticmethod
    def load(written: WrittenLearning) -> Learning:
        rows, total, from_ns, to_ns, minutes, done = written
        merged = from_wire(total[0]) if total else None
        return Learning({row.hash: row for row in rows}, merged, from_ns, to_ns, minutes, done)
