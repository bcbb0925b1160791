"""Nothing lost, nothing twice, same alerts: a worker that is killed, starved and joined against one left alone."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.clickhouse import ClickHouseProcess
from tests.support.kafka import KafkaBroker
from tests.support.line import Workers, load

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(400)]
COUNT = 20_000
REJECTS = COUNT // 1000


def settled(workers: Workers) -> Callable[[], bool]:
    """True once everything is stored and the judge has nothing left to close."""
    return lambda: workers.count("events") + workers.count("rejects") == COUNT and workers.settled()


def test_kills_and_a_failing_store_change_nothing(
    kafka: KafkaBroker, clickhouse: ClickHouseProcess, topic_name: str, tmp_path: Path
) -> None:
    kafka.create_topic(topic_name, 4, retention_ms="-1")
    load(kafka, topic_name, COUNT)

    calm = Workers(kafka, clickhouse, topic_name, f"{topic_name}-calm", tmp_path)
    calm.start()
    calm.wait_for(settled(calm), 120, "the undisturbed run")
    assert calm.stop() == [0]
    given = calm.query("SELECT * FROM baselines_now")
    assert len(given) == 2

    rough = Workers(kafka, clickhouse, topic_name, f"{topic_name}-rough", tmp_path)
    rng = random.Random(3)
    for life in range(3):
        rough.start_up(
            MIRQAB_KAFKA_MAX_POLL_RECORDS=str(rng.choice([37, 500, 4000])),
            MIRQAB_LINE_BLOCK_RECORDS=str(rng.choice([700, 1000])),
        )
        if life == 1:
            clickhouse.fail(6, "503")
        time.sleep(rng.uniform(0.5, 3.0))
        if life == 2:
            rough.wait_for(lambda: rough.count("closes"), 60, "a close that the next life finds stored")
        rough.kill()
    rough.start()
    second = rough.start_up()
    time.sleep(3)
    second.terminate()
    rough.wait_for(settled(rough), 180, "the disturbed run")
    assert rough.stop() == [0, 0]

    for workers in (calm, rough):
        assert workers.count("events") == COUNT - REJECTS
        assert workers.count("rejects") == REJECTS
        judged = workers.query("SELECT sum(vectors['n'][1]) AS n FROM minutes_now")[0]["n"]
        late = workers.query("SELECT sum(vectors['n'][1]) AS n FROM minutes_late_now")[0]["n"]
        assert judged + late == COUNT - REJECTS, (workers.name, workers.by_minute())
        assert late == workers.query("SELECT count() AS n FROM events_now WHERE bitAnd(flags, 2) = 2")[0]["n"]
        # Every event was scored with the baseline that its block recorded for its model.
        wrong = workers.query(
            "SELECT count() AS n FROM events_now AS e ASOF JOIN blocks_now AS b ON e.log_id = b.log_id AND "
            "e.topic = b.topic AND e.partition = b.partition AND e.offset >= b.first "
            "WHERE b.baselines[concat(e.model, char(31), e.version)] != e.baseline"
        )
        assert wrong[0]["n"] == 0
