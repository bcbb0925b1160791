"""What a worker recorded from a real Kafka, through the same and through other rules, over a store server."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.clickhouse import ClickHouseProcess
from tests.support.kafka import KafkaBroker
from tests.support.line import MIRQAB, Workers, load, records
from tests.support.traffic import ROOT

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]
SHIPPED = ROOT / "monitors" / "rules"


def test_the_alerts_of_a_worker_come_again_and_other_rules_give_others(
    kafka: KafkaBroker, clickhouse: ClickHouseProcess, topic_name: str, tmp_path: Path
) -> None:
    kafka.create_topic(topic_name, 4, retention_ms="-1")
    count = 20_000
    load(kafka, topic_name, count)
    workers = Workers(kafka, clickhouse, topic_name, f"{topic_name}-w", tmp_path, MIRQAB_JUDGE_MODEL_SLOTS="2")

    def mirqab(*words: str | Path) -> Any:
        done = subprocess.run([MIRQAB, *map(str, words), "--json"], env=workers.env, check=True, stdout=subprocess.PIPE)
        return json.loads(done.stdout)

    normal = tmp_path / "normal.jsonl"
    normal.write_bytes(b"\n".join(value for _, value in records(count // 2)))
    subprocess.run([MIRQAB, "migrate"], env=workers.env, check=True, capture_output=True)
    assert len(mirqab("baseline", "set", "--from", normal)["baselines"]) == 2
    workers.start()
    workers.wait_for(
        lambda: workers.count("events") == count - count // 1000 and workers.settled(), 150, "the judgement"
    )
    assert workers.stop() == [0]

    rows = workers.query("SELECT rule, argMax(level, transition) AS reached FROM alerts_now GROUP BY id, rule")
    recorded = Counter((row["rule"], row["reached"]) for row in rows)
    assert recorded
    same = mirqab("backtest", "--rules", SHIPPED)
    for side in ("would", "was"):
        assert {(r["rule"], r["level"]): r[side] for r in same["totals"]} == recorded, side
    checked = mirqab("rules", "check")
    fired = {(r["id"], level): n for r in checked["rules"] for level, n in r["fired"].items() if n}
    assert fired == recorded

    other = tmp_path / "rules"
    shutil.copytree(SHIPPED, other)
    (other / "feature_drift.toml").unlink()
    fewer = mirqab("backtest", "--rules", other)
    assert not any(r["would"] for r in fewer["totals"] if r["rule"] == "feature_drift")
    assert any(r["was"] for r in fewer["totals"] if r["rule"] == "feature_drift")
    assert workers.query("SELECT count() AS n FROM alerts_now")[0]["n"] >= len(rows)
