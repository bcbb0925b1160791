"""Mirqab notices what it no longer sees, says so once, and says when it is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from dashboards.console.pages.coverage import BLIND, PARTLY, WATCHED, cell
from monitors.blind import Standing
from schemas.errors import StoreRefused, StoreUnavailable
from schemas.incidents import Incident
from schemas.modelinfo import ModelInfo
from schemas.settings import Settings
from streams import blindness
from streams.blindness import Blindness
from streams.sinks.memory import MemoryStore
from tests.support.console import RULES

MINUTE = 60_000_000_000


def test_a_lag_that_stays_while_nothing_is_committed_is_a_partition_that_stands() -> None:
    standing = Standing(10 * MINUTE)
    assert standing.look({("t", 0): (5, 9), ("t", 1): (7, 7)}, 0) == []
    assert standing.look({("t", 0): (5, 99), ("t", 1): (7, 7)}, 9 * MINUTE) == []
    assert standing.look({("t", 0): (5, 99), ("t", 1): (7, 7)}, 10 * MINUTE) == ["t/0: 94 records"]
    assert standing.look({("t", 0): (6, 99)}, 11 * MINUTE) == [], "it moves"
    assert standing.look({("t", 0): (99, 99)}, 99 * MINUTE) == [], "there is nothing to read"


class House:
    """Blindness over a store whose answers are given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store, self.told, self.away, self.now = MemoryStore(), list[Incident](), list[str](), 1
        self.rejected: dict[str, int] = {"rejects_now": 0, "records_now": 900, "rejects_before": 0, "records_before": 9}
        self.given = [{"metric": "a", "last": 9, "before": 23}]
        self.lags: dict[tuple[str, int], tuple[int, int]] = {}
        self.models = [{"model": "card-1", "minutes": 9}]
        self.files = [{"model": "card-1", "version": "1", "artifact": "aa"}]
        self.judged: list[dict[str, str]] = []
        self.store.answer("FROM blocks_now", lambda p: [self.rejected])
        self.store.answer("FROM readings", lambda p: self.given)
        self.store.answer("FROM minutes_now", lambda p: self.models)
        self.store.answer("FROM assets_now", lambda p: self.files)
        self.pushed = [{"subject": "http://g", "value": "done 0.1.0 ab12"}]
        self.store.answer("FROM actions_now", lambda p: self.judged)
        self.store.answer("kind = 'grafana'", lambda p: self.pushed)

        async def lags(settings: Settings) -> Mapping[tuple[str, int], tuple[int, int]]:
            return self.lags

        async def take(incidents: Sequence[Incident]) -> None:
            self.told += incidents

        monkeypatch.setattr(blindness, "lags", lags)
        self.settings, self.take = Settings(), take
        self.start()

    def start(self) -> None:
        """A pager begins; it knows what the store holds."""
        self.store.answer("FROM incidents_now", [{"content": r["content"]} for r in self.store.rows("incidents")])
        self.look = Blindness(self.settings, self.store, lambda: self.now, self.take, self.away.append, "ab12").look

    @property
    def said(self) -> list[tuple[str, str, str]]:
        return [(i.rule, i.state, i.level) for i in self.told]


