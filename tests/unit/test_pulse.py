"""How long a partition has been at its end."""

from __future__ import annotations

from schemas.events import RawRecord, Source
from schemas.settings import Settings
from streams.batches import TP, make_app
from streams.fetching import PartitionState
from streams.filelabels import FileLabels
from streams.known import Baselines
from streams.lanes import Lanes
from streams.meter import Meter
from streams.observer import Observer
from streams.pulse import Pulse
from streams.sinks.nowhere import Nowhere
from streams.watchdog import Watchdog

SECOND_NS = 1_000_000_000
TOPIC = TP("inference", 0)
SOURCE = Source("log", "inference", 0)


async def test_records_that_come_between_two_looks_end_the_idleness() -> None:
    now = 0
    settings, store = Settings(), Nowhere()

    async def publish(messages: object) -> None:
        """Nobody listens."""

    observer = Observer(
        settings,
        store,
        publish,
        Baselines(),
        clock=lambda: now,
        wall=lambda: now,
        floor=lambda source, offset: None,
        meter=Meter(),
        labels=FileLabels(settings.kafka.partitions, publish),
    )
    watchdog = Watchdog(300, lambda: now, Lanes(lambda: now, lambda error: None), store)
    pulse = Pulse(make_app(settings), ["inference"], observer, watchdog, lambda tp: SOURCE, lambda: now)

    async def handled(offset: int) -> tuple[int, float]:
        await observer.feed(SOURCE, [RawRecord(offset, b'{"ts": 1, "model": "m"}', now)])
        return pulse._ends([PartitionState(TOPIC, offset + 1, offset + 1, 0.0, offset)])[SOURCE]

    assert await handled(0) == (1, 0.0)
    now = 40 * SECOND_NS
    assert pulse._ends([PartitionState(TOPIC, 1, 1, 0.0, 0)])[SOURCE] == (1, 40.0)
    assert await handled(1) == (2, 0.0)
    now = 45 * SECOND_NS
    assert pulse._ends([PartitionState(TOPIC, 2, 2, 0.0, 1)])[SOURCE] == (2, 5.0)
