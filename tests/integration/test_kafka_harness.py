"""The broker the other integration tests stand on keeps its own promises."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from confluent_kafka import Consumer, KafkaException, Producer

from tests.support.kafka import KafkaBroker

pytestmark = pytest.mark.kafka


def send(broker: KafkaBroker, topic: str, *values: bytes) -> None:
    producer = Producer(broker.client_settings())
    for value in values:
        producer.produce(topic, value)
    assert producer.flush(30) == 0


def read(broker: KafkaBroker, topic: str, count: int) -> list[bytes | None]:
    consumer = Consumer(broker.client_settings() | {"group.id": "reader", "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    try:
        return [m.value() for m in consumer.consume(count, timeout=30)]
    finally:
        consumer.close()


def test_what_was_sent_can_be_read(kafka: KafkaBroker, topic_name: str) -> None:
    kafka.create_topic(topic_name, partitions=1, retention_ms="3600000")
    send(kafka, topic_name, b"one", b"two")
    assert read(kafka, topic_name, 2) == [b"one", b"two"]


def test_a_killed_broker_comes_back_with_its_data(new_broker: Callable[..., KafkaBroker], topic_name: str) -> None:
    broker = new_broker()
    broker.create_topic(topic_name)
    send(broker, topic_name, b"before")
    address = broker.bootstrap
    broker.kill()
    assert not broker.running
    broker.restart()
    assert broker.bootstrap == address
    assert read(broker, topic_name, 1) == [b"before"]


def test_over_tls_only_the_right_password_comes_in(new_broker: Callable[..., KafkaBroker], topic_name: str) -> None:
    broker = new_broker(tls=True)
    broker.create_topic(topic_name)
    send(broker, topic_name, b"sealed")
    assert read(broker, topic_name, 1) == [b"sealed"]
    plain = Producer(broker.client_settings() | {"sasl.mechanism": "PLAIN"})
    assert topic_name in plain.list_topics(timeout=20).topics
    wrong = Producer(broker.client_settings() | {"sasl.password": "wrong", "log_level": 0})
    with pytest.raises(KafkaException):
        wrong.list_topics(timeout=5)
