"""A worker is killed when it has told of an attack whose minute is open: nothing is judged otherwise or told twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition

from schemas.alerts import CONFIRMED, PAGE, TOLD
from schemas.events import MINUTE_NS
from schemas.pages import TRIGGER
from schemas.settings import load_settings
from streams import alertwire
from streams.embedded import embedded_broker, make_topics
from streams.incidentrows import incident_of
from streams.sinks.memory import MemoryStore
from tests.stories.test_line_on_the_embedded_broker import Embedded
from tests.stories.test_told_early import BASELINE, ROWS, pages
from tests.support.bench import prepare
from tests.support.clickhouse import ClickHouseProcess
from tests.support.line import Workers
from tests.support.live import Judged, progress
from tests.support.traffic import MONDAY
from tests.support.traffic_on_kafka import put

OPEN = MONDAY + 300  # seconds; eve has searched for a minute by then, and none of hers is closed
SETTINGS = {
    "MIRQAB_KAFKA_IDEMPOTENT": "false",
    "MIRQAB_KAFKA_PARTITIONS": "1",
    "MIRQAB_KAFKA_SESSION_SECONDS": "2",
    "MIRQAB_LINE_IDLE_SECONDS": "600",  # minutes close by what comes, not because nothing does
    "MIRQAB_JUDGE_MODEL_SLOTS": "1",
}
NOTICES = "SELECT id, early, level, first_seen_ns FROM notices_now ORDER BY id, transition"
ALERTS = "SELECT id, transition FROM alerts_now ORDER BY id, transition"
CLOSED = "SELECT max(minute_ns) AS last FROM closes_now"
STANDS = "SELECT content FROM incidents_now ORDER BY id, transition DESC LIMIT 1 BY id"
Rows = list[dict[str, Any]]


async def messages(address: str, topic: str) -> list[bytes]:
    """All that was published. Asked for its end the embedded broker forgets all but the first record of a batch."""
    consumer = AIOKafkaConsumer(bootstrap_servers=address, enable_auto_commit=False)
    place, found = TopicPartition(topic, 0), list[bytes]()
    consumer.assign([place])
    await consumer.start()
    consumer.seek(place, 0)
    while len(found) < (consumer.highwater(place) or 1):
        for records in (await consumer.getmany(timeout_ms=500)).values():
            found += [record.value for record in records]
    await consumer.stop()
    return found


def send(broker: Embedded, topic: str, rows: Rows) -> None:
    put(broker, topic, ((0, int(row["ts"] * 1000), json.dumps(row).encode()) for row in rows))


def stands(workers: Workers) -> tuple[str, str]:
    """Whether the one incident still rests on what was told before its minute closed, and its level."""
    (row,) = workers.query(STANDS)
    incident = incident_of(row["content"])
    return incident.early, incident.level


@pytest.mark.timeout(120)
async def test_a_worker_killed_between_notice_and_close_tells_nothing_twice(
    clickhouse: ClickHouseProcess, topic_name: str, tmp_path: Path
) -> None:
    async with embedded_broker() as address:
        await make_topics(address, {topic_name: 1})
        broker = Embedded(address)
        workers = Workers(broker, clickhouse, topic_name, topic_name, tmp_path, **SETTINGS)
        settings = load_settings(environ=workers.env)
        await prepare(settings, [BASELINE])

        send(broker, topic_name, [row for row in ROWS if row["ts"] < OPEN])
        workers.start()
        workers.wait_for(lambda: workers.count("incidents"), 60, "the incident of a notice")
        workers.kill()
        (told,) = workers.query(NOTICES)
        assert (told["early"], workers.query(ALERTS)) == (TOLD, [])
        assert workers.query(CLOSED)[0]["last"] < told["first_seen_ns"] - MINUTE_NS

        send(broker, topic_name, [row for row in ROWS if row["ts"] >= OPEN])
        workers.start()
        workers.wait_for(lambda: stands(workers) == ("", PAGE), 60, "the page of the closed minutes")
        assert workers.stop() == [0]
        alerts = [alertwire.decode(each) for each in await messages(address, f"{topic_name}.alerts")]
        incidents = [alertwire.decode_incident(each) for each in await messages(address, f"{topic_name}.incidents")]

    closes = Judged(MemoryStore(), [BASELINE], looks=False, settings=settings)
    await closes.start()
    await closes.read(await progress(ROWS, [BASELINE], settings))
    ledger = [alertwire.encode(alert) for alert in closes.told]
    assert [alertwire.encode(alert) for alert in alerts if not alert.early] == ledger
    assert [(row["id"], row["transition"]) for row in workers.query(ALERTS)] == [(told["id"], 0), (told["id"], 1)]
    rows = [(row["id"], row["early"]) for row in workers.query(NOTICES)]
    assert rows == [(told["id"], TOLD), (told["id"], CONFIRMED)]

    heard = await pages([one] for one in incidents)
    loud = [(page.key, page.level) for page in heard if page.kind == TRIGGER]
    # How sure the notice was depends on when the worker looked.
    assert loud == [(f"i-{told['id']}", level) for level in dict.fromkeys((told["level"], PAGE))]
