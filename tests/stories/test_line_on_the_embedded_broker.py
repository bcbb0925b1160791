"""A worker that is killed on the broker Mirqab brings along: every record once, and nothing judged otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from streams.embedded import embedded_broker, make_topics
from tests.support.clickhouse import ClickHouseProcess
from tests.support.line import Workers, give_baselines
from tests.support.same import assert_same
from tests.support.traffic_on_kafka import BROKEN, learnt, put, records

COUNT, PARTITIONS, KILLS = 20_000, 4, 3
SETTINGS = {
    "MIRQAB_KAFKA_IDEMPOTENT": "false",
    "MIRQAB_KAFKA_SESSION_SECONDS": "2",
    "MIRQAB_LINE_BLOCK_RECORDS": "700",
    "MIRQAB_JUDGE_BASELINE_MINUTES": "10",
}


@dataclass(frozen=True)
class Embedded:
    """Where the embedded broker listens."""

    bootstrap: str


@pytest.mark.timeout(240)
async def test_kills_lose_nothing_on_the_embedded_broker(
    clickhouse: ClickHouseProcess, topic_name: str, tmp_path: Path
) -> None:
    async with embedded_broker() as address:
        await make_topics(address, {topic_name: PARTITIONS})
        broker = Embedded(address)
        traffic = [(i % PARTITIONS, at_ms, value) for i, (at_ms, value) in enumerate(records(COUNT))]
        calm, rough = (
            Workers(broker, clickhouse, topic_name, f"{topic_name}-{name}", tmp_path, **SETTINGS)
            for name in ("calm", "rough")
        )
        given = learnt(calm.env, COUNT, tmp_path)
        for workers in (calm, rough):
            give_baselines(workers, given)
        read, cut = 0, COUNT // (KILLS + 1)
        for _ in range(KILLS):
            put(broker, topic_name, traffic[read : read + cut])
            rough.start()
            rough.wait_for(lambda least=read: rough.stored() > least, 60, "the next records")
            rough.kill()
            read += cut
        put(broker, topic_name, traffic[read:])
        calm.start()
        rough.start()
        for workers in (calm, rough):
            workers.wait_for(lambda w=workers: w.stored() == COUNT, 120, "the end of the topic")
            workers.wait_for(workers.settled, 60, "the last close")
            assert workers.stop() == [0]

    assert calm.count("rejects") == COUNT // BROKEN
    assert_same(calm, rough)
    print(f"\n{COUNT:,} records, {KILLS} kills, {calm.count('alerts')} alerts")
