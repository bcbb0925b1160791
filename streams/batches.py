"""The Faust transport of the line: one message per fetched partition batch, and commits at block floors only.

`message.value` is the list of one partition's RawRecords, in order. What is committed is `app.floors` and nothing else;
acknowledging a message commits nothing. Only this, `streams.fetching` and `streams.worker` import Faust. It decodes
nothing, keeps no state of blocks and does not decide where a block ends.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from inspect import isawaitable
from typing import Any, ClassVar

import faust
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, Message
from faust.types.tuples import ConsumerMessage
from mode.utils.futures import notify
from yarl import URL

from schemas.errors import BrokerUnavailable
from schemas.events import RawRecord
from schemas.settings import Settings
from streams.fetching import BatchThread, PartitionState
from streams.kafka import CLIENT_ID, Access, access, addresses

__all__ = ["TP", "BatchApp", "BatchConsumer", "make_app", "partition_states"]

# Memory: a stream holds at most this many batches, each at most one fetch of one partition.
BUFFERED_BATCHES = 4
# A large batch becomes one large part in the store; half of it would cost a fifth more, most of it for merges.
FETCH_BYTES = 16 << 20
# aiokafka takes a consumer that does not poll for dead. While the store is down nothing is polled, for as long as that
# takes; a worker that hangs for another reason is ended by our own watchdog (`line.stall_seconds`).
MAX_POLL_SECONDS = 24 * 3600.0
REBALANCE_SECONDS = 20.0
COMMIT_SECONDS = 1.0
REQUEST_SECONDS = 40.0
METADATA_MS = 5000  # how soon added partitions are read, which hold up every minute until then; default: 5 minutes

PartitionsHook = Callable[[frozenset[TP]], Awaitable[None] | None]


class BatchConsumer(driver.Consumer):
    """Yields the last record's message of each fetched batch, carrying the whole batch as its value.

    Needs agents with concurrency 1. Everything that was fetched is handed over in order, or the position goes back to
    the committed floor: after a rebalance, and where the flow was stopped between fetch and delivery. An agent
    therefore sees an offset go back only together with a new `message.generation_id` or after `on_revoked`, and must
    then drop what it holds of that partition.
    """

    app: BatchApp
    # Partitions whose committed offset is known since the last rebalance. A floor of any other may lie behind it.
    _sought: frozenset[TP] = frozenset()
    _dropped = False  # something was fetched and not handed over since the last return to the floors
    _thread: BatchThread

    def _new_consumer_thread(self) -> BatchThread:
        return BatchThread(self, loop=self.loop, beacon=self.beacon)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Message]]:
        """Messages of one fetch; one per partition."""
        if not self.flow_active:
            await self.wait(self.can_resume_flow.wait())
        if self._dropped:
            await self._return_to_floors()
            return
        # Taken before the fetch: taken after it, records fetched before a rebalance would pass for new ones, and
        # everything between the floor and them would be skipped.
        generation = self.app.consumer_generation_id
        records, _ = await self._wait_next_records(timeout)
        if not records or self.should_stop:
            return
        for tp, batch in records.items():
            if not self.flow_active or generation != self.app.consumer_generation_id:
                # A rebalance is going on or is over. It seeks, but that may have been before this fetch came back.
                self._dropped = True
                return
            if batch:
                message = self._to_message(tp, batch)
                self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
                yield tp, message

    def _to_message(self, tp: TP, batch: Sequence[RawRecord]) -> ConsumerMessage:
        """The last record's message; its value is the batch, though Faust's messages hold bytes."""
        last, generation = batch[-1], self.app.consumer_generation_id
        seconds = (last.timestamp_ns or 0) / 1e9
        value: Any = batch
        return ConsumerMessage(
            tp.topic, tp.partition, last.offset, seconds, 0, [], None, value, None, tp=tp, generation_id=generation
        )

    async def perform_seek(self) -> None:
        """Seek every partition to its floor: what the broker says is committed, else the beginning."""
        said = {TP(*tp): offset or None for tp, offset in (await self.seek_to_committed()).items()}
        self._committed_offset.update(said)
        self._read_offset.update(said)
        # aiokafka leaves partitions without a commit where they are, which would lose what was fetched and dropped.
        fresh = [driver.ensure_aiokafka_TP(tp) for tp, offset in said.items() if not offset]
        if fresh:
            await self._thread.seek_to_beginning(*fresh)
        self._sought = frozenset(said)

    async def _commit_offsets(self, offsets: Mapping[TP, int], start_new_transaction: bool = True) -> bool:
        """Faust takes a commit that failed for one that was made, and would not try it again."""
        before = {tp: self._committed_offset[tp] for tp in offsets}
        if await super()._commit_offsets(offsets, start_new_transaction):
            return True
        self._committed_offset.update(before)
        return False

    async def _return_to_floors(self) -> None:
        try:
            await self.perform_seek()
        except Exception as e:  # another rebalance has begun, or the coordinator is away
            self.log.warning("could not return to the committed offsets, trying again: %r", e)
            await asyncio.sleep(0.2)
        else:
            self._dropped = False

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Nothing: offsets inside a batch are no gap, and gaps are acknowledged offsets to Faust."""

    def ack(self, message: Message) -> bool:
        """Bookkeeping of what is in progress; it has no part in what is committed."""
        if message.acked:
            return False
        message.acked = True
        self._unacked_messages.discard(message)
        notify(self._waiting_for_ack)
        return True

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        return iter([tp for tp in self.app.floors if topics is None or tp in topics or tp.topic in topics])

    def _new_offset(self, tp: TP) -> int | None:
        return self.app.floors.get(tp) if tp in self._sought else None

    def uncommitted(self) -> dict[TP, int]:
        """Floors that are not committed, and how far each partition is."""
        made = {tp: self._committed_offset[tp] or 0 for tp in self.app.floors if tp in self._sought}
        return {tp: offset for tp, offset in made.items() if offset < self.app.floors[tp]}

    async def on_partitions_revoked(self, revoked: Iterable[TP]) -> None:
        """Tell the hooks, drop the floors, then let Faust do its part."""
        self._sought -= (gone := frozenset(TP(*tp) for tp in revoked))
        await self.app.tell(self.app.on_revoked, gone)
        for tp in gone:
            self.app.floors.pop(tp, None)
            self._thread.fetched.pop(tp, None)
        await super().on_partitions_revoked(set(gone))

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Tell the hooks, then let Faust seek and resume."""
        await self.app.tell(self.app.on_assigned, frozenset(TP(*tp) for tp in assigned))
        await super().on_partitions_assigned(assigned, generation_id)

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Nothing: Faust takes an offset that waits for its block's end for a hanging agent."""


