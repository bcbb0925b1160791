"""Weekly reports by mail: to the owner, once, again where the server asks for it, and after a time without a server."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections import Counter
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest

from schemas.errors import SettingError, UsageError
from schemas.incidents import Incident
from schemas.modelinfo import ModelInfo
from schemas.receivers import Receiver
from schemas.settings import Settings, load_settings
from streams import auditing, blindness, mailing, reporting
from streams.blindness import Blindness
from streams.embedded import free_port
from streams.sinks.memory import MemoryStore
from streams.store import Store
from tests.support.cli import Mirqab
from tests.support.receivers import Told, smtp_server
from tests.support.seed import HOSTILE
from tests.support.weeks import MONDAY, WEEK, keep, log_of, opened, records

WEEKS = ["2026-W10", "2026-W11"]
MODELS = ("loans", HOSTILE[6])
LOANS = "SELECT answer, detail FROM deliveries_now WHERE incident = 'report loans 2026-W10' ORDER BY attempt"
MINUTE_NS = 60_000_000_000
NOW_NS = (MONDAY + WEEK) * 1_000_000_000
PAGE = "<!doctype html><p>مرقاب " + "x" * 2000


def settings_of(port: int) -> Settings:
    options = {
        "host": "127.0.0.1",
        "port": port,
        "tls": "none",
        "sender": "mirqab@bank.example",
        "to": ["ml@bank.example"],
    }
    models = {"loans": ModelInfo(report_to=("owner@bank.example", "second@bank.example"))}
    known = replace(Settings(), receivers={"post": Receiver("post", "email", options)}, models=models)
    return known.replace("reports", mail_by="post").replace("console", url="https://mirqab.example/")


async def keep_reports(store: Store) -> None:
    """A report on each model and week, and one that was made before its week was over."""
    for n, week in enumerate([*WEEKS, "2026-W12"]):
        until = (MONDAY + n * WEEK) * 1_000_000_000
        for model in MODELS:
            row = {"kind": "weekly", "model": model, "period": week, "until_ns": until, "made_ns": NOW_NS, "html": PAGE}
            row |= {"from_ns": until - WEEK * 1_000_000_000, "verdict": "look", "summary": "", "json": "{}"}
            await reporting.keep(store, row | {"text": f"{model}: look\n{week}\n\nTwo of 14 features moved.\n"})


def mails(told: Told) -> list[EmailMessage]:
    return [email.message_from_bytes(body, policy=email.policy.default) for body in told.bodies]


def test_each_report_is_mailed_once_to_its_owner_and_again_only_where_the_server_asks(tmp_path: Path) -> None:
    told = Told(answers=["again", "never"])

    async def owed(store: Store, port: int, minutes: int) -> int:
        at_ns = NOW_NS + minutes * MINUTE_NS
        return (await mailing.mail_owed(store, settings_of(port), [*WEEKS, "2026-W12"], lambda: at_ns))[0]

    async def story() -> None:
        async with opened(tmp_path / "store") as store:
            await keep_reports(store)
            assert await mailing.mail_owed(store, Settings(), WEEKS, lambda: NOW_NS) == (0, [])
            assert await owed(store, free_port(), 0) == 4, "without a server all is owed"
            (row,) = await store.query("SELECT count() AS n FROM deliveries_now")
            assert row["n"] == 1, "a server that is away is asked once a turn, not once a report"
            with smtp_server(told) as port:
                assert await owed(store, port, 1) == 2, "one is put off, one refused for good, one waits its 5 minutes"
                assert await owed(store, port, 6) == 0
                assert await owed(store, port, 90) == 0
            rows = await store.query("SELECT incident, answer, attempt FROM deliveries_now ORDER BY incident, attempt")
            each = Counter(
                tuple(r["answer"] for r in rows if r["incident"] == key) for key in {r["incident"] for r in rows}
            )
            assert each == {("again", "accepted"): 2, ("never",): 1, ("accepted",): 1}
            assert sum(r["answer"] == "never" for r in rows) == 1
            await auditing.seal(store)
            entries, _ = await auditing.chain(store)
            assert sum(e.what == "page report accepted" for e in entries) == 3

    asyncio.run(story())
    got = mails(told)
    assert sorted(m["to"] for m in got) == [
        "ml@bank.example", "ml@bank.example", "owner@bank.example, second@bank.example",
    ]  # fmt: skip
    assert len({m["message-id"] for m in got}) == 3
    mine = next(m for m in got if m["subject"] == "loans: look")
    assert (mine["from"], mine["auto-submitted"]) == ("mirqab@bank.example", "auto-generated")
    body, (page,) = mine.get_body(("plain",)), mine.iter_attachments()
    assert body is not None
    assert "Two of 14 features moved." in body.get_content()
    assert "https://mirqab.example/report?kind=weekly&model=loans&period=2026-W1" in body.get_content()
    assert "weekly_loans_2026-W1" in str(page.get_filename())
    assert page.get_content().strip() == PAGE


def test_a_report_that_is_always_put_off_holds_up_no_other_is_given_up_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, alarms = Told(answers=["again"] * 99), list[tuple[str, str, str]]()

    async def take(incidents: list[Incident]) -> None:
        alarms.extend((i.rule, i.model, i.state) for i in incidents)

    async def no_lags(settings: Settings) -> dict[tuple[str, int], tuple[int, int]]:
        return {}

    async def story() -> None:
        async with opened(tmp_path / "store") as store:
            await keep_reports(store)
            with smtp_server(told) as port:
                settings = settings_of(port)
                blind = Blindness(settings, store, lambda: NOW_NS + len(alarms), take, lambda why: None)
                for hour in range(4 * 24):
                    at_ns = NOW_NS + hour * 60 * MINUTE_NS
                    left, _ = await mailing.mail_owed(store, settings, WEEKS[:1], lambda at_ns=at_ns: at_ns)  # type: ignore[misc]
                    if hour in (12, 36):
                        await blind.look()
                        assert bool(alarms) == (hour == 36), "it is told after a day"
                assert left == 0
                told.answers.clear()
                await mailing.mail_one(store, settings, "loans", WEEKS[0], lambda: at_ns)
                await blind.look()
            rows = await store.query(LOANS)
            words = [row["answer"] for row in rows]
            assert (len(words) < 24, words[-2:], set(words[:-2])) == (True, ["never", "accepted"], {"again"})
            assert rows[-2]["detail"].startswith("given up after 3 days: SMTP 4")

    monkeypatch.setattr(blindness, "lags", no_lags)
    asyncio.run(story())
    mine = [(rule, state) for rule, model, state in alarms if model == "loans"]
    assert mine == [("report_unmailed", "open"), ("report_unmailed", "resolved")]


def test_a_report_that_cannot_be_mailed_keeps_no_other_from_its_owner(tmp_path: Path) -> None:
    told = Told()

    async def story() -> None:
        async with opened(tmp_path / "store") as store:
            await keep_reports(store)
            with smtp_server(told) as port:
                broken = {"loans": ModelInfo(report_to=("a\nowner@bank.example",))}
                settings = replace(settings_of(port), models=broken)
                assert await mailing.mail_owed(store, settings, WEEKS[:1], lambda: NOW_NS) == (
                    0, ["loans: the report on week 2026-W10 cannot be mailed: the log says why"],
                )  # fmt: skip

    asyncio.run(story())
    assert [mail["to"] for mail in mails(told)] == ["ml@bank.example"]


def test_the_page_is_only_linked_where_settings_say_so() -> None:
    settings = settings_of(1).replace("reports", mail_page=False)
    report = {"text": "a: look\nmore\n", "html": PAGE}
    made = mailing.message(settings, "a/../<b>\n", "2026-W10", report, "m@b.example", ("o@b.example",))
    assert [part.get_content_type() for part in made.walk()] == ["text/plain"]
    assert "model=a%2F..%2F%3Cb%3E%0A&period" in made.get_content()


def test_the_command_mails_again_what_was_mailed_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIRQAB_STORE_FOLDER", str(tmp_path / "store"))
    keep(tmp_path / "store", [log_of(tmp_path / "week.jsonl", records(MONDAY, 50, 1))], [])
    told, mirqab, file = Told(), Mirqab(capsys), tmp_path / "mirqab.toml"
    weekly = ("report", "weekly", "--week", "2026-W11", "--mail")
    assert "reports.mail_by" in mirqab.refused(*weekly)
    with smtp_server(told) as port:
        file.write_text(
            '[reports]\nmail_by = "post"\n[receivers.post]\nkind = "email"\nhost = "127.0.0.1"\n'
            f'port = {port}\ntls = "none"\nsender = "m@b.example"\nto = ["all@b.example"]\n'
        )
        monkeypatch.setenv("MIRQAB_CONFIG", str(file))
        assert "by mail: accepted" in mirqab(*weekly)[2]
        assert mirqab(*weekly)[0] == 0
    one, two = mails(told)
    assert one["message-id"] == two["message-id"]
    assert one["subject"] == "loans: week 2026-W11: not enough data"


def test_settings_name_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "mirqab.toml"
    file.write_text('[reports]\nmail_by = "post"\n[receivers.post]\nkind = "slack"\n')
    with pytest.raises(SettingError, match=r"reports.mail_by"):
        load_settings(file, {})
    file.write_text('[models."a"]\nreport_to = ["nobody"]\n')
    with pytest.raises(SettingError, match=r"report_to: 'nobody' is no address"):
        load_settings(file, {})


async def test_nobody_mails_without_a_receiver() -> None:
    with pytest.raises(UsageError, match=r"reports\.mail_by"):
        await mailing.mail_one(MemoryStore(), Settings(), "a", "2026-W10", lambda: 0)
