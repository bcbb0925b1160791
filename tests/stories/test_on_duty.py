"""A night on duty, as people live it: settings in a file, a real Alertmanager, real mail, and the command line.

A changed schema explains the drift after it; nobody looks, so it is escalated, until somebody does; maintenance keeps
troubles back and lets an attack through; an outage spreads; what ends is ended; each of it is in the incident's log.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from schemas.alerts import PAGE, RESOLVED, TICKET, Alert, Transition
from schemas.readings import Series
from schemas.settings import Settings, load_settings
from streams.correlating import Correlator
from streams.notifiers import make_all
from streams.paging import Paging
from streams.ruleset import read_rules
from streams.sinks.clickhouse import ClickHouseStore
from tests.integration.test_receivers import alertmanager, ask, until
from tests.support.cli import Mirqab
from tests.support.clickhouse import ClickHouseProcess
from tests.support.needs import need_alertmanager
from tests.support.receivers import Told, http_server, smtp_server

MINUTE = 60_000_000_000
SIGNED = ("--by", "Amal", "--reason", "release night")
SETTINGS = """
[store]
url = "{store}"
username = "{username}"
[console]
url = "https://mirqab.bank.example"
[models."card-*"]
team = "payments"
[receivers.duty]
kind = "alertmanager"
url = "{alertmanager}"
[receivers.mail]
kind = "email"
host = "127.0.0.1"
port = {smtp}
tls = "none"
sender = "mirqab@bank.example"
to = ["owners@bank.example"]
[receivers.boss]
kind = "webhook"
url = "{hook}"
[[routes]]
receivers = ["duty"]
[[routes]]
receivers = ["mail"]
levels = ["ticket", "page"]
teams = ["payments"]
[pager]
escalate_to = ["boss"]
wait_seconds = 0.0
"""


def alert(id: str, rule: str, family: str, model: str, level: str, at_ns: int, **about: str) -> Alert:
    series = Series(model, "1", about.get("metric", "errors.share"), about.get("feature", ""))
    steps = (Transition(at_ns, level, "seen"),)
    who = ("p7",) if family == "evasion" else ()
    return Alert(
        id, rule, family, level, "open", series, who, at_ns, at_ns, None, 1e-12, 0.41, 2100, f"{rule} on {model}", "",
        "b", "h", {}, steps,
    )  # fmt: skip


def ended(one: Alert, at_ns: int) -> Alert:
    steps = (*one.transitions, Transition(at_ns, RESOLVED, "quiet"))
    return replace(one, state=RESOLVED, resolved_ns=at_ns, transitions=steps)


class Night:
    """The pager of these settings, on a clock that can be put forward, and what was heard since the last look."""

    def __init__(self, settings: Settings, store: ClickHouseStore, mail: Told, boss: Told) -> None:
        self.settings, self.mail, self.boss, self.ahead = settings, mail, boss, 0
        self.correlator = Correlator(store, settings)
        self.pager = Paging(settings, read_rules(settings), store, make_all(settings), self.clock)

    def clock(self) -> int:
        return time.time_ns() + self.ahead

    async def told(self, *alerts: Alert) -> None:
        await self.pager.take(await self.correlator.feed(alerts))
        await self.passes(0)

    async def passes(self, minutes: int) -> None:
        self.ahead += minutes * MINUTE
        await self.pager.read_acts()
        await self.pager.look()
        while self.pager.busy:
            await asyncio.sleep(0.01)

    def mails(self) -> list[str]:
        found = [email.message_from_bytes(body, policy=email.policy.default) for body in self.mail.bodies]
        self.mail.bodies.clear()
        return [str(each["subject"]) for each in found]

    def summaries(self) -> list[str]:
        url = self.settings.receivers["duty"].get("url")
        return sorted(each["annotations"]["summary"].partition(";")[0] for each in ask(f"{url}/api/v2/alerts"))


async def test_a_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    need_alertmanager()
    mirqab, mail, boss = Mirqab(capsys), Told(), Told()

    async def types(*words: str) -> Any:
        return await asyncio.to_thread(mirqab.json, *words)

    with (
        ClickHouseProcess(tmp_path / "store") as server,
        http_server(Told()) as hook,
        http_server(boss) as boss_hook,
        smtp_server(mail) as smtp,
        alertmanager(tmp_path, hook) as url,
    ):
        until(lambda: ask(f"{url}/api/v2/status"), "Alertmanager")
        file = tmp_path / "mirqab.toml"
        file.write_text(
            SETTINGS.format(store=server.url, username=server.username, alertmanager=url, smtp=smtp, hook=boss_hook)
        )
        environment = {"MIRQAB_CONFIG": str(file), "MIRQAB_STORE_PASSWORD": server.password}
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        await types("migrate")
        checked = await asyncio.to_thread(mirqab, "pager", "--check")
        assert checked[1].splitlines()[3:] == ["page: to duty", "ticket or page, teams payments: to mail"]
        settings = load_settings(file, environ=environment)
        store = ClickHouseStore(settings.store)
        await store.connect()
        night = Night(settings, store, mail, boss)
        now = night.clock()

        schema = alert("a1", "schema_changed", "fault", "card-1", PAGE, now, metric="schema.changed")
        drift = alert("a2", "feature_drift", "drift", "card-1", TICKET, now + MINUTE, feature="amount")
        await night.told(schema)
        await night.told(drift)
        assert night.mails() == ["[page] New or changed features on card-1"], "the drift is explained"
        assert night.summaries() == ["PAGE New or changed features on card-1"]

        await night.passes(31)
        assert [said["kind"] for said in boss.json] == ["escalation"]
        await types("incident", "acknowledge", "i-a1", *SIGNED)
        await night.passes(500)
        assert [said["kind"] for said in boss.json] == ["escalation", "acknowledge"], "and never repeated"

        night.ahead = 0
        await types("silence", "add", "--model", "loan-*", "--for", "2h", "--maintenance", *SIGNED)
        await night.told(
            alert("b1", "latency_slow", "fault", "loan-1", PAGE, now + 20 * MINUTE),
            alert("b2", "attack_evasion", "evasion", "loan-1", PAGE, now + 20 * MINUTE, metric="attack.evasion"),
        )
        assert [each for each in night.summaries() if "loan" in each] == [
            "PAGE Search for an adversarial example on loan-1"
        ]

        down = [alert(f"c{i}", "error_share", "fault", f"card-{i}", PAGE, now + 60 * MINUTE) for i in range(5, 9)]
        await night.told(*down[:3])
        await night.told(down[3])
        assert night.mails() == ["[page] Failed answers on 3 models, card-5 first"] + [
            "[page] Failed answers on 4 models, card-5 first"
        ]
        assert "SPREADS Failed answers on 4 models, card-5 first" in night.summaries()

        await night.told(ended(schema, now + 70 * MINUTE))
        assert night.mails() == [], "one of its alerts is open"
        await night.told(ended(drift, now + 71 * MINUTE))
        await types("incident", "close", "i-c5", "--verdict", "fault", *SIGNED)
        await night.passes(0)
        assert sorted(night.mails()) == [
            "[page] RESOLVED: Failed answers on 4 models, card-5 first",
            "[page] RESOLVED: New or changed features on card-1",
        ]
        until(lambda: len(night.summaries()) == 1, "what is over is over in Alertmanager")
        shown = await types("incident", "show", "i-c5")
        assert [(row["receiver"], row["kind"]) for row in shown["deliveries"] if row["receiver"] == "mail"] == [
            ("mail", "trigger"), ("mail", "spread"), ("mail", "resolve"),
        ]  # fmt: skip
        held = await types("incident", "show", "i-b1")
        assert [(row["answer"], row["detail"]) for row in held["deliveries"]] == [("held", "maintenance by Amal")]
        await night.pager.close()
        await store.close()
