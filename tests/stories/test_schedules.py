"""Five weeks of reports and drills that make themselves, by a simulated clock: a kill, a restart, three weeks down.

What was due meanwhile is made up once; nothing is made, drilled or mailed twice; a defect is seen and ends nothing.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dashboards.console.pages.wellness import rounds_checks
from dashboards.console.view import Asker, View
from monitors.drills import all_kinds
from schemas.incidents import Incident
from schemas.receivers import Receiver
from schemas.settings import Settings
from streams import blindness, drillround
from streams.blindness import Blindness
from streams.drilling import drill
from streams.drillround import keep_drilling
from streams.reporting import keep_reporting
from streams.ruleset import read_rules
from streams.sinks.clickhouse import ClickHouseStore
from tests.support.receivers import Told, smtp_server
from tests.support.weeks import MONDAY, WEEK, learnt, log_of, observe, opened, records

BEGIN, HOUR, DAY = MONDAY + WEEK, 3600, 86_400
STEP = 12 * HOUR  # the loops ask for an hour; that they sleep longer makes the story shorter, not easier
# What only makes it slower, the watch on attacks for one, is left out.
SETTINGS = Settings().replace("judge", model_slots=1).replace("line", max_queries=0)
SETTINGS = SETTINGS.replace("drills", events=1000).replace("reports", sample_rows=100)
RULES = read_rules(SETTINGS)
DRILLS = "SELECT at_ns FROM drills ORDER BY at_ns"
REPORTS = "SELECT period, made_ns FROM reports ORDER BY made_ns, period"


class Over(Exception):
    """This stretch of the story is."""


class Time:
    """Seconds since BEGIN; a loop that sleeps moves it on."""

    def __init__(self, day: float, until: float) -> None:
        self.now, self.until = BEGIN + int(day * DAY), BEGIN + int(until * DAY)

    def ns(self) -> int:
        return self.now * 10**9

    async def sleep(self, seconds: float) -> None:
        self.now += max(int(seconds), STEP)
        if self.now >= self.until:
            raise Over


async def live(store: ClickHouseStore, settings: Settings, day: float, until: float) -> None:
    """The process that makes both runs from one day to another."""
    for keep in (keep_reporting, keep_drilling):
        time = Time(day, until)
        with pytest.raises(Over):
            await keep(store, settings, RULES, time.ns, time.sleep)


def days(rows: Sequence[Mapping[str, Any]], column: str) -> list[float]:
    return sorted({(int(row[column]) // 10**9 - BEGIN) / DAY for row in rows})


async def here(*args: Any) -> Any:
    """Drills in this process: that they have one of their own is tested elsewhere, and costs seconds each."""
    return await drill(*args)


async def killed(*args: Any) -> Any:
    raise asyncio.CancelledError


async def broken(*args: Any) -> Any:
    raise KeyError("a defect")


async def words(store: ClickHouseStore, day: float) -> dict[str, str]:
    """What the health page says of both."""
    view = View(Asker(store), SETTINGS, {}, (BEGIN + int(day * DAY)) * 10**9, {}, 0)
    found = {row["name"]: row for row in await view.ask("rounds_last")}
    return {check.name: f"{check.word}: {check.finding}" for check in rounds_checks(view, found)}


def settings_of(port: int) -> Settings:
    options = {"host": "127.0.0.1", "port": port, "tls": "none", "sender": "m@bank.example", "to": ["o@bank.example"]}
    return replace(SETTINGS, receivers={"post": Receiver("post", "email", options)}).replace("reports", mail_by="post")


async def test_what_makes_itself_is_made_once_whatever_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def drills(run: Callable[..., Any]) -> None:
        monkeypatch.setattr(drillround, "_apart", run)

    monkeypatch.setattr(drillround, "all_kinds", lambda: {"fault_errors": all_kinds()["fault_errors"]})
    base = log_of(tmp_path / "base.jsonl", records(MONDAY - 40_000, 2000, 1, span=36_000))
    log = log_of(
        tmp_path / "log.jsonl",
        records(MONDAY, 700, 2, span=4800),
        *(({**r, "model": "other"} for r in records(MONDAY + n * WEEK, 8, 2 + n)) for n in range(1, 5)),
    )
    told = Told()
    with smtp_server(told) as port:
        settings = settings_of(port)
        async with opened(tmp_path / "store") as store:
            await observe(store, [base, log], learnt(base))
            assert set((await words(store, 0)).values()) == {"look: no round has ended yet"}
            drills(here)
            await live(store, settings, 0, 6.9)
            assert days(await store.query(DRILLS), "at_ns") == [0]
            # Killed in the middle of the drills that are due on the seventh day: nothing of them is kept.
            drills(killed)
            with pytest.raises(asyncio.CancelledError):
                await live(store, settings, 7, 8)
        async with opened(tmp_path / "store") as store:
            assert days(await store.query(DRILLS), "at_ns") == [0]
            drills(here)
            await live(store, settings, 7.5, 9)
            assert days(await store.query(DRILLS), "at_ns") == [0, 7.5]
            assert (await words(store, 8.6))["Drills"] == "well: last round ended 2 h 24 min ago"
            assert (await words(store, 20))["Reports"].startswith("look: last round ended 11 d")
        # Down for three weeks, in which drills were due three times and reports on three weeks.
        async with opened(tmp_path / "store") as store:
            await live(store, settings, 30, 32)
            assert days(await store.query(DRILLS), "at_ns") == [0, 7.5, 30]
            rows = await store.query(REPORTS)
            made: dict[float, list[str]] = {}
            for row in rows:
                made.setdefault((int(row["made_ns"]) // 10**9 - BEGIN) / DAY, []).append(row["period"])
            assert made == {
                0: ["2026-W10", "2026-W11"], 7: ["2026-W12"] * 2, 30: ["2026-W13", "2026-W14", "2026-W15"],
            }  # fmt: skip
            mails = [email.message_from_bytes(body, policy=email.policy.default) for body in told.bodies]
            assert len({mail["message-id"] for mail in mails}) == len(mails) == 7
            # A defect is seen where people look, and the next round is tried.
            drills(broken)
            monkeypatch.setattr("streams.mailing.mail_owed", broken)
            await live(store, settings, 37, 37.6)
            said = await words(store, 37.6)
            assert said["Drills"].startswith("trouble: last round, 2 h 24 min ago: loans cannot be drilled: it failed")
            assert said["Reports"].endswith("a defect (KeyError): the log of the process says where")
            told_of: list[Incident] = []

            async def take(incidents: list[Incident]) -> None:
                told_of.extend(incidents)

            async def no_lags(settings: Settings) -> dict[tuple[str, int], tuple[int, int]]:
                return {}

            monkeypatch.setattr(blindness, "lags", no_lags)
            await Blindness(SETTINGS, store, lambda: BEGIN * 10**9, take, lambda why: None).look()
            failed = [i for i in told_of if i.rule == "round_failed"]
            assert [(i.level, i.title.partition(": ")[2].partition(":")[0]) for i in failed] == [
                ("ticket", "drills"), ("ticket", "reports"),
            ]  # fmt: skip
    assert "a defect" in caplog.text
