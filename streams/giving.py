"""Gives baselines to a deployment: numbers them, stores them, and tells running workers.

The order matters: first the store, then the topic, because a worker that meets an unknown baseline looks for it in the
store. A worker that starts later reads the store, so a topic that is not there yet is no fault.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.baselines import Baseline, encode
from schemas.errors import BrokerUnavailable
from schemas.settings import Kafka
from streams import topics
from streams.kafka import aio_arguments
from streams.known import store_baseline
from streams.reach import require
from streams.store import Store

LARGEST_MESSAGE = 8 << 20
NUMBERS = "SELECT model, version, max(number) AS number FROM baselines_now GROUP BY model, version"


def reachable(kafka: Kafka) -> bool:
    """Whether running workers can be told. A broker that was named must be there; the default one need not.

    Raises BrokerUnavailable or SettingError.
    """
    try:
        require(kafka)
    except BrokerUnavailable:
        if kafka.brokers != Kafka().brokers:
            raise
        return False
    return True


async def numbered(store: Store, baselines: Sequence[Baseline]) -> list[Baseline]:
    """The same baselines as given ones, each with the number that follows those its model version has."""
    rows = await store.query(NUMBERS)
    last = {(row["model"], row["version"]): int(row["number"]) for row in rows}
    result = []
    for baseline in baselines:
        key = (baseline.model, baseline.version)
        last[key] = last.get(key, 0) + 1
        result.append(msgspec.structs.replace(baseline, number=last[key], origin="given", approved_by=""))
    return result


async def give(store: Store, kafka: Kafka | None, baselines: Sequence[Baseline]) -> bool:
    """Store them, then publish them where there are brokers; returns whether workers were told.

    Raises BrokerUnavailable, which then says that they are stored.
    """
    for baseline in baselines:
        await store_baseline(store, baseline)
    if kafka is None:
        return False
    try:
        return await _publish(kafka, baselines)
    except (KafkaError, BrokerUnavailable) as e:
        raise BrokerUnavailable(
            f"stored, but running workers could not be told ({e}); they use it once they are started again"
        ) from e


async def _publish(kafka: Kafka, baselines: Sequence[Baseline]) -> bool:
    topic = topics.name(kafka, "baselines")
    if topic in await asyncio.to_thread(topics.missing, kafka):
        return False  # no worker has run yet; the first one makes the topic and reads the store
    producer = AIOKafkaProducer(
        **aio_arguments(kafka),
        acks="all",
        enable_idempotence=kafka.idempotent,
        compression_type="zstd",
        max_request_size=LARGEST_MESSAGE,
    )
    await producer.start()
    try:
        for b in baselines:
            await producer.send_and_wait(topic, encode(b), key=f"{b.model}|{b.version}".encode(), partition=0)
    finally:
        await producer.stop()
    return True
