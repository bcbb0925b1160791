"""A pager that is killed over and over, before a receiver that is often busy: every page comes, and none as another."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from schemas.incidents import OVER, Incident
from schemas.pages import ACCEPTED, AGAIN
from schemas.settings import Settings
from schemas.tables import INCIDENTS
from streams import alertwire
from streams.embedded import embedded_broker, make_topics
from streams.incidentrows import incident_rows
from streams.migrate import migrate
from streams.paging import BEGAN, FACT
from streams.sinks.clickhouse import ClickHouseStore
from tests.support.clickhouse import ClickHouseProcess
from tests.support.line import MIRQAB
from tests.support.receivers import Told, http_server
from tests.unit.test_stages import incident

INCIDENTS_, KILLS = 32, 4


@pytest.mark.timeout(180)
async def test_kills_lose_no_page_and_forge_none(
    clickhouse: ClickHouseProcess, database_name: str, tmp_path: Path
) -> None:
    rng = random.Random(11)
    told = Told(answers=[rng.choice([ACCEPTED, ACCEPTED, AGAIN]) for _ in range(100)])
    settings = Settings().replace(
        "store", url=clickhouse.url, database=database_name, username=clickhouse.username, password=clickhouse.password
    )
    store = ClickHouseStore(settings.store, wait=False)
    await store.connect(create=True)
    await migrate(store, settings)
    async with embedded_broker() as address:
        await make_topics(address, {"mirqab.incidents": 1})
        producer = AIOKafkaProducer(bootstrap_servers=address)
        await producer.start()

        async def news(one: Incident) -> None:
            await store.insert(INCIDENTS.name, incident_rows([one]))
            await producer.send_and_wait("mirqab.incidents", alertwire.encode_incident(one), key=one.id.encode())

        with http_server(told) as url:
            config = tmp_path / "mirqab.toml"
            config.write_text(f'[receivers.duty]\nkind = "webhook"\nurl = "{url}"\n[pager]\nwait_seconds = 0.1\n')
            env = {
                **{k: v for k, v in os.environ.items() if not k.startswith("MIRQAB_")},
                "MIRQAB_CONFIG": str(config),
                "MIRQAB_KAFKA_BROKERS": address,
                "MIRQAB_KAFKA_IDEMPOTENT": "false",
                "MIRQAB_KAFKA_SESSION_SECONDS": "2",
                "MIRQAB_STORE_URL": clickhouse.url,
                "MIRQAB_STORE_DATABASE": database_name,
                "MIRQAB_STORE_USERNAME": clickhouse.username,
                "MIRQAB_STORE_PASSWORD": clickhouse.password,
            }
            log = (tmp_path / "pager.log").open("wb")
            child = subprocess.Popen([MIRQAB, "pager"], env=env, stdout=log, stderr=log)
            # What is over before the first pager of a store began is nobody's news.
            until = time.monotonic() + 60
            while not await store.query(BEGAN, {"name": FACT}) and time.monotonic() < until:
                await asyncio.sleep(0.05)
            for number in range(INCIDENTS_):
                at_ns = 1_750_000_000_000_000_000 + number
                one = incident(id=f"i-{number}", opened_ns=at_ns, updated_ns=at_ns)
                await news(one)
                if number % 2:
                    await news(replace(one, number=1, reason="1 alert joined", alerts=("1", "2")))
                if number % 4 == 0:
                    await news(replace(one, number=1, state=OVER, resolved_ns=at_ns + 1, updated_ns=at_ns + 1))
                if number % (INCIDENTS_ // KILLS) == 4:
                    # Not before it has told something, or it would only be killed while it starts.
                    until, before = time.monotonic() + 30, len(told.bodies)
                    while len(told.bodies) <= before and time.monotonic() < until:
                        time.sleep(0.01)
                    child.kill()
                    child.wait()
                    child = subprocess.Popen([MIRQAB, "pager"], env=env, stdout=log, stderr=log)
            wanted = {f"i-{n}" for n in range(INCIDENTS_)}
            over = {f"i-{n}" for n in range(0, INCIDENTS_, 4)}
            until = time.monotonic() + 60
            while time.monotonic() < until:
                heard = [(p["key"], p["kind"]) for p in told.json]
                if {k for k, kind in heard if kind == "trigger"} >= wanted and {
                    k for k, i in heard if i == "resolve"
                } >= over:
                    break
                time.sleep(0.05)
            child.send_signal(signal.SIGTERM)
            assert child.wait(30) == 0, (tmp_path / "pager.log").read_text()[-3000:]
            log.close()
        await producer.stop()
    await store.close()
    heard = [(p["key"], p["kind"]) for p in told.json]
    assert {key for key, kind in heard if kind == "trigger"} == wanted, (tmp_path / "pager.log").read_text()[-3000:]
    assert {key for key, kind in heard if kind == "resolve"} == over
    again = sum(count - 1 for count in Counter((p["key"], p["number"], p["kind"]) for p in told.json).values())
    keys = {(h["Idempotency-Key"]) for h in told.headers}
    assert len(told.bodies) - again == len(keys), "a repetition has the key of what it repeats"
    print(f"\n{INCIDENTS_} incidents, {KILLS} kills, {len(told.bodies)} pages taken, {again} of them repetitions")
