"""The weekly report over an embedded store: its verdicts, its three forms, and that it is made once and in time."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dashboards.reports.gather import in_force
from dashboards.reports.weeks import week_of
from schemas.baselines import Baseline
from schemas.errors import UsageError
from schemas.settings import Settings
from streams import reporting
from streams.ruleset import read_rules
from tests.support.cli import Mirqab
from tests.support.seed import HOSTILE
from tests.support.weeks import MONDAY, WEEK, keep, learnt, log_of, observe, opened, records

SETTINGS = Settings()
RULES = read_rules(SETTINGS)
AFTER_NS = (MONDAY + 2 * WEEK) * 1_000_000_000
BASELINES = [("c", 3, "proposed"), ("b", 2, "given"), ("a", 1, "learnt")]  # id, number, origin
HOSTILE_MODEL = HOSTILE[0]


@pytest.fixture(scope="module")
def normal(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Baseline]]:
    """A log of a normal week, 2026-W10, and its baseline."""
    path = log_of(tmp_path_factory.mktemp("normal") / "normal.jsonl", records(MONDAY - WEEK, 3000, 1))
    return path, learnt(path)


@pytest.fixture
def mirqab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Mirqab:
    monkeypatch.setenv("MIRQAB_STORE_FOLDER", str(tmp_path / "store"))
    return Mirqab(capsys)


def filled(tmp_path: Path, normal: tuple[Path, list[Baseline]], *weeks: Sequence[Any]) -> None:
    log = log_of(tmp_path / "week.jsonl", *weeks)
    keep(tmp_path / "store", [normal[0], log], normal[1])


def test_a_week_that_changed(mirqab: Mirqab, tmp_path: Path, normal: tuple[Path, list[Baseline]]) -> None:
    filled(tmp_path, normal, list(records(MONDAY, 3000, 2, x2=0.6, missing=0.2)))
    (told,) = mirqab.json("report", "weekly", "--week", "2026-W11", "--output", tmp_path / "out")
    assert told["verdict"] == "look"
    assert "2 of 5 features moved enough to matter" in told["summary"]
    named = [(c["feature"], c["kind"]) for c in told["sections"]["changed"]["changes"] if c["verdict"] == "changed"]
    assert sorted(named) == [("x1", "missing"), ("x2", "values")]
    assert {s["segment"] for s in told["sections"]["segments"]["segments"]} == {"region=doha", "region=wakra"}
    page, text = ((tmp_path / "out" / f"weekly_loans_2026-W11.{end}").read_text() for end in ("html", "txt"))
    assert "Look at" in page
    assert "Look at" in text
    assert len(text.splitlines()) < 10
    # Complete in itself: nothing is asked for, nothing runs.
    assert re.findall(r"<script|\bsrc=|\bhref=|url\(|@import|https?:", page) == []


def test_a_healthy_week_and_one_nobody_answered(
    mirqab: Mirqab, tmp_path: Path, normal: tuple[Path, list[Baseline]]
) -> None:
    filled(tmp_path, normal, list(records(MONDAY, 3000, 3)))
    (healthy,) = mirqab.json("report", "weekly", "--week", "2026-W11", "--model", "loans")
    assert (healthy["verdict"], healthy["summary"].endswith("Nothing to do.")) == ("nothing to do", True)
    (none,) = mirqab.json("report", "weekly", "--week", "2026-W12", "--all")
    assert (none["verdict"], "answered nothing" in none["summary"]) == ("no traffic", True)
    assert "answered nothing in week 2026-W20" in mirqab.refused(
        "report", "weekly", "--week", "2026-W20", "--model", "a"
    )
    assert mirqab("report", "weekly", "--week", "2026-W20")[:2] == (0, "")
    assert "written as 2026-W47" in mirqab.refused("report", "weekly", "--week", "next")


def test_eight_rows_are_not_enough(mirqab: Mirqab, tmp_path: Path, normal: tuple[Path, list[Baseline]]) -> None:
    filled(tmp_path, normal, list(records(MONDAY, 8, 4, x0=9.0)))
    (told,) = mirqab.json("report", "weekly", "--week", "2026-W11")
    assert (told["verdict"], "8 answers are too few" in told["summary"]) == ("not enough data", True)


def test_a_version_without_a_baseline_is_named(
    mirqab: Mirqab, tmp_path: Path, normal: tuple[Path, list[Baseline]]
) -> None:
    new = [{**record, "version": "2"} for record in records(MONDAY + 3600, 150, 8)]
    filled(tmp_path, normal, list(records(MONDAY, 3000, 3)), new)
    (told,) = mirqab.json("report", "weekly", "--week", "2026-W11")
    assert told["verdict"] == "look"
    assert "not enough data of version 2 (150 answers): no baseline, so none was scored." in told["summary"]
    assert "Look at version 2 (150 answers), because nothing watches it" in told["summary"]


def test_a_changed_schema_is_named(mirqab: Mirqab, tmp_path: Path, normal: tuple[Path, list[Baseline]]) -> None:
    week = list(records(MONDAY, 2000, 5))
    for record in week:
        features = record["features"]
        features["x9"] = features.pop("x3")
        features["kind"] = len(features["kind"])
    filled(tmp_path, normal, week)
    (told,) = mirqab.json("report", "weekly", "--week", "2026-W11")
    assert told["sections"]["changed"]["schema"] == {"new": ["x9"], "gone": ["x3"], "retyped": ["kind"]}
    assert told["verdict"] == "look"
    assert "Look at x3, kind first" in told["summary"]


def test_a_model_without_a_baseline_and_with_a_hostile_name(mirqab: Mirqab, tmp_path: Path) -> None:
    week = [{**record, "model": HOSTILE_MODEL, "prediction": HOSTILE[4]} for record in records(MONDAY, 300, 6)]
    keep(tmp_path / "store", [log_of(tmp_path / "bad.jsonl", week)], [])
    code, out, _ = mirqab("report", "weekly", "--week", "2026-W11", "--output", tmp_path / "out")
    assert (code, "not enough data" in out) == (0, True)
    (page,) = (tmp_path / "out").glob("*.html")
    assert "<script>alert" not in page.read_text()
    assert "&lt;script&gt;" in page.read_text()
    assert page.parent == tmp_path / "out"


def test_made_again_it_replaces_and_missed_weeks_are_made_up_for(
    tmp_path: Path, normal: tuple[Path, list[Baseline]]
) -> None:
    log = log_of(tmp_path / "week.jsonl", records(MONDAY, 2000, 7))

    async def story() -> None:
        async with opened(tmp_path / "store") as store:
            await observe(store, [normal[0], log], normal[1])
            assert await reporting.report_missing(store, SETTINGS, RULES, AFTER_NS) == (3, [])
            assert await reporting.report_missing(store, SETTINGS, RULES, AFTER_NS) == (0, [])
            early = (MONDAY + WEEK // 2) * 1_000_000_000
            await reporting.weekly(store, SETTINGS, RULES, "loans", "2026-W11", early)
            listed = await store.query("SELECT period, made_ns FROM reports_now ORDER BY period")
            assert [row["period"] for row in listed] == ["2026-W10", "2026-W11", "2026-W12"]
            (row,) = await store.query("SELECT json FROM reports_now WHERE period = '2026-W11'")
            assert json.loads(row["json"])["verdict"] == "nothing to do"

    asyncio.run(story())


def test_a_past_week_is_judged_by_what_was_in_force_then(tmp_path: Path, normal: tuple[Path, list[Baseline]]) -> None:
    """A baseline given later judges the weeks that it scored, and no earlier one."""
    weeks = [log_of(tmp_path / f"{i}.jsonl", records(MONDAY + i * WEEK, 2000, 20 + i, x2=0.9)) for i in range(2)]
    (later,) = (msgspec.structs.replace(each, number=2, origin="given") for each in learnt(weeks[0]))

    async def story() -> None:
        async with opened(tmp_path / "store") as store:

            async def told(week: str) -> Any:
                await reporting.weekly(store, SETTINGS, RULES, "loans", week, AFTER_NS)
                (row,) = await store.query(f"SELECT json FROM reports_now WHERE period = '{week}'")
                return json.loads(row["json"])

            await observe(store, [normal[0], weeks[0]], normal[1])
            before = await told("2026-W11")
            assert (before["verdict"], "x2" in before["summary"]) == ("look", True)
            await observe(store, [weeks[1]], [later])
            assert await told("2026-W11") == before
            after = await told("2026-W12")
            assert (after["verdict"], after["summary"].endswith("Nothing to do.")) == ("nothing to do", True)

    asyncio.run(story())


def test_what_nothing_scored_is_judged_by_the_first_baseline_there_was() -> None:
    """A history that was sent all at once, and another baseline approved since."""
    listed = [{"id": id, "version": "1", "number": n, "origin": o} for id, n, o in BASELINES]
    unscored, by_first = ({"version": "1", "baselines": ids} for ids in ([], ["a", "b"]))
    assert in_force(listed, [unscored]) == listed[2]
    assert in_force(listed, [{"version": "2", "baselines": []}, by_first]) == listed[1]
    assert in_force(listed, [{"version": "2", "baselines": []}]) is None


def test_weeks_are_those_of_the_calendar() -> None:
    assert week_of("2026-W53").name == "2026-W53"
    assert week_of("2026-W11").from_ns == MONDAY * 1_000_000_000
    with pytest.raises(UsageError, match="ISO 8601"):
        week_of("2025-W53")
