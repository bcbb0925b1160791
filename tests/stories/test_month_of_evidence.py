"""A month of a bank as an auditor gets it: four weeks of three models, trouble in two, what people did about it,
reports, a drill, a new file of an old version, other rules. All but the traffic is made by the product's own commands.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas.settings import load_settings
from streams.migrate import migrate
from streams.packing import faults
from streams.pipeline import Line
from streams.sinks.clickhouse import ClickHouseStore
from tests.support.cli import Mirqab
from tests.support.traffic import RULES, Made
from tests.support.weeks import records

DAY, WEEK, OPENS = 86_400, 604_800, 9 * 3600
START = time.time() // WEEK * WEEK + 4 * DAY - 5 * WEEK  # a Monday: 1970 began on a Thursday
DAYS = (0, 8, 10, 14, 17, 24)  # on which the branches log, an hour each
PER_MINUTE = {"card-fraud": 24, "loan-score": 24, "branch-bot": 12}
WHY = ("--by", "Amal", "--reason", "as the runbook says")
KEY = "7f" * 32
KINDS = ("assets", "incidents", "drills", "access", "acts", "integrity", "reports")
CONFIG = """
[store]
folder = "{folder}"
[kafka]
partitions = 1
[judge]
model_slots = 4
baseline_events = 500
[models."card-*"]
team = "fraud"
owner = "L. Haddad"
purpose = "stops stolen cards"
risk = "high"
criticality = "high"
data = ["payment"]
segments = ["region"]
[models."loan-*"]
team = "credit"
owner = "S. Khan"
"""


def day(number: int) -> Iterator[dict[str, Any]]:
    """An hour of each model; on the third day loans fail, on the fifth an input of cards moves and the bot is new."""
    for k, (model, rate) in enumerate(PER_MINUTE.items()):
        shift = {"x2": 3.0} if (number, model) == (17, "card-fraud") else {}
        start = int(START) + number * DAY + OPENS
        for i, row in enumerate(records(start, 60 * rate, 100 * number + k, span=3600, **shift)):
            failed = (number, model) == (10, "loan-score") and i % 3 == 0
            file = "sha256:" + ("bb" if number >= 17 and model == "branch-bot" else model[:2]) * 8
            yield {**row, "model": model, "status": "error" if failed else "ok", "artifact_hash": file}


def fill(config: Path) -> None:
    """Two weeks under one budget of tickets, two under another, down the line into the store."""

    async def live() -> None:
        first = load_settings(config)
        store = ClickHouseStore(first.store, wait=False)
        await store.connect()
        await migrate(store, first)
        made = Made()
        for settings, days in ((first, DAYS[:3]), (first.replace("judge", false_tickets_per_week=2.0), DAYS[3:])):
            before = len(made.records)
            rows = sorted((row for number in days for row in day(number)), key=lambda row: row["ts"])
            made.add(rows)
            end_ns = int(rows[-1]["ts"] * 1e9)
            line = Line(settings, RULES, store, clock=lambda end_ns=end_ns: end_ns)  # type: ignore[misc]
            await line.run(Made(records=made.records[before:]).feeds(8192), [("inference", 0)])
        await store.close()

    asyncio.run(live())


def flipped(pack: Path, name: str) -> bool:
    """Whether a change of one bit in the middle of a file is found, and the file named."""
    whole = (pack / name).read_bytes()
    at = len(whole) // 2
    (pack / name).write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    found = any(name in text for text in faults(pack))
    (pack / name).write_bytes(whole)
    return found


def test_a_month_as_an_auditor_gets_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config, pack, mirqab = tmp_path / "mirqab.toml", tmp_path / "pack", Mirqab(capsys)
    config.write_text(CONFIG.format(folder=tmp_path / "store"))
    fill(config)
    monkeypatch.setenv("MIRQAB_CONFIG", str(config))
    monkeypatch.setenv("MIRQAB_REPORTS_SIGNING_KEY", KEY)
    failed, drift = sorted(mirqab.json("incident", "list", "--all"), key=lambda each: each["opened_ns"])
    assert [(failed["rule"], failed["level"]), (drift["rule"], drift["model"])] == [
        ("error_share", "page"), ("feature_drift", "card-fraud"),
    ]  # fmt: skip
    mirqab("incident", "acknowledge", failed["id"], *WHY)
    mirqab("incident", "close", failed["id"], "--verdict", "fault", *WHY)
    mirqab("incident", "close", drift["id"], "--verdict", "expected", *WHY)
    for baseline in mirqab.json("baseline", "show"):
        mirqab("baseline", "approve", baseline["id"], *WHY)
    mirqab("rules", "approve", *WHY)
    mirqab("text", "show", "u1", *WHY)
    mirqab("drill", "--model", "card-fraud", "--kind", "fault_unit", "--events", "1000")
    week = time.strftime("%G-W%V", time.gmtime(START + 2 * WEEK))
    told = {row["model"]: row for row in mirqab.json("report", "weekly", "--week", week)}
    assert "x2" in told["card-fraud"]["summary"]
    assert told["branch-bot"]["verdict"] == "nothing to do"
    assert "was judged a real fault" in told["loan-score"]["summary"]
    mirqab("report", "incident", failed["id"])
    assert mirqab("audit", "verify")[0] == 0
    span = ("--from", str(START), "--to", str(time.time() + 60))
    manifest = mirqab.json("report", "evidence", *span, "--output", pack, "--by", "Basem")
    assert mirqab("report", "verify", pack, "--public-key", manifest["public_key"])[0] == 0
    unseen = [path.name for path in pack.iterdir() if not flipped(pack, path.name)]
    assert (unseen, len(manifest["sha256"])) == ([], 14)

    of = {name: json.loads((pack / f"{name}.json").read_text()) for name in KINDS}
    assets = {row["model"]: row for row in of["assets"]["assets"]}
    assert [row["registered"] for row in assets.values()] == [False, True, True]
    assert len(assets["branch-bot"]["artifacts"]) == 2
    assert [i["said"] for i in of["incidents"]["incidents"]] == ["fault", "expected"]
    assert {d["kind"] for d in of["drills"]["drills"]} == {"fault_unit"}
    assert [a["action"] for a in of["access"]["access"]] == ["reveal", "export"]
    assert {"acknowledge", "verdict", "approve"} == {a["action"] for a in of["acts"]["acts"]}
    assert of["integrity"]["missing"] == 0
    assert len(of["reports"]["reports"]) == 4
    page = (pack / "index.html").read_text()
    assert "rules or settings changed to" in page, "the first state was approved, the second was another one"
    assert "a shadow model" in page
    assert "approved by nobody" not in page
    assert all(name not in page for name in ("http:", "https:", "<script"))
