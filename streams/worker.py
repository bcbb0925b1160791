"""The worker: a Faust app whose agents `observe`, `judge`, `correlate` and `labels` hand batches to the line.

Everything that decides is elsewhere; this connects Kafka's partitions to Observer, Judging, Correlator and Labels, sets
floors, and ends the process with a reason when it fails or makes no progress. Faust restarts an agent that raised
without saying so; ours therefore never raise: the first error ends the worker.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import TopicPartition
from faust.types import TP

from schemas.alerts import Alert
from schemas.baselines import Baseline, decode, encode
from schemas.errors import BrokerUnavailable
from schemas.events import RawRecord, Source
from schemas.rules import Rule
from schemas.settings import Settings
from streams import alertwire, topics
from streams.barelabels import HandedOn
from streams.batches import make_app
from streams.correlating import Correlator
from streams.judging import Clocks, Judging
from streams.kafka import aio_arguments
from streams.known import Baselines
from streams.labelling import Labelling
from streams.lanes import Lanes
from streams.meter import Meter
from streams.observer import Observer
from streams.proposing import keep_proposing
from streams.publishing import publish
from streams.pulse import Pulse
from streams.store import Store
from streams.watchdog import Watchdog

log = logging.getLogger("mirqab.worker")
EXPECT_SECONDS = 5.0
LAST_BATCH_SECONDS = 5.0  # for what is in work when the worker is told to end
LARGEST_MESSAGE = 8 << 20


class Worker:
    """One worker process. `clock` is event-side time, ns; `run_id` names the log where the broker has no topic ids."""

    def __init__(
        self,
        settings: Settings,
        rules: tuple[Rule, ...],
        store: Store,
        run_id: str,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self.settings, self.rules, self.store, self.run_id, self.clock = settings, rules, store, run_id, clock
        kafka = settings.kafka
        self.names = {
            name: f"{kafka.prefix}.{name}" for name in ("summaries", "baselines", "alerts", "incidents", "labels")
        }
        self.meter, self.baselines = Meter(), Baselines()
        self.app = make_app(settings)
        self.lanes = Lanes(time.monotonic_ns, self.fail)
        labelling = partial(Labelling, settings, store, self._publish_summaries, clock=clock)
        self.labelling = labelling(floor=self._floor_of_labels)
        inside = labelling(floor=lambda source, offset: None)  # labels among inferences: their blocks have the floor
        self.observer = Observer(
            settings,
            store,
            self._publish_summaries,
            self.baselines,
            clock=clock,
            wall=time.monotonic_ns,
            floor=lambda source, offset: self._floor(TP(source.topic, source.partition), offset),
            meter=self.meter,
            labels=HandedOn(inside.feed),
            rules=rules,
        )
        self.correlator = Correlator(store, settings)
        self.judges: dict[int, Judging] = {}
        self.log_ids: dict[str, str] = {}
        self.expected: list[tuple[str, int]] = []
        self.failure: asyncio.Future[None] | None = None
        self.ending: Callable[[], None] = lambda: None  # called at the first error; what follows may hang
        self.producer: AIOKafkaProducer | None = None
        self.watchdog = Watchdog(settings.line.stall_seconds, time.monotonic_ns, self.lanes, store)
        self.pulse = Pulse(self.app, kafka.topics, self.observer, self.watchdog, self._source)
        self.held: set[TP] = set()  # what is assigned to us

    def fail(self, error: BaseException) -> None:
        """End the worker with this error, unless it is ending already."""
        if self.failure is not None and not self.failure.done():
            log.error("ending: %s", error)
            self.ending()
            self.failure.set_exception(error)

    async def run(self, stop: asyncio.Event, ready: Callable[[], None] = lambda: None) -> None:
        """Work until `stop` is set. Raises what ended it otherwise: Fatal errors, Stalled among them."""
        self.failure = asyncio.get_running_loop().create_future()
        await self._prepare()
        self._agents()
        self.app.on_revoked.append(self._revoked)
        self.app.on_assigned.append(self._assigned)
        self.app.finalize()
        # One worker of all proposes: whoever judges the first shard.
        proposing = keep_proposing(self.store, self.settings, self.clock, lambda: 0 in self.judges)
        work = (self.pulse.tick(), self.pulse.watch(), self._expect(), self._follow_baselines(), proposing)
        tasks = [asyncio.create_task(task) for task in work]
        for task in tasks:
            task.add_done_callback(self._task_done)
        try:
            self.watchdog.dealing()
            await self.app.start()
            ready()
            waits: set[asyncio.Future[Any]] = {self.failure, asyncio.create_task(stop.wait())}
            _, rest = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in rest - {self.failure}:
                wait.cancel()
            if self.failure.done():
                self.failure.result()
        finally:
            self.failure.cancel()  # what fails while it ends is read again by the next owner, and is no failure
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.lanes.close(LAST_BATCH_SECONDS)
            await self.app.stop()
            if self.producer is not None:
                await self.producer.stop()

    def _task_done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            self.fail(task.exception() or RuntimeError("a task ended"))

    async def _prepare(self) -> None:
        """Topics made and checked, baselines read, the producer connected before any agent needs it."""
        kafka = self.settings.kafka
        await asyncio.to_thread(topics.create, kafka)
        for notice in await asyncio.to_thread(topics.check, kafka):
            log.info(notice)
        ids = await asyncio.to_thread(topics.topic_ids, kafka, [*kafka.topics, self.names["labels"]])
        self.log_ids = {topic: id or self.run_id for topic, id in ids.items()}
        await self._find_partitions()
        await self.baselines.read(self.store)
        self.producer = AIOKafkaProducer(
            **aio_arguments(kafka),
            acks="all",
            enable_idempotence=kafka.idempotent,
            linger_ms=5,
            compression_type="zstd",  # aiokafka's lz4 is set to its slowest level, and took a sixth of the worker
            max_request_size=LARGEST_MESSAGE,
        )
        await self.producer.start()

    async def _find_partitions(self) -> None:
        counts = await asyncio.to_thread(topics.partition_counts, self.settings.kafka, self.settings.kafka.topics)
        found = [(topic, p) for topic, count in counts.items() for p in range(count)]
        if self.expected and len(found) > len(self.expected):
            log.info("%d partitions were added", len(found) - len(self.expected))
        self.expected = found
        for judge in self.judges.values():
            judge.expect(self.expected)

    async def _expect(self) -> None:
        """Notice partitions that were added while running."""
        while True:
            await asyncio.sleep(EXPECT_SECONDS)
            try:
                await self._find_partitions()
            except BrokerUnavailable as e:
                log.warning("cannot look for new partitions: %s", e)

    def _agents(self) -> None:
        """Agents only sort batches into lanes; what is fetched while a lane is full waits in Faust's bounded stream."""
        raw: dict[str, Any] = {"value_serializer": "raw", "key_serializer": "raw"}
        routes = (
            (self.settings.kafka.topics, "observe", self._observe),
            ([self.names["summaries"]], "judge", self._judge),
            ([self.names["alerts"]], "correlate", self._correlate),
            ([self.names["labels"]], "labels", self._label),
        )
        for names, agent, work in routes:
            self.app.agent(self.app.topic(*names, **raw), name=agent, concurrency=1)(self._sorter(work))

    def _sorter(
        self, work: Callable[[TP, int, Sequence[RawRecord]], Awaitable[None]]
    ) -> Callable[[Any], Awaitable[None]]:
        """The body of an agent: every fetched batch goes into its partition's lane."""

        async def sort(stream: Any) -> None:
            async for event in stream.noack().events():
                message = event.message
                # What was fetched before a rebalance is read again from the floor, by whoever has the partition now.
                if message.tp in self.held and message.generation_id == self.app.consumer_generation_id:
                    job = partial(work, message.tp, message.generation_id, event.value)
                    await self.lanes.put(message.tp, job, sum(len(record.value) for record in event.value))
                event.ack()

        return sort

    async def _observe(self, tp: TP, generation: int, batch: Sequence[RawRecord]) -> None:
        self.watchdog.fetched(tp)
        await self.observer.feed(self._source(tp), batch, generation)

    async def _judge(self, tp: TP, generation: int, batch: Sequence[RawRecord]) -> None:
        judge = self.judges.get(tp.partition)
        if judge is None:
            judge = Judging(
                tp.partition,
                self.settings,
                self.rules,
                self.store,
                self.baselines,
                tell=self._tell,
                floor=lambda offset: self._floor(tp, offset),
                meter=self.meter,
                clocks=Clocks(self.clock, time.monotonic_ns),
            )
            started = time.monotonic()
            replayed = await judge.rebuild(lambda minute_ns: self.watchdog.moving(tp))
            if replayed:
                took = time.monotonic() - started
                log.info("shard %d rebuilt from %d closes in %.1f s", tp.partition, replayed, took)
            judge.expect(self.expected)
            self.judges[tp.partition] = judge
        await judge.feed([(r.offset, r.value) for r in batch], generation)

    async def _correlate(self, tp: TP, generation: int, batch: Sequence[RawRecord]) -> None:
        changed = await self.correlator.feed([alertwire.decode(record.value) for record in batch])
        await self._send(self.names["incidents"], [(0, alertwire.encode_incident(i), i.id.encode()) for i in changed])
        self._floor(tp, batch[-1].offset + 1)

    async def _label(self, tp: TP, generation: int, batch: Sequence[RawRecord]) -> None:
        await self.labelling.feed(self._source(tp), batch)

    def _source(self, tp: TP) -> Source:
        return Source(self.log_ids[tp.topic], tp.topic, tp.partition)

    def _floor(self, tp: TP, offset: int) -> None:
        if offset > self.app.floors.get(tp, -1):
            self.app.floors[tp] = offset

    def _floor_of_labels(self, source: Source, offset: int) -> None:
        self._floor(TP(source.topic, source.partition), offset)

    def _assigned(self, partitions: frozenset[TP]) -> None:
        self.watchdog.dealt()
        self.held |= partitions

    async def _revoked(self, partitions: frozenset[TP]) -> None:
        """Whoever gets a partition reads on from its floor; what is held here is void."""
        self.watchdog.dealing()
        self.held -= partitions
        for tp in partitions:
            await self.lanes.cut(tp)
            if tp.topic == self.names["summaries"]:
                self.judges.pop(tp.partition, None)
            elif tp.topic == self.names["alerts"]:
                self.correlator.rebuilt = False
            elif tp.topic in self.settings.kafka.topics:
                self.observer.drop(self._source(tp))

    async def _publish_summaries(self, messages: Sequence[tuple[int, bytes]]) -> None:
        await self._send(self.names["summaries"], [(shard, data, None) for shard, data in messages])

    async def _tell(self, alerts: Sequence[Alert], baselines: Sequence[Baseline]) -> None:
        for baseline in baselines:
            self.baselines.add(baseline)
        known = [(0, encode(b), f"{b.model}|{b.version}".encode()) for b in baselines]
        await self._send(self.names["baselines"], known)
        await self._send(self.names["alerts"], [(0, alertwire.encode(a), a.id.encode()) for a in alerts])

    async def _send(self, topic: str, messages: Sequence[tuple[int, bytes, bytes | None]]) -> None:
        assert self.producer is not None
        await publish(self.producer, topic, messages)

    async def _follow_baselines(self) -> None:
        """Every worker hears of every baseline; no group, read from the beginning."""
        consumer = AIOKafkaConsumer(
            **aio_arguments(self.settings.kafka), auto_offset_reset="earliest", enable_auto_commit=False
        )
        consumer.assign([TopicPartition(self.names["baselines"], 0)])
        await consumer.start()
        try:
            async for record in consumer:
                self.baselines.add(decode(record.value))
        finally:
            await consumer.stop()