class BatchTransport(driver.Transport):
    """Faust's aiokafka transport with our consumer."""

    Consumer: ClassVar[type[BatchConsumer]] = BatchConsumer


class BatchApp(faust.App):
    """A Faust app with floors.

    `floors` says per partition which offset may be committed: set one after everything before it is stored and
    published. Floors of revoked partitions are dropped, and a commit never goes back. Functions in `on_revoked` and
    `on_assigned` are called, and awaited, with the partitions concerned while nothing is delivered; they must not wait
    for the store, because the rebalance waits for them.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.floors: dict[TP, int] = {}
        self.on_revoked: list[PartitionsHook] = []
        self.on_assigned: list[PartitionsHook] = []

    def _create_directories(self) -> None:
        """None: no tables, so nothing to keep; Faust would leave empty folders where the worker was started."""

    async def tell(self, hooks: list[PartitionsHook], partitions: frozenset[TP]) -> None:
        """Call every hook; one that raises ends the app, after the others were called."""
        for hook in hooks:
            try:
                waiting = hook(partitions)
                if isawaitable(waiting):
                    await waiting
            except Exception as e:
                await self.crash(e)


def make_app(settings: Settings, id: str | None = None) -> BatchApp:
    """The app of one worker process; `id` is the consumer group, `kafka.group` if not given.

    Its agents take `raw` keys and values. It declares no topics (`streams.topics` makes them) and listens on nothing.
    Raises SettingError where the settings of [kafka] contradict each other.
    """
    kafka = settings.kafka
    urls = [URL.build(scheme="aiokafka", host=host, port=port) for host, port in addresses(kafka)]
    app = BatchApp(
        id or kafka.group,
        broker=urls,
        broker_credentials=credentials(access(kafka)),
        broker_client_id=CLIENT_ID,
        broker_commit_interval=COMMIT_SECONDS,
        broker_heartbeat_interval=min(1.0, kafka.session_seconds / 3),
        broker_max_poll_interval=MAX_POLL_SECONDS,
        broker_max_poll_records=kafka.max_poll_records,
        broker_rebalance_timeout=REBALANCE_SECONDS,
        broker_request_timeout=max(REQUEST_SECONDS, kafka.session_seconds + 1),
        broker_session_timeout=kafka.session_seconds,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=FETCH_BYTES,
        consumer_metadata_max_age_ms=METADATA_MS,
        store="memory://",
        stream_buffer_maxsize=BUFFERED_BATCHES,
        stream_wait_empty=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
    )
    app.transport = BatchTransport(urls, app, app.loop)
    return app


async def partition_states(app: BatchApp, topics: Iterable[str]) -> list[PartitionState]:
    """The state of each assigned partition of `topics`; empty before the first assignment.

    Raises BrokerUnavailable if the consumer's thread does not answer within 5 s.
    """
    consumer = app.consumer
    assert isinstance(consumer, BatchConsumer)
    thread = consumer._thread
    if thread._consumer is None:
        return []
    # Not by the thread's queue of calls: fetches and commits that wait for a dead broker would hold this up.
    asked = asyncio.run_coroutine_threadsafe(thread.states(frozenset(topics), time.time()), thread.thread_loop)
    try:
        return await asyncio.wait_for(asyncio.wrap_future(asked), timeout=5.0)
    except TimeoutError as e:
        raise BrokerUnavailable("the consumer's thread did not answer within 5 s") from e


def credentials(reach: Access) -> faust.SASLCredentials | faust.SSLCredentials | None:
    """Faust's form of the access to the broker."""
    if reach.mechanism is not None:
        return faust.SASLCredentials(
            username=reach.username, password=reach.password, ssl_context=reach.tls, mechanism=reach.mechanism
        )
    return None if reach.tls is None else faust.SSLCredentials(reach.tls)
