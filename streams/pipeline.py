"""The straight line over files: the agents of the worker in turn, block by block, in one thread.

records -> observe -> summaries -> judge -> alerts -> correlate. The worker runs the same Observer, Judging, Correlator
over Kafka; nothing is judged here. What travels between agents is kept in lists instead of topics.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from schemas.alerts import Alert
from schemas.baselines import Baseline
from schemas.events import RawRecord, Source
from schemas.rules import Rule
from schemas.settings import Settings
from streams.correlating import Correlator
from streams.filelabels import FileLabels
from streams.judging import Judging
from streams.known import Baselines
from streams.meter import Meter
from streams.observer import Observer
from streams.store import Store

Feed = tuple[Source, Sequence[RawRecord]]


class Line:
    """The whole line in one thread. `told` is called with every alert that changed."""

    def __init__(
        self,
        settings: Settings,
        rules: tuple[Rule, ...],
        store: Store,
        *,
        clock: Callable[[], int],
        told: Callable[[Alert], None] = lambda alert: None,
    ) -> None:
        self.meter, self.baselines, self.told = Meter(), Baselines(), told
        self.settings, self.store = settings, store
        self.summaries: list[list[tuple[int, bytes]]] = [[] for _ in range(settings.kafka.partitions)]
        self.offsets = [0] * settings.kafka.partitions
        self.correlator = Correlator(store, settings)
        self.time = 0
        self.observer = Observer(
            settings,
            store,
            self._publish,
            self.baselines,
            clock=clock,
            wall=lambda: self.time,
            floor=lambda source, offset: None,
            meter=self.meter,
            labels=FileLabels(settings.kafka.partitions, self._publish),
            rules=rules,
        )
        self.judges = [
            Judging(
                n, settings, rules, store, self.baselines, tell=self._tell, floor=lambda offset: None, meter=self.meter
            )
            for n in range(settings.kafka.partitions)
        ]

    async def run(self, feeds: Iterable[Feed], partitions: Iterable[tuple[str, int]]) -> Meter:
        """Move every record down the line, then let time run out so that the last minutes close."""
        await self.baselines.read(self.store)
        expected = list(partitions)
        for judge in self.judges:
            judge.expect(expected)
            judge._know(self.baselines)
        nexts: dict[Source, int] = {}
        for source, records in feeds:
            self.time += int(self.settings.line.linger_seconds * 1_000_000_000)
            await self.observer.feed(source, records)
            await self._judge()
            nexts[source] = records[-1].offset + 1
        idle = self.settings.line.idle_seconds
        self.time += 10**12
        await self.observer.tick({source: (offset, idle) for source, offset in nexts.items()})
        await self._judge()
        return self.meter

    async def _publish(self, messages: Sequence[tuple[int, bytes]]) -> None:
        for shard, data in messages:
            self.summaries[shard].append((self.offsets[shard], data))
            self.offsets[shard] += 1

    async def _judge(self) -> None:
        for shard, judge in enumerate(self.judges):
            waiting, self.summaries[shard] = self.summaries[shard], []
            if waiting:
                await judge.feed(waiting)

    async def _tell(self, alerts: Sequence[Alert], baselines: Sequence[Baseline]) -> None:
        for baseline in baselines:
            self.baselines.add(baseline)
        for alert in alerts:
            self.told(alert)
        await self.correlator.feed(alerts)
