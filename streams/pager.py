"""`mirqab pager`: the topic `mirqab.incidents` in a consumer group of its own, so that a dead pager holds up nobody.

The topic only says that there is news; what is owed follows from the store (streams.paging). Of several pagers the one
that has the partition works, the others stand by. Without receivers it tells nobody, and still looks whether Mirqab and
the models are what they should be (streams.blindness): what it finds is in the store, the console, Grafana and reports.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka.errors import KafkaError

from monitors.pagetext import notice
from schemas.pages import HEARTBEAT
from schemas.rules import Rule
from schemas.settings import Settings
from streams import alertwire, topics
from streams.blindness import EVERY_SECONDS, Blindness, shipped
from streams.kafka import aio_arguments
from streams.notifiers import make_all
from streams.paging import Paging
from streams.sinks.clickhouse import ClickHouseStore
from streams.store import Store

log = logging.getLogger("mirqab.pager")
LOOK_SECONDS = 0.05
ACTS_SECONDS = 2.0
LAST_SECONDS = 5.0  # for pages that are on their way when it is told to end


class Pager:
    """One pager process. Raises SettingError at once for receivers that cannot be made."""

    def __init__(
        self, settings: Settings, rules: Iterable[Rule], store: Store, clock: Callable[[], int] = time.time_ns
    ) -> None:
        self.settings, self.store, self.clock = settings, store, clock
        self.paging = Paging(settings, rules, store, make_all(settings), clock)
        self.topic = topics.name(settings.kafka, "incidents")
        self.active = False
        self._acts_ns = 0  # when acts were read last
        # It must not wait for a store that is away, or nobody would hear of it.
        self.own_store = ClickHouseStore(settings.store, wait=False)
        self.blindness = Blindness(settings, self.own_store, clock, self.paging.take, self.paging.store_away, shipped())

    async def run(self, stop: asyncio.Event, ready: Callable[[], None] = lambda: None) -> None:
        """Work until `stop` is set."""
        await asyncio.to_thread(topics.create, self.settings.kafka)
        kafka = self.settings.kafka
        consumer = AIOKafkaConsumer(
            **aio_arguments(kafka),
            group_id=f"{kafka.group}-pager",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            session_timeout_ms=int(kafka.session_seconds * 1000),
            fetch_max_wait_ms=50,
        )
        consumer.subscribe([self.topic], listener=_Listener(self))
        await consumer.start()
        beating = asyncio.gather(self._beat(), self._see())
        ready()
        try:
            while not stop.is_set():
                await self._turn(consumer)
                if beating.done():
                    beating.result()
            until = time.monotonic() + LAST_SECONDS
            while self.paging.busy and time.monotonic() < until:
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
            await self.paging.close()
            await self.own_store.close()
            await consumer.stop()

    async def _turn(self, consumer: AIOKafkaConsumer) -> None:
        """What came, and what time has made due."""
        batches = await consumer.getmany(timeout_ms=int(LOOK_SECONDS * 1000))
        if not self.active:
            return
        news = [alertwire.decode_incident(record.value) for batch in batches.values() for record in batch]
        if news:
            await self.paging.take(news)
        if self.paging.desks and self.clock() - self._acts_ns >= ACTS_SECONDS * 1e9:
            self._acts_ns = self.clock()
            await self.paging.read_acts()
        await self.paging.look()
        if news:
            try:
                # The store is the outbox, so what was taken need not be read again.
                await consumer.commit()
            except KafkaError as e:
                log.warning("cannot commit; it is read again, which changes nothing: %r", e)

    async def assigned(self) -> None:
        """The partition is ours: begin where the store says."""
        await self.paging.rebuild()
        self.active = True

    async def _beat(self) -> None:
        """A heartbeat while the pager works and the store answers; whoever misses it alarms."""
        names = self.settings.pager.heartbeat_to
        while names:
            if self.active:
                await self.store.query("SELECT 1 AS alive")
                page = notice("mirqab-heartbeat", HEARTBEAT, "Mirqab watches and can page", self.clock())
                for name in names:
                    answer = await self.paging.desks[name].notifier.send(page)
                    log.debug("heartbeat to %s: %s", name, answer.word)
            await asyncio.sleep(self.settings.pager.heartbeat_seconds)

    async def _see(self) -> None:
        """Blindness alarms, from the pager that works."""
        while True:
            if self.active:
                try:
                    await self.blindness.look()
                except Exception:
                    # It looks again in a minute; what goes wrong with looking must keep no page from being told.
                    log.exception("cannot look whether Mirqab sees")
            await asyncio.sleep(EVERY_SECONDS if self.active else 1.0)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self, pager: Pager) -> None:
        self.pager = pager

    async def on_partitions_revoked(self, revoked: Iterable[object]) -> None:
        self.pager.active = False

    async def on_partitions_assigned(self, assigned: Iterable[object]) -> None:
        if list(assigned):
            await self.pager.assigned()
