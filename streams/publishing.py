"""Publish and wait until the broker has all; tries again for as long as the broker is away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from random import Random

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streams.backoff import pauses

log = logging.getLogger("mirqab.worker")


async def publish(producer: AIOKafkaProducer, topic: str, messages: Sequence[tuple[int, bytes, bytes | None]]) -> None:
    """Messages as (partition, value, key). Raises KafkaError where trying again would not help."""
    waits = pauses(0.5, Random())
    while messages:
        try:
            sent = [await producer.send(topic, data, key=key, partition=p) for p, data, key in messages]
            await asyncio.gather(*sent)
            return
        except KafkaError as e:
            if not e.retriable:
                raise
            pause = next(waits)
            log.warning("cannot publish to %s, trying again in %.1f s: %r", topic, pause, e)
            await asyncio.sleep(pause)
