"""Asset alarms over a real store: found, told, kept, and closed by a person as any other incident."""

from __future__ import annotations

import json
import time

from dashboards.reports.weeks import week_at
from schemas.actions import closing
from schemas.incidents import Incident
from streams.actions import record
from streams.blindness import Blindness
from streams.reporting import maker
from streams.sinks.clickhouse import ClickHouseStore
from tests.support.clickhouse import ClickHouseProcess
from tests.support.console import RULES, SETTINGS, make_store

NOWHERE = SETTINGS.replace("kafka", brokers="127.0.0.1:9")


async def test_models_nobody_registered_and_a_changed_file_become_incidents(clickhouse: ClickHouseProcess) -> None:
    store = ClickHouseStore(make_store(clickhouse, "asset_alarms"), wait=False)
    told: list[Incident] = []

    async def take(incidents: list[Incident]) -> None:
        told.extend(incidents)

    def blindness() -> Blindness:
        return Blindness(NOWHERE, store, time.time_ns, take, lambda why: None)

    try:
        await blindness().look()
        found = {(i.rule, i.model) for i in told if i.rule in ("model_unregistered", "artifact_changed")}
        assert {("model_unregistered", "churn"), ("artifact_changed", "credit-score")} <= found
        assert ("model_unregistered", "card-fraud") not in found
        now_ns = time.time_ns()
        made = await maker().make_weekly(store, NOWHERE, RULES, "credit-score", week_at(now_ns).name, now_ns)
        alarms = json.loads(made["json"])["sections"]["alerts"]["alarms"]
        assert {a["rule"] for a in alarms} == {"artifact_changed", "model_unregistered"}
        assert "About the model itself" in made["html"]
        (changed,) = (i for i in told if i.rule == "artifact_changed")
        n = len(told)
        await blindness().look()
        assert len(told) == n, "a pager that begins again tells nothing twice"
        for act in closing(time.time_ns(), changed.id, (), actor="Amal", reason="a rebuild", value="expected"):
            await record(store, act)
        await blindness().look()
        assert [(i.id, i.state) for i in told[n:]] == [(changed.id, "resolved")]
        await blindness().look()
        assert len(told) == n + 1, "what was judged is not told again"
    finally:
        await store.close()