async def test_what_could_not_be_stored_is_told_at_the_next_look(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(monkeypatch)
    house.rejected |= {"rejects_now": 90}
    house.store.fail_next(1, StoreRefused("read-only"))
    with pytest.raises(StoreRefused):
        await house.look()
    assert house.told == []
    await house.look()
    assert [i.rule for i in house.told] == ["rejects_rising"]


async def test_each_alarm_is_told_once_and_ended_once(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(monkeypatch)
    await house.look()
    assert house.told == []
    house.rejected |= {"rejects_now": 90}
    house.given.append({"metric": "gone", "last": 0, "before": 23})
    house.lags = {("inference", 0): (1, 50)}
    house.pushed[0]["value"] = "done 0.0.9 cd34"
    await house.look()
    house.now += 11 * MINUTE
    await house.look()
    assert house.said == [
        ("rejects_rising", "open", "ticket"), ("readings_gone", "open", "ticket"), ("grafana_stale", "open", "ticket"),
        ("stuck_partition", "open", "page"),
    ]  # fmt: skip
    assert house.told[0].title == (
        "Many records cannot be read: 90 of 900 records were rejected, 10.00 %; the day before 0.00 %"
    )
    house.rejected |= {"rejects_now": 0}
    await house.look()
    assert house.said[4:] == [("rejects_rising", "resolved", "ticket")]
    assert house.told[4].id == house.told[0].id
    assert [row["id"] for row in house.store.all_rows("incidents")] == [i.id for i in house.told]


async def test_a_store_that_is_away_is_told_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(monkeypatch)

    def away(parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        raise StoreUnavailable("ClickHouse did not answer")

    house.store.answer("FROM blocks_now", away)
    await house.look()
    assert house.away == [], "once may be chance"
    await house.look()
    await house.look()
    assert house.away == ["The store does not answer: ClickHouse did not answer"]
    house.store.answer("FROM blocks_now", lambda p: [house.rejected])
    await house.look()
    assert house.away[1:] == [""]


async def test_a_model_that_no_setting_names_is_told_until_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(monkeypatch)
    house.models.append({"model": "shadow", "minutes": 3})
    await house.look()
    assert house.told == [], "without [models] nothing is registered, so nothing is missing"
    house.settings = replace(house.settings, models={"card-*": ModelInfo(owner="desk")})
    house.start()
    await house.look()
    await house.look()
    assert [(i.rule, i.level, i.family, i.models) for i in house.told] == [
        ("model_unregistered", "ticket", "blindness", ("shadow",))
    ]
    house.models.append({"model": "second", "minutes": 1})
    await house.look()
    assert house.told[1].models == ("second",), "each is told by itself"
    house.settings = replace(house.settings, models={"*": ModelInfo()})
    house.start()
    await house.look()
    assert {(i.model, i.state) for i in house.told[2:]} == {("shadow", "resolved"), ("second", "resolved")}


async def test_a_changed_file_is_told_once_and_stays_until_it_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(monkeypatch)
    await house.look()
    house.files.append({"model": "card-1", "version": "2", "artifact": "other"})
    await house.look()
    assert house.told == [], "another version has another file"
    house.files.append({"model": "card-1", "version": "1", "artifact": "bb"})
    await house.look()
    house.start()
    await house.look()
    assert [(i.rule, i.level, i.family, i.model) for i in house.told] == [
        ("artifact_changed", "ticket", "fault", "card-1")
    ]
    assert house.told[0].title.endswith("card-1 1 was loaded from aa, then from bb")
    house.judged = [{"subject": house.told[0].id}]
    await house.look()
    house.start()
    await house.look()
    assert house.said[1:] == [("artifact_changed", "resolved", "ticket")], "told once"
    house.files.append({"model": "card-1", "version": "1", "artifact": "cc"})
    house.now += MINUTE
    await house.look()
    assert [i.title.endswith("loaded from bb, then from cc") for i in house.told[2:]] == [True]


def test_a_cell_of_the_coverage_says_what_is_not_watched_and_why() -> None:
    row = {"with_value": 3, "last_ns": 500}
    assert cell("drift", RULES, {"feature.psi": row}, 500)[1:4] == (WATCHED, 1, 1)
    assert cell("drift", RULES, {}, 500).word == BLIND
    assert "not enough data" in cell("drift", RULES, {"feature.psi": {**row, "with_value": 0}}, 500).gaps[0][1]
    assert "stopped" in cell("drift", RULES, {"feature.psi": row}, 500 + 4 * 60 * MINUTE).gaps[0][1]
    two = (
        *RULES,
        RULES[0].__class__(**{**{n: getattr(RULES[0], n) for n in RULES[0].__struct_fields__}, "metric": "x"}),
    )
    assert cell("drift", two, {"feature.psi": row}, 500).word == PARTLY
