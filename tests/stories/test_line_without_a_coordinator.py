"""The broker answers, and serves records, but the group's coordinator is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.clickhouse import ClickHouseProcess
from tests.support.coordinator import CoordinatorProxy
from tests.support.kafka import KafkaBroker
from tests.support.line import Workers
from tests.support.ports import free_ports
from tests.support.traffic_on_kafka import fill

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]
COUNT = 8_000


def given_up(broker: KafkaBroker, group: str) -> bool:
    """Whether the broker has put a member out of the group."""
    return any(group in line and "removing it from the group" in line for line in broker.log.splitlines())


@pytest.fixture
def broker_and_way(new_broker: Callable[..., KafkaBroker]) -> Iterator[tuple[KafkaBroker, CoordinatorProxy]]:
    """A broker that sends its clients by the proxy."""
    (port,) = free_ports(1)
    broker = new_broker(properties={"advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}"})
    way = CoordinatorProxy(port, int(broker.bootstrap.rpartition(":")[2]))
    yield broker, way
    way.close()


def test_a_worker_recovers_when_the_coordinator_comes_back(
    broker_and_way: tuple[KafkaBroker, CoordinatorProxy], clickhouse: ClickHouseProcess, topic_name: str, tmp_path: Path
) -> None:
    broker, way = broker_and_way
    broker.create_topic(topic_name, 4, retention_ms="-1")
    workers = Workers(way, clickhouse, topic_name, f"{topic_name}-w", tmp_path, MIRQAB_KAFKA_SESSION_SECONDS="3")
    child = workers.start_up()
    fill(broker, topic_name, COUNT, 4)
    workers.wait_for(lambda: workers.stored() > 0, 60, "the first records")
    way.lost = True
    fill(broker, topic_name, COUNT, 4, seed=8)
    workers.wait_for(lambda: given_up(broker, workers.name), 60, "the broker to give the worker up")
    way.lost = False
    fill(broker, topic_name, COUNT, 4, seed=9)
    workers.wait_for(lambda: workers.stored() == 3 * COUNT, 60, "the rest")
    workers.wait_for(workers.settled, 60, "the last close")
    assert child.poll() is None, "it is the same worker"
    assert workers.stop() == [0]


def test_a_worker_that_cannot_commit_says_so_and_a_new_one_finishes(
    broker_and_way: tuple[KafkaBroker, CoordinatorProxy], clickhouse: ClickHouseProcess, topic_name: str, tmp_path: Path
) -> None:
    broker, way = broker_and_way
    broker.create_topic(topic_name, 4, retention_ms="-1")
    workers = Workers(way, clickhouse, topic_name, f"{topic_name}-w", tmp_path, MIRQAB_LINE_STALL_SECONDS="6")
    child = workers.start_up()
    way.lost = True
    fill(broker, topic_name, COUNT, 4)
    assert workers.outcome(child, 60) == 1
    assert workers.said("cannot be committed") == 1

    late_comer = workers.start()
    assert workers.outcome(late_comer, 60) == 1
    assert workers.said("the consumer group deals no partitions") == 1

    way.lost = False
    workers.forget()
    workers.start_up()
    workers.wait_for(lambda: workers.stored() == COUNT, 60, "the rest")
    workers.wait_for(workers.settled, 60, "the last close")
    assert workers.stop() == [0]
