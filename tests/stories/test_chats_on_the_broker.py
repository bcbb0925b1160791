"""The help desk's story by a broker and a worker that is killed: what an analyst reads is what the files tell."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.events import Source
from schemas.settings import Store
from streams.embedded import embedded_broker, make_topics
from streams.known import store_baseline
from streams.migrate import migrate
from streams.sinks.clickhouse import ClickHouseStore
from tests.stories.test_chats import baseline, log
from tests.stories.test_line_on_the_embedded_broker import Embedded
from tests.support.clickhouse import ClickHouseProcess
from tests.support.line import Workers
from tests.support.traffic import Made, run_line, small_settings
from tests.support.traffic_on_kafka import put

SETTINGS = {
    "MIRQAB_KAFKA_IDEMPOTENT": "false",
    "MIRQAB_KAFKA_SESSION_SECONDS": "2",
    "MIRQAB_LINE_BLOCK_RECORDS": "500",
    "MIRQAB_JUDGE_MODEL_SLOTS": "1",
    "MIRQAB_JUDGE_BASELINE_EVENTS": "2000",
    "MIRQAB_JUDGE_BASELINE_MINUTES": "60",
}
TOLD = """
SELECT rule, feature, level, principals, at_ns, n, summary FROM alerts_now
WHERE family = 'text' ORDER BY at_ns, id, transition
"""
SEEN = "SELECT principal, minute_ns, texts FROM text_minutes_now ORDER BY minute_ns, principal"


async def give(clickhouse: ClickHouseProcess, database: str) -> None:
    """The tables, and the baseline in them."""
    where = Store(url=clickhouse.url, database=database, username=clickhouse.username, password=clickhouse.password)
    store = ClickHouseStore(where, wait=False)
    await store.connect(create=True)
    await migrate(store, replace(small_settings().replace("kafka", partitions=2), store=where))
    await store_baseline(store, baseline())
    await store.close()


@pytest.mark.timeout(240)
async def test_an_analyst_reads_the_same_by_the_broker(
    clickhouse: ClickHouseProcess, topic_name: str, tmp_path: Path
) -> None:
    rows = log()
    async with embedded_broker() as address:
        await make_topics(address, {topic_name: 1})
        broker = Embedded(address)
        workers = Workers(broker, clickhouse, topic_name, topic_name, tmp_path, **SETTINGS)
        await give(clickhouse, workers.database)
        put(broker, topic_name, [(0, int(row["ts"] * 1000), json.dumps(row).encode()) for row in rows])
        workers.start()
        workers.wait_for(lambda: workers.stored() > 0, 60, "the first records")
        workers.kill()
        workers.start()
        workers.wait_for(lambda: workers.stored() == len(rows), 90, "the end of the topic")
        workers.wait_for(workers.settled, 60, "the last close")
        assert workers.stop() == [0]
    made = Made(Source("log", topic_name, 0)).add(rows)
    settings = small_settings().replace("kafka", partitions=2)
    ran = await asyncio.to_thread(run_line, made.feeds(), settings, baselines=[baseline()])
    told = workers.query(TOLD)
    names = ("rule", "feature", "level", "principals", "at_ns", "n", "summary")
    ordered = sorted(ran.told, key=lambda a: (a.transitions[-1].at_ns, a.id))
    assert told
    assert [tuple(row[name] for name in names) for row in told] == [
        (a.rule, a.series.feature, a.level, list(a.principals), a.transitions[-1].at_ns, a.n, a.summary)
        for a in ordered
        if a.family == "text"
    ]
    kept = sorted(ran.store.rows("text_minutes"), key=lambda row: (row["minute_ns"], row["principal"]))
    assert [(r["principal"], r["minute_ns"], list(r["texts"])) for r in kept] == [
        (r["principal"], r["minute_ns"], list(r["texts"])) for r in workers.query(SEEN)
    ]
