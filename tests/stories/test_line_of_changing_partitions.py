"""Partitions that are added while a worker runs, and one that sleeps for an hour and wakes with old news."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.clickhouse import ClickHouseProcess
from tests.support.kafka import KafkaBroker
from tests.support.line import Workers
from tests.support.same import digest
from tests.support.traffic_on_kafka import START, put, records

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]
PER_MINUTE = 150
MINUTE_NS = 60 * 10**9
Placed = list[tuple[int, int, bytes]]


def minutes(first: int, last: int, partitions: tuple[int, ...]) -> Placed:
    """What the partitions get in turn in these minutes of event time, the last one excluded."""
    found = list(records(last * PER_MINUTE, per_minute=PER_MINUTE))[first * PER_MINUTE :]
    return [(partitions[i % len(partitions)], at_ms, value) for i, (at_ms, value) in enumerate(found)]


def late(workers: Workers) -> int:
    """Events that came after their minute had closed."""
    return int(workers.query("SELECT sum(vectors['n'][1]) AS n FROM minutes_late_now")[0]["n"])


def test_added_partitions_are_read_and_judged(
    kafka: KafkaBroker, clickhouse: ClickHouseProcess, topic_name: str, tmp_path: Path
) -> None:
    kafka.create_topic(topic_name, 2, retention_ms="-1")
    # So that no partition falls idle before the second half is there: what is idle everywhere is closed, new partitions
    # or not, and they may be noticed five seconds after they were added.
    workers = Workers(kafka, clickhouse, topic_name, f"{topic_name}-w", tmp_path, MIRQAB_LINE_IDLE_SECONDS="15")
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
    assert late(workers) == workers.query("SELECT count() AS n FROM events_now WHERE bitAnd(flags, 2) = 2")[0]["n"]


def judged(workers: Workers, until_ns: int) -> dict[str, tuple[int, int]]:
    """What was judged of the minutes up to this one, in numbers that change when a row does."""
    ends = {"minutes": until_ns, "readings": until_ns + MINUTE_NS, "alerts": until_ns + MINUTE_NS}
    column = {"minutes": "minute_ns"}
    return {name: digest(workers, name, f"{column.get(name, 'at_ns')} <= {end}") for name, end in ends.items()}


def test_what_a_sleeping_partition_brings_too_late_changes_no_judged_minute(
    kafka: KafkaBroker, clickhouse: ClickHouseProcess, topic_name: str, tmp_path: Path
) -> None:
    kafka.create_topic(topic_name, 4, retention_ms="-1")
    workers = Workers(kafka, clickhouse, topic_name, f"{topic_name}-w", tmp_path, MIRQAB_LINE_IDLE_SECONDS="8")
    workers.start_up()
    awake = minutes(0, 20, (0, 1, 2, 3)) + minutes(20, 95, (0, 1, 2))
    put(kafka, topic_name, awake)
    workers.wait_for(lambda: workers.stored() == len(awake), 60, "what came while a partition slept")
    workers.wait_for(workers.settled, 60, "the hour without it")
    until_ns = int(workers.query("SELECT max(minute_ns) AS m FROM minutes_now")[0]["m"])
    assert until_ns >= (START + 94 * 60) * 10**9
    before, late_before = judged(workers, until_ns), late(workers)
    assert before["minutes"][0] > 0
    assert before["readings"][0] > 0

    # Ninety minutes late by the partition's own time, and an hour late by that of the others only.
    old = minutes(5, 6, (3,)) + minutes(35, 36, (3,))
    woken, others = minutes(96, 97, (3,)), minutes(96, 109, (0, 1, 2))
    put(kafka, topic_name, old + woken)
    workers.wait_for(lambda: late(workers) >= late_before + len(old), 60, "the old news")
    put(kafka, topic_name, others)
    total = len(awake) + len(old) + len(woken) + len(others)
    workers.wait_for(lambda: workers.stored() == total, 60, "the rest")
    workers.wait_for(workers.settled, 60, "the last close")
    assert workers.stop() == [0]

    assert judged(workers, until_ns) == before
    born_late = sum(b'"id": "r14998"' in value for _, _, value in others)  # one of the traffic's own
    assert late(workers) == late_before + len(old) + born_late
    flagged = workers.query("SELECT count() AS n FROM events_now WHERE bitAnd(flags, 2) = 2")[0]["n"]
    assert flagged == late(workers) - len(old) // 2, "what is late by the others' time only, the judge finds"
    assert flagged == workers.query("SELECT sum(late) AS n FROM blocks_now")[0]["n"]
