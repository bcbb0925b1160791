"""What people do by command line, over a real store: written down once, counted, and refused with a sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitors.week import DAY_NS
from schemas.actions import REAL
from schemas.incidents import OVER
from schemas.settings import Settings
from schemas.tables import ALERTS, INCIDENTS
from streams.correlating import Correlator
from streams.incidentrows import incident_of, incident_rows
from streams.judgerows import alert_rows
from streams.rating import CONFIRMED
from streams.sinks.clickhouse import ClickHouseStore
from tests.integration.test_correlator_again import BEGIN, made
from tests.support.cli import Mirqab
from tests.support.fresh import fresh

ROWS = "SELECT content FROM incidents_now ORDER BY id, transition DESC LIMIT 1 BY id"
SIGNED = ("--by", "Amal", "--reason", "the partner called")


def with_store(folder: Path, work: Callable[[ClickHouseStore], Awaitable[Any]]) -> Any:
    """Open the embedded store for one piece of work; a command wants it to itself."""

    async def run() -> Any:
        async with fresh(Settings().replace("store", folder=str(folder))) as store:
            return await work(store)

    return asyncio.run(run())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with two incidents: two alerts on one model, one on another."""

    async def fill(store: ClickHouseStore) -> None:
        alerts = [made("a", "m", 0), made("b", "m", 5), made("c", "n", 0)]
        await store.insert(ALERTS.name, alert_rows(alerts, 1))
        await Correlator(store, Settings()).feed(alerts)

    with_store(tmp_path / "store", fill)
    monkeypatch.setenv("MIRQAB_STORE_FOLDER", str(tmp_path / "store"))
    return tmp_path / "store"


async def over(store: ClickHouseStore) -> None:
    """All incidents end."""
    ended = [replace(incident_of(row["content"]), state=OVER, number=9) for row in await store.query(ROWS)]
    await store.insert(INCIDENTS.name, incident_rows(ended))


def test_an_incident_is_listed_acknowledged_and_closed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mirqab = Mirqab(capsys)
    found = mirqab.json("incident", "list")
    assert {row["id"]: row["alerts"] for row in found} == {"i-a": ["a", "b"], "i-c": ["c"]}
    mirqab.json("incident", "acknowledge", "i-a", *SIGNED)
    assert "acknowledged" in mirqab("incident", "list")[1]
    told = mirqab.json("incident", "close", "i-a", "--verdict", "attack", *SIGNED)
    assert [(row["kind"], row["subject"]) for row in told] == [("incident", "i-a"), ("alert", "a"), ("alert", "b")]
    mirqab.json("alert", "close", "c", "--verdict", "false alarm", *SIGNED)
    shown = mirqab.json("incident", "show", "i-a")
    assert [(d["id"], bool(d["family"]), bool(d["reason"])) for d in shown["details"]] == [("a", 1, 1), ("b", 1, 1)]
    assert {"principals", "level", "summary", "runbook"} <= set(shown["details"][0])
    text = mirqab("incident", "show", "i-a")[1]
    assert all(d["summary"] in text and f"  {d['reason']}\n" in text for d in shown["details"])
    assert [(a["action"], a["value"], a["by"]) for a in shown["actions"]] == [
        ("acknowledge", "", "Amal"), ("verdict", "attack", "Amal"),
    ]  # fmt: skip
    assert "there is no incident 'x'" in mirqab.refused("incident", "note", "x", *SIGNED)
    # What is over still waits for somebody to say what it was.
    with_store(folder, over)
    assert {row["id"]: row["judged"] for row in mirqab.json("incident", "list")} == {"i-c": False}
    assert "resolved, not judged" in mirqab("incident", "list")[1]
    mirqab.json("incident", "close", "i-c", "--verdict", "expected", *SIGNED)
    assert mirqab.json("incident", "list") == []
    assert len(mirqab.json("incident", "list", "--all")) == 2
    assert "2 incidents begin with 'i-'" in mirqab.refused("incident", "note", "i-", *SIGNED)
    assert "the reason is empty" in mirqab.refused("alert", "note", "a", "--by", "Amal", "--reason", " ")

    async def days(store: ClickHouseStore) -> list[Any]:
        found = []
        for model in ("m", "n"):
            found.append(await store.query(CONFIRMED, {"model": model, "day": DAY_NS, "real": list(REAL)}))
        return found

    real, false = with_store(folder, days)
    assert {row["first"] for row in real} == {(BEGIN - 1) // DAY_NS}, "an attack's day is no healthy day"
    assert false == [], "a false alarm's day is"


def test_silences_are_added_listed_and_ended(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mirqab = Mirqab(capsys)
    assert mirqab("silence", "list")[1] == "nothing is kept back\n"
    mirqab.json("silence", "add", "--model", "m*", "--for", "2h", "--maintenance", *SIGNED)
    mirqab.json("silence", "add", "--rule", "score_drift", "--for", "30m", *SIGNED)
    kept = mirqab.json("silence", "list")
    assert [(row["action"], row["kind"], row["subject"]) for row in kept] == [
        ("maintenance", "model", "m*"), ("silence", "rule", "score_drift"),
    ]  # fmt: skip
    mirqab.json("silence", "end", "--model", "m*", *SIGNED)
    assert [row["subject"] for row in mirqab.json("silence", "list")] == ["score_drift"]
    assert "such as 30m" in mirqab.refused("silence", "add", "--rule", "x", "--for", "soon", *SIGNED)
    assert "is of models" in mirqab.refused("silence", "add", "--rule", "x", "--for", "1h", "--maintenance", *SIGNED)
