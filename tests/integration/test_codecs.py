"""Topics of every compression can be read by the clients we use; the codec packages are easily forgotten."""

from __future__ import annotations

import pytest
from aiokafka import AIOKafkaConsumer
from confluent_kafka import Producer
from kafka import KafkaConsumer

from tests.support.kafka import KafkaBroker

pytestmark = pytest.mark.kafka
VALUES = [b"x" * 1000 + str(i).encode() for i in range(50)]


@pytest.fixture(params=["none", "gzip", "snappy", "lz4", "zstd"])
def topic(request: pytest.FixtureRequest, kafka: KafkaBroker, topic_name: str) -> str:
    """A topic with VALUES in it, compressed by librdkafka."""
    kafka.create_topic(topic_name)
    producer = Producer(kafka.client_settings() | {"compression.type": request.param, "linger.ms": 50})
    for value in VALUES:
        producer.produce(topic_name, value)
    assert producer.flush(30) == 0
    return topic_name


async def test_aiokafka_reads_it(kafka: KafkaBroker, topic: str) -> None:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        assert [(await consumer.getone()).value for _ in VALUES] == VALUES
    finally:
        await consumer.stop()


def test_kafka_python_reads_it(kafka: KafkaBroker, topic: str) -> None:
    consumer = KafkaConsumer(
        topic, bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest", consumer_timeout_ms=20_000
    )
    try:
        assert [next(consumer).value for _ in VALUES] == VALUES
    finally:
        consumer.close()
