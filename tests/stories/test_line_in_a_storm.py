"""Nothing lost, nothing twice, same alerts: the same topic read in peace, in a storm, and from files by `replay`."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.clickhouse import ClickHouseProcess
from tests.support.kafka import KafkaBroker
from tests.support.line import MIRQAB, Workers, give_baselines
from tests.support.same import assert_same, assert_same_as_files
from tests.support.storm import Storm
from tests.support.traffic_on_kafka import BROKEN, dump, fill, learnt

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(900)]
PARTITIONS = 4
CALM = {
    "MIRQAB_KAFKA_SESSION_SECONDS": "3",
    "MIRQAB_LINE_IDLE_SECONDS": "3",
    "MIRQAB_LINE_BLOCK_RECORDS": "2000",
    "MIRQAB_JUDGE_BASELINE_EVENTS": "1000",
    "MIRQAB_JUDGE_BASELINE_MINUTES": "20",
}


def all_read(workers: Workers, count: int) -> Callable[[], bool]:
    return lambda: workers.stored() == count


def same_as_replay(calm: Workers, broker: KafkaBroker, topic: str, baselines: Path, folder: Path) -> None:
    log_id = calm.query("SELECT any(log_id) AS id FROM events_now")[0]["id"]
    dump(broker, topic, log_id, PARTITIONS, folder / "dump.jsonl")
    command = [MIRQAB, "replay", str(folder / "dump.jsonl"), "--baselines", str(baselines)]
    subprocess.run([*command, "--output", str(folder / "replayed")], env=calm.env, check=True)
    assert_same_as_files(calm, folder / "replayed")


def tell(
    new_broker: Callable[..., KafkaBroker],
    store: ClickHouseProcess,
    topic: str,
    folder: Path,
    storm: dict[str, Any],
    count: int,
) -> None:
    broker = new_broker()
    broker.create_topic(topic, PARTITIONS, retention_ms="-1")
    fill(broker, topic, count, PARTITIONS)
    calm, rough = (Workers(broker, store, topic, f"{topic}-{name}", folder, **CALM) for name in ("calm", "rough"))
    baselines = learnt(calm.env, 25_000, folder)
    for workers in (calm, rough):
        give_baselines(workers, baselines)

    began = time.monotonic()
    calm.start_up()
    calm.wait_for(all_read(calm, count), 240, "the end of the topic")
    calm.wait_for(calm.settled, 60, "the last close")
    assert calm.stop() == [0]
    calm_seconds, began = time.monotonic() - began, time.monotonic()

    weather = Storm(rough, broker, store, count, **storm)
    killed = weather.run()
    rough.wait_for(all_read(rough, count), 240, "the end of the topic")
    rough.wait_for(rough.settled, 60, "the last close")
    assert rough.stop() == [0]
    reread = int(rough.query("SELECT count() AS n FROM events")[0]["n"]) - rough.count("events")
    print(
        f"\n{count:,} records, {calm_seconds:.0f} s in peace; {time.monotonic() - began:.0f} s in a storm: "
        f"{killed} kills, at least {reread:,} records stored again; {'; '.join(weather.told)}"
    )

    assert calm.count("rejects") == count // BROKEN
    assert calm.count("alerts") > 0
    assert_same(calm, rough)
    same_as_replay(calm, broker, topic, baselines, folder)


def test_a_storm_changes_nothing(
    new_broker: Callable[..., KafkaBroker], clickhouse: ClickHouseProcess, topic_name: str, tmp_path: Path
) -> None:
    storm = {"kills": 4, "seed": int(os.environ.get("MIRQAB_TEST_SEED", "1"))}
    tell(new_broker, clickhouse, topic_name, tmp_path, storm, 50_000)


@pytest.mark.soak
def test_a_long_storm_changes_nothing(
    new_broker: Callable[..., KafkaBroker], clickhouse: ClickHouseProcess, topic_name: str, tmp_path: Path
) -> None:
    storm = {"kills": 20, "seed": int(os.environ.get("MIRQAB_TEST_SEED", "1")), "store_fails_seconds": 30}
    tell(new_broker, clickhouse, topic_name, tmp_path, storm, 500_000)
