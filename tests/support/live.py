"""Progress messages of a live line, second by second, and a judge over a store that reads them and can be killed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Any

from schemas.alerts import Alert
from schemas.baselines import Baseline
from schemas.settings import Settings
from streams.judging import Clocks, Judging
from streams.known import Baselines
from streams.meter import Meter
from streams.pipeline import Line
from streams.sinks.memory import MemoryStore
from streams.store import Store
from tests.support.traffic import NOW_NS, RULES, SOURCE, Made, small_settings

SECOND_NS = 1_000_000_000
Messages = Sequence[tuple[int, bytes]]


async def progress(
    rows: Sequence[dict[str, Any]], baselines: Iterable[Baseline], settings: Settings, seconds: float = 1.0
) -> list[Messages]:
    """What `observe` publishes of one partition and shard, a list for each so many seconds of the log."""
    line = Line(settings, RULES, MemoryStore(), clock=lambda: NOW_NS)
    for baseline in baselines:
        line.baselines.add(baseline)
    said: list[Messages] = []
    records = iter(Made().add(rows).records)
    for _, part in groupby(rows, lambda row: row["ts"] // seconds):
        line.time += SECOND_NS
        await line.observer.feed(SOURCE, list(islice(records, len(list(part)))))
        await line.observer.tick({})
        said.append(line.summaries[0])
        line.summaries[0] = []
    return said


@dataclass
class Judged:
    """One shard's judge, one life after another over the same store; what it told, in order."""

    store: Store
    baselines: Sequence[Baseline]
    looks: bool = True
    settings: Settings = field(default_factory=small_settings)
    told: list[Alert] = field(default_factory=list)
    floor: int = 0
    now_ns: int = 0
    judging: Judging | None = None

    async def start(self) -> None:
        """A new life, from what is stored."""
        known = Baselines()
        for baseline in self.baselines:
            known.add(baseline)
        clocks = Clocks(lambda: self.now_ns, lambda: self.now_ns) if self.looks else None
        self.judging = Judging(
            0, self.settings, RULES, self.store, known, tell=self._tell, floor=self._floor, meter=Meter(), clocks=clocks
        )
        await self.judging.rebuild()
        self.judging.expect([(SOURCE.topic, SOURCE.partition)])

    async def read(self, said: Sequence[Messages], until: Callable[[], bool] = lambda: False) -> int:
        """Messages a second apart, from the floor on; ends early once `until` says so. Returns how many were read."""
        assert self.judging is not None
        for number, messages in enumerate(said):
            rest = [(offset, data) for offset, data in messages if offset >= self.floor]
            self.now_ns += SECOND_NS
            if rest:
                await self.judging.feed(rest)
            if until():
                return number + 1
        return len(said)

    def notices(self) -> list[Alert]:
        """What was told before its minute closed, and what became of it."""
        return [alert for alert in self.told if alert.early]

    async def _tell(self, alerts: Sequence[Alert], baselines: Sequence[Baseline]) -> None:
        self.told += alerts

    def _floor(self, offset: int) -> None:
        self.floor = offset
