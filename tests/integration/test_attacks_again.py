"""Attacks judged anew from what was stored give the alerts that were given: `principal_minutes` holds all it takes."""

from __future__ import annotations

import asyncio
from pathlib import Path

from streams.stored import replay_stored
from tests.support.kept import keep
from tests.support.queries import asks
from tests.support.traffic import RULES, learn_from, rich, small_settings, traffic


def test_stored_minutes_give_the_same_attack_alerts(tmp_path: Path) -> None:
    rows = sorted([*traffic(60, 40, seed=1, change=rich), *asks(300, "search")], key=lambda row: float(row["ts"]))
    ran = keep(tmp_path / "store", rows, [learn_from(traffic(60, 40, seed=99, change=rich))])
    settings = small_settings().replace("store", folder=str(tmp_path / "store"))
    again = asyncio.run(replay_stored(settings, RULES, None, None))
    told = [alert for alert in ran.told if alert.rule.startswith("attack_")]
    assert told
    assert [alert for alert in again if alert.rule.startswith("attack_")] == told
