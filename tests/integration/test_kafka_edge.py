"""On a real Kafka: batches arrive whole and in order, floors alone are committed, and nothing is lost whoever dies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, Producer, TopicPartition
from kafka import KafkaConsumer

from schemas.errors import BrokerUnavailable, SettingError, TopicError
from schemas.settings import Kafka
from streams import topics
from streams.kafka import admin_arguments
from tests.support.kafka import KafkaBroker

pytestmark = pytest.mark.kafka

ROOT = Path(__file__).resolve().parents[2]
PARTITIONS = 2
BLOCK = 1000


@dataclass
class Workers:
    """Starts workers of one group on one topic, and ends what is left of them."""

    broker: KafkaBroker
    topic: str
    out: Path
    pause: float = 0.0

    def __post_init__(self) -> None:
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, **environment: str) -> subprocess.Popen[bytes]:
        env = os.environ | {
            "PYTHONPATH": str(ROOT),
            "MIRQAB_KAFKA_BROKERS": self.broker.bootstrap,
            "MIRQAB_KAFKA_GROUP": self.topic,
            "MIRQAB_KAFKA_SESSION_SECONDS": "2",
            "MIRQAB_KAFKA_MAX_POLL_RECORDS": "300",
        }
        log = self.out.with_suffix(f".log{len(self.started)}").open("wb")
        arguments = [self.topic, str(self.out), str(BLOCK), str(self.pause)]
        command = [sys.executable, str(ROOT / "tests/support/edge_worker.py"), *arguments]
        with log:
            self.started.append(subprocess.Popen(command, env=env | environment, stderr=log, stdout=log))
        return self.started[-1]

    def batches(self) -> list[tuple[int, int, int, int]]:
        lines = self.out.read_text().splitlines() if self.out.exists() else []
        return [tuple(map(int, line.split(","))) for line in lines if line.count(",") == 3]  # type: ignore[misc]

    def seen(self) -> set[tuple[int, int]]:
        return {(p, offset) for p, first, last, _ in self.batches() for offset in range(first, last + 1)}

    def until(self, done: Callable[[], bool], seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            dead = [w for w in self.started if w.poll() not in (None, 0, -9)]
            assert not dead, self.logs()
            assert time.monotonic() < deadline, f"{len(self.seen())} records seen\n{self.logs()}"
            time.sleep(0.1)

    def owns(self, worker: subprocess.Popen[bytes]) -> dict[str, bool]:
        """Whether each partition of a worker is at its end, as it said last."""
        path = Path(f"{self.out}.{worker.pid}.states")
        text = path.read_text() if path.exists() else ""
        return json.loads(text) if text else {}

    def logs(self) -> str:
        return "\n".join(path.read_text()[-2000:] for path in self.out.parent.glob(f"{self.out.stem}.log*"))

    def committed(self) -> dict[int, int]:
        asked = [TopicPartition(self.topic, p) for p in range(PARTITIONS)]
        admin = self.broker.admin()
        answer = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(self.topic, asked)])
        result = answer[self.topic].result(timeout=20)
        return {tp.partition: tp.offset for tp in result.topic_partitions if tp.offset >= 0}


@pytest.fixture
def workers(kafka: KafkaBroker, topic_name: str, tmp_path: Path) -> Iterator[Workers]:
    kafka.create_topic(topic_name, partitions=PARTITIONS)
    group = Workers(kafka, topic_name, tmp_path / "seen")
    yield group
    for worker in group.started:
        worker.kill()
        worker.wait()


def send(broker: KafkaBroker, topic: str, count: int, codec: str = "none") -> set[tuple[int, int]]:
    """Send `count` records to each partition; the value is every (partition, offset) that must be seen."""
    producer = Producer(broker.client_settings() | {"compression.type": codec, "linger.ms": 5})
    for i in range(count):
        for partition in range(PARTITIONS):
            producer.produce(topic, b"%d " % i * 20, partition=partition)
        producer.poll(0)
    assert producer.flush(30) == 0
    return {(partition, offset) for partition in range(PARTITIONS) for offset in range(count)}


def test_batches_are_whole_and_only_floors_are_committed(workers: Workers) -> None:
    sent = send(workers.broker, workers.topic, 2500)
    workers.start()
    workers.until(lambda: workers.seen() >= sent)
    workers.until(lambda: workers.committed() == {0: 2000, 1: 2000})
    assert all(count == last - first + 1 for _, first, last, count in workers.batches())
    assert len(workers.batches()) < 50  # 5,000 records in batches of at most 300


def test_the_broker_says_when_all_is_handled(workers: Workers) -> None:
    send(workers.broker, workers.topic, 100)
    worker = workers.start()
    workers.until(lambda: workers.owns(worker) == {"0": True, "1": True})


def test_a_killed_worker_starts_again_at_its_floors(workers: Workers) -> None:
    sent = send(workers.broker, workers.topic, 2500)
    workers.pause = 0.05
    first = workers.start()
    workers.until(lambda: len(workers.committed()) == PARTITIONS)
    first.kill()
    first.wait()
    floors, before = workers.committed(), len(workers.batches())
    workers.start()
    workers.until(lambda: workers.seen() >= sent and len({p for p, *_ in workers.batches()[before:]}) == PARTITIONS)
    again = workers.batches()[before:]
    assert {p: min(first for q, first, _, _ in again if q == p) for p in range(PARTITIONS)} == floors


def test_workers_that_join_leave_and_die_lose_nothing(workers: Workers) -> None:
    workers.pause = 0.02
    send(workers.broker, workers.topic, 3000)
    workers.start()
    workers.until(lambda: bool(workers.batches()))
    second = workers.start()
    workers.until(lambda: len(workers.owns(second)) == 1)
    second.terminate()
    assert second.wait(timeout=30) == 0
    third = workers.start()
    workers.until(lambda: len(workers.owns(third)) == 1)
    third.kill()
    send(workers.broker, workers.topic, 3000)
    sent = {(p, offset) for p in range(PARTITIONS) for offset in range(6000)}
    workers.until(lambda: workers.seen() >= sent)
    workers.until(lambda: workers.committed() == {0: 6000, 1: 6000})


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_every_codec_is_read(workers: Workers, codec: str) -> None:
    sent = send(workers.broker, workers.topic, 500, codec)
    workers.start()
    workers.until(lambda: workers.seen() >= sent)
    settings = Kafka(brokers=workers.broker.bootstrap)
    reader = KafkaConsumer(
        workers.topic, **admin_arguments(settings), auto_offset_reset="earliest", consumer_timeout_ms=3000
    )
    assert {(record.partition, record.offset) for record in reader} == sent
    reader.close()


def test_own_topics_are_made_once_and_are_right(kafka: KafkaBroker, topic_name: str) -> None:
    kafka.create_topic(topic_name)
    settings = Kafka(brokers=kafka.bootstrap, prefix=f"own-{topic_name}", topics=[topic_name], partitions=3)
    with pytest.raises(TopicError, match=r"kafka-topics\.sh"):
        topics.check(settings)
    assert len(topics.create(settings)) == 6
    assert topics.create(settings) == []
    assert topics.check(settings) == []
    summaries = topics.name(settings, "summaries")
    assert topics.partition_counts(settings, [summaries]) == {summaries: 3}
    log_ids = topics.topic_ids(settings, [topic_name, summaries])
    assert len(set(log_ids.values())) == 2
    assert all(log_id is not None and len(log_id) == 36 for log_id in log_ids.values())


def test_workers_that_start_in_the_same_moment_all_find_the_topics(kafka: KafkaBroker, topic_name: str) -> None:
    """Who finds a topic being made by another must not go on before the broker tells of it."""
    kafka.create_topic(topic_name)

    def start(number: int) -> list[str]:
        settings = Kafka(brokers=kafka.bootstrap, prefix=f"{number // 4}-{topic_name}", topics=[topic_name])
        topics.create(settings)
        return topics.check(settings)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(start, range(20))) == [[]] * 20


def test_topics_that_would_lose_data_are_refused(kafka: KafkaBroker, topic_name: str) -> None:
    kafka.create_topic(topic_name, cleanup_policy="compact")
    kafka.create_topic(f"{topic_name}.alerts", partitions=2)
    kafka.create_topic(f"{topic_name}.summaries", partitions=4, retention_ms="3600000")
    settings = Kafka(brokers=kafka.bootstrap, prefix=topic_name, topics=[topic_name, f"{topic_name}x"], partitions=3)
    with pytest.raises(TopicError) as told:
        topics.check(settings)
    for part in (
        f"unknown topic '{topic_name}x'",
        "cleanup.policy=delete",
        "must have one",
        "kafka.partitions = 4",
        "1 h",
    ):
        assert part in str(told.value)


def test_over_tls_the_worker_reads_and_a_wrong_password_is_said(
    new_broker: Callable[..., KafkaBroker], topic_name: str, tmp_path: Path
) -> None:
    broker = new_broker(tls=True)
    broker.create_topic(topic_name, partitions=PARTITIONS)
    sent = send(broker, topic_name, 50)
    assert broker.certificates is not None
    environment = {
        "MIRQAB_KAFKA_SECURITY": "SASL_SSL",
        "MIRQAB_KAFKA_USERNAME": broker.username,
        "MIRQAB_KAFKA_PASSWORD": broker.password,
        "MIRQAB_KAFKA_CA_FILE": str(broker.certificates.ca),
    }
    group = Workers(broker, topic_name, tmp_path / "seen")
    try:
        for mechanism in ("SCRAM-SHA-512", "PLAIN"):
            group.start(**environment, MIRQAB_KAFKA_SASL_MECHANISM=mechanism, MIRQAB_KAFKA_GROUP=mechanism)
            group.until(lambda: group.seen() >= sent)
            group.out.unlink()
            assert broker.password not in group.logs()
    finally:
        for worker in group.started:
            worker.kill()
            worker.wait()
    secure = Kafka(
        brokers=broker.bootstrap,
        security="SASL_SSL",
        username=broker.username,
        password="wrong",
        ca_file=str(broker.certificates.ca),
    )
    with pytest.raises(SettingError, match="refused user"):
        topics.create(secure)


def test_a_broker_that_is_not_there_is_named() -> None:
    with pytest.raises(BrokerUnavailable, match=r"127\.0\.0\.1:1 .*is the broker running"):
        topics.create(Kafka(brokers="127.0.0.1:1"))
