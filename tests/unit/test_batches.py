"""What the consumer does with records that a rebalance overtakes."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.settings import Settings
from streams.batches import TP, BatchConsumer, make_app


async def test_what_was_fetched_and_dropped_is_fetched_again(monkeypatch: pytest.MonkeyPatch) -> None:
    consumer = make_app(Settings()).consumer
    assert isinstance(consumer, BatchConsumer)
    done: list[str] = []

    async def fetch(timeout: float) -> tuple[dict[TP, list[Any]], frozenset[TP]]:
        done.append("fetch")
        # The rebalance has sought already, and lets the flow go on only after this fetch is back.
        consumer.stop_flow()
        return {TP("inference", 0): [object()]}, frozenset()

    async def seek() -> None:
        done.append("seek")
        if done.count("seek") == 1:
            raise TimeoutError("the coordinator is away")

    monkeypatch.setattr(consumer, "_wait_next_records", fetch)
    monkeypatch.setattr(consumer, "perform_seek", seek)
    for _ in range(3):
        consumer.resume_flow()
        assert [item async for item in consumer.getmany(1.0)] == []
    consumer.resume_flow()
    assert [item async for item in consumer.getmany(1.0)] == []
    assert done == ["fetch", "seek", "seek", "fetch"]
    consumer._thread.thread_loop.close()


async def test_a_commit_that_failed_is_not_taken_for_one_that_was_made(monkeypatch: pytest.MonkeyPatch) -> None:
    app, partition = make_app(Settings()), TP("inference", 0)
    consumer = app.consumer
    begun: list[Any] = []
    assert isinstance(consumer, BatchConsumer)
    app.floors[partition] = 2000

    async def refused(offsets: dict[TP, int]) -> bool:
        return False

    async def nothing_committed() -> dict[TP, int | None]:
        return {partition: None}

    async def begin(*partitions: Any) -> None:
        begun.extend(partitions)

    monkeypatch.setattr(consumer, "assignment", lambda: {partition})
    monkeypatch.setattr(consumer, "_commit", refused)
    monkeypatch.setattr(consumer, "seek_to_committed", nothing_committed)
    monkeypatch.setattr(consumer._thread, "seek_to_beginning", begin)
    await consumer.perform_seek()
    assert not await consumer._commit_offsets({partition: 2000})
    assert consumer.uncommitted() == {partition: 0}
    await consumer.perform_seek()
    assert len(begun) == 2, "nothing is committed, so it is read from the beginning"
    consumer._thread.thread_loop.close()
