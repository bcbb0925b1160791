"""Partitions that are added while a worker runs, and one that sleeps for an hour and wakes with old news."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clickhouse import ClickHouseProcess
from tests.support.kafka import KafkaBroker
from tests.support.line import Workers
from tests.support.traffic_on_kafka import put, records

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]
PER_MINUTE = 150
Placed = Iterator[tuple[int, int, bytes]]


def minutes(first: int, last: int, partitions: tuple[int, ...]) -> Placed:
    """What the partitions get in turn in these minutes of event time, the last one excluded."""
    found = list(records(last * PER_MINUTE, per_minute=PER_MINUTE))[first * PER_MINUTE :]
    return ((partitions[i % len(partitions)], at_ms, value) for i, (at_ms, value) in enumerate(found))


def test_added_partitions_are_read_and_judged(
    kafka: KafkaBroker, clickhouse: ClickHouseProcess, topic_name: str, tmp_path: Path
) -> None:
    kafka.create_topic(topic_name, 2, retention_ms="-1")
    workers = Workers(kafka, clickhouse, topic_name, f"{topic_name}-w", tmp_path)
    workers.start_up()
    put(kafka, topic_name, minutes(0, 30, (0, 1)))
    workers.wait_for(lambda: workers.stored() == 30 * PER_MINUTE, 60, "the first half hour")

    kafka.grow_topic(topic_name, 4)
    workers.wait_for(lambda: workers.said("2 partitions were added") == 1, 30, "the added partitions")
    put(kafka, topic_name, minutes(30, 60, (0, 1, 2, 3)))
    workers.wait_for(lambda: workers.stored() == 60 * PER_MINUTE, 60, "the second half hour")
    workers.wait_for(workers.settled, 60, "the last close")
    assert workers.stop() == [0]

    found = workers.query("SELECT partition, count() AS n FROM blocks_now GROUP BY partition ORDER BY partition")
    assert [row["partition"] for row in found] == [0, 1, 2, 3]
    # Only what is late by its own partition's time is late: no minute was closed before the new ones were heard.
    late = workers.query("SELECT sum(vectors['n'][1]) AS n FROM minutes_late_now")[0]["n"]
    assert late == workers.query("SELECT count() AS n FROM events_now WHERE bitAnd(flags, 2) = 2")[0]["n"]
