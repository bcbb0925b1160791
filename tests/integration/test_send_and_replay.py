"""The real attack log through `replay`, and through `send` and a worker on a real Kafka, gives the same rows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.clickhouse import ClickHouseProcess
from tests.support.kafka import KafkaBroker
from tests.support.line import Workers, give_baselines
from tests.support.same import assert_same_as_files

LOG = Path(__file__).resolve().parents[3] / "shared" / "data" / "attacks" / "inference_log_dev.jsonl.gz"
MIRQAB = str(Path(sys.executable).parent / "mirqab")

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]


@pytest.mark.skipif(not LOG.exists(), reason="the shared development data are not beside this clone")
def test_replay_and_worker_store_the_same(
    kafka: KafkaBroker, clickhouse: ClickHouseProcess, topic_name: str, tmp_path: Path
) -> None:
    kafka.create_topic(topic_name, 2, retention_ms="-1")
    workers = Workers(kafka, clickhouse, topic_name, f"{topic_name}-w", tmp_path)
    plain = {**workers.env, "MIRQAB_LINE_BLOCK_RECORDS": "4096"}
    learnt, replayed = tmp_path / "learnt", tmp_path / "replayed"
    subprocess.run([MIRQAB, "replay", str(LOG), "--output", str(learnt)], env=plain, check=True)
    given = learnt / "baselines.jsonl"
    files = [MIRQAB, "replay", str(LOG), "--topic", topic_name, "--partitions", "2", "--baselines", str(given)]
    subprocess.run([*files, "--output", str(replayed)], env=plain, check=True)

    give_baselines(workers, given)
    sent = subprocess.run([MIRQAB, "send", str(LOG), "--json"], env=workers.env, check=True, stdout=subprocess.PIPE)
    total = json.loads(sent.stdout)["sent"]
    workers.start()
    workers.wait_for(lambda: workers.count("events") == total, 120, "the events")
    workers.wait_for(lambda: workers.said("worker is up") > 0 and workers.settled(), 120, "the last close")
    workers.stop()

    assert workers.count("events") == total
    assert workers.count("alerts") > 0
    assert_same_as_files(workers, replayed)
