"""A baseline given while a worker runs, on a real Kafka and a real store: used from the next block, kept for ever."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.clickhouse import ClickHouseProcess
from tests.support.kafka import KafkaBroker
from tests.support.line import MIRQAB, Workers
from tests.support.traffic import MONDAY, traffic

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_running_worker_uses_it_from_its_next_block(
    kafka: KafkaBroker, clickhouse: ClickHouseProcess, topic_name: str, tmp_path: Path
) -> None:
    kafka.create_topic(topic_name, 1, retention_ms="-1")
    workers = Workers(kafka, clickhouse, topic_name, f"{topic_name}-w", tmp_path)

    def mirqab(*words: str) -> Any:
        done = subprocess.run([MIRQAB, *words, "--json"], env=workers.env, check=True, stdout=subprocess.PIPE)
        return json.loads(done.stdout)

    def give(rows: list[dict[str, Any]]) -> dict[str, Any]:
        (given,) = mirqab("baseline", "set", "--from", str(written(tmp_path / "normal.jsonl", rows)))["baselines"]
        return dict(given)

    shown = subprocess.run([MIRQAB, "baseline", "show"], env=workers.env, capture_output=True, text=True, check=False)
    assert (shown.returncode, "mirqab migrate" in shown.stderr, "Traceback" in shown.stderr) == (1, True, False)
    subprocess.run([MIRQAB, "migrate"], env=workers.env, check=True, capture_output=True)
    # Before any worker has run there is no topic to publish on; the worker will read the store.
    first = give(traffic(60, 20))
    assert (first["number"], first["stored"], first["published"]) == (1, True, False)
    workers.start_up()
    mirqab("send", str(written(tmp_path / "a.jsonl", traffic(60, 40, start=MONDAY + 7200, seed=2))))
    workers.wait_for(lambda: workers.count("events") > 2000 and workers.settled(), 120, "the first hour")

    second = give(traffic(60, 20, seed=9))
    assert (second["number"], second["stored"], second["published"]) == (2, True, True)
    before = workers.count("events")
    mirqab("send", str(written(tmp_path / "b.jsonl", traffic(60, 40, start=MONDAY + 14400, seed=3))))
    workers.wait_for(lambda: workers.count("events") > before + 2000 and workers.settled(), 120, "the second hour")
    assert workers.stop() == [0]

    used = workers.query(
        "SELECT baseline, count() AS n, min(ts) AS since FROM events_now GROUP BY baseline ORDER BY since"
    )
    assert [row["baseline"] for row in used] == [first["id"], second["id"]]
    judged = workers.query("SELECT DISTINCT baseline FROM readings_now WHERE metric = 'feature.psi'")
    assert {row["baseline"] for row in judged} == {first["id"], second["id"]}
    mirqab("baseline", "approve", second["id"], "--by", "Sara", "--reason", "checked")
    listed = mirqab("baseline", "show", "card")
    assert [(row["number"], [a["by"] for a in row["approvals"]]) for row in listed] == [(1, []), (2, ["Sara"])]
    assert mirqab("baseline", "diff", first["id"], second["id"])["features"][0]["psi"] < 0.1
