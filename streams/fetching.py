"""Faust's consumer thread for the line: fetched records come as RawRecord, and it knows where each partition stands.

What happens to a batch once it is fetched is said in `streams.batches`. From the first such thread on, every
aiokafka consumer of the process gets RawRecord, so none may need keys or headers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aiokafka.consumer import fetcher
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from schemas.events import RawRecord


@dataclass(frozen=True, slots=True)
class PartitionState:
    """Where one assigned partition stands with the broker.

    `position` is the next offset to fetch, `end` the partition's end when the broker last answered, `answered_seconds`
    how long ago that was, `fetched` the last record fetched since the assignment. None: not known yet.
    """

    partition: TP
    position: int | None
    end: int | None
    answered_seconds: float | None
    fetched: int | None

    def at_end(self, handled: int | None, within_seconds: float = 5.0) -> bool:
        """True if there is nothing to read and the broker said so lately.

        `handled` is the last offset the caller has dealt with, None if none since the assignment.
        """
        if self.position is None or self.end is None or self.answered_seconds is None:
            return False
        all_handled = self.fetched is None or (handled is not None and handled >= self.fetched)
        return all_handled and self.position >= self.end and self.answered_seconds <= within_seconds


class _PlainRecords(fetcher.PartitionRecords):  # type: ignore[misc]  # aiokafka has no types
    """aiokafka's reader of a fetched partition, giving RawRecord, not a record of twelve fields that nobody reads.

    A deleted value (null) is an empty record, which is rejected with a reason.
    """

    @staticmethod
    def _consumer_record(tp: TP, record: Any) -> RawRecord:
        return RawRecord(record.offset, record.value or b"", record.timestamp * 1_000_000)


class BatchThread(driver.AIOKafkaConsumerThread):
    """Faust's consumer thread; it also remembers the last offset fetched of each partition."""

    def __post_init__(self) -> None:
        super().__post_init__()
        fetcher.PartitionRecords = _PlainRecords  # for all of this process: aiokafka offers no other way in
        self.fetched: dict[TP, int] = {}

    async def _fetch_records(self, *args: Any, **options: Any) -> Any:
        records = await super()._fetch_records(*args, **options)
        for tp, batch in records.items():
            self.fetched[TP(*tp)] = batch[-1].offset
        return records

    async def states(self, topics: frozenset[str], now_seconds: float) -> list[PartitionState]:
        """Must run in this thread's loop: between two steps of it position and `fetched` belong together."""
        consumer = self._ensure_consumer()
        subscription = consumer._subscription.subscription
        assignment = None if subscription is None else subscription.assignment
        result = []
        if assignment is None:
            return []
        for tp in sorted(consumer.assignment()):
            if tp.topic in topics:
                state = assignment.state_value(tp)
                answered = None if state.timestamp is None else max(0.0, now_seconds - state.timestamp / 1000)
                position = state.position if state.has_valid_position else None
                ours = TP(*tp)
                result.append(PartitionState(ours, position, state.highwater, answered, self.fetched.get(ours)))
        return result
