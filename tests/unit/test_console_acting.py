"""What people do on pages: written down by who may, once, and never for another site or for nobody."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from dashboards.console.acting import Acting
from dashboards.console.app import create_app
from dashboards.console.view import Asker
from schemas.actions import Action, window_of
from schemas.errors import StoreUnavailable
from schemas.settings import Console, Settings
from tests.support import seed
from tests.support.console import RULES

NOW_S = 1_800_000_000.0
CHANGE = {
    "id": "i-1", "transition": 0, "level": "page", "state": "open", "cause": "alert", "family": "drift", "rule": "x",
    "model": "m", "models": ["m"], "principals": [], "alerts": ["1", "2"], "explained": [], "title": "It drifts",
    "lead": "1", "reason": "opened", "at_ns": 9, "opened_ns": 9, "resolved_ns": 0,
}  # fmt: skip


class OneIncident:
    """A reader that knows one incident of two alerts."""

    async def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        if "FROM reports_now" in sql:
            return [{"html": "<p>a report</p>"}] if parameters and parameters["model"] == "cards" else []
        return [CHANGE] if "How did one incident go" in sql or "WHERE id = {incident:String}" in sql else []


class Site:
    """A console that acts, and what was written."""

    def __init__(self, console: Console | None = None, *, failing: bool = False) -> None:
        self.written: list[Action] = []

        async def write(actions: Sequence[Action]) -> None:
            if failing:
                raise StoreUnavailable("the store is away")
            self.written += actions

        self.write = write
        settings = Settings(console=console or Console())
        self.app = create_app(OneIncident(), settings, seed.Clock(), RULES, seconds=lambda: NOW_S, write=write)
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://localhost")

    async def csrf(self, **headers: str) -> str:
        page = await self.client.get("/incidents/i-1", headers=headers)
        found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page.text)
        assert found, page.text
        return found[1]

    async def post(self, headers: dict[str, str] | None = None, **form: Any) -> httpx.Response:
        return await self.client.post("/act", data=form, headers=headers or {})


FORM: dict[str, Any] = {
    "kind": "incident",
    "subject": "i-1",
    "action": "acknowledge",
    "by": "Amal",
    "reason": "I look into it",
}


async def test_an_act_is_written_with_who_why_and_the_machines_time() -> None:
    site = Site()
    answer = await site.post(**FORM, csrf=await site.csrf())
    assert (answer.status_code, answer.headers["location"]) == (303, "/incidents/i-1")
    assert site.written == [
        Action(int(NOW_S * 1e9), "acknowledge", "incident", "i-1", "Amal", "I look into it"),
    ]


async def test_a_verdict_on_an_incident_is_one_on_each_of_its_alerts() -> None:
    site = Site()
    await site.post(**{**FORM, "action": "verdict", "value": "drift"}, csrf=await site.csrf())
    assert [(a.kind, a.subject, a.value) for a in site.written] == [
        ("incident", "i-1", "drift"), ("alert", "1", "drift"), ("alert", "2", "drift"),
    ]  # fmt: skip


async def test_a_silence_ends() -> None:
    site = Site()
    await site.post(**{**FORM, "action": "silence", "hours": "1.5"}, csrf=await site.csrf())
    first, last = window_of(site.written[0].value)
    assert (first, last - first) == (int(NOW_S * 1e9), 5_400_000_000_000)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"reason": " "}, "reason is empty"),
        ({"by": ""}, "name is empty"),
        ({"action": "erase"}, "nothing is known"),
        ({"kind": "model", "action": "acknowledge"}, "nothing is known"),
        ({"action": "verdict", "value": "whatever"}, "unknown verdict"),
        ({"action": "silence", "hours": "inf"}, "hours are"),
        ({"action": "silence", "hours": "9999"}, "hours are"),
        ({"subject": ""}, "nothing is known"),
    ],
)
async def test_what_cannot_be_is_said_and_nothing_written(change: dict[str, str], says: str) -> None:
    site = Site()
    answer = await site.post(**{**FORM, **change}, csrf=await site.csrf())
    assert answer.status_code == 400
    assert says in answer.text.lower()
    assert site.written == []


async def test_a_form_without_our_token_or_from_elsewhere_is_refused() -> None:
    site = Site()
    token = await site.csrf()
    assert (await site.post(**FORM)).status_code == 403
    assert (await site.post(**FORM, csrf="0" * 64)).status_code == 403
    assert (await site.post({"sec-fetch-site": "cross-site"}, **FORM, csrf=token)).status_code == 403
    assert (await site.post({"host": "evil.example"}, **FORM, csrf=token)).status_code == 421
    assert (await Site().post(**FORM, csrf=token)).status_code == 403, "a token is of one console's run"
    assert site.written == []


async def test_behind_a_proxy_the_user_is_who_it_says_and_the_token_is_theirs() -> None:
    site = Site(Console(proxy_header="x-user"))
    token = await site.csrf(**{"x-user": "amal"})
    stolen = await site.post({"x-user": "basem"}, **FORM, csrf=token)
    assert stolen.status_code == 403
    await site.post({"x-user": "amal"}, **{**FORM, "by": "Somebody Else"}, csrf=token)
    assert [a.actor for a in site.written] == ["amal"]
    assert (await site.post(**FORM, csrf=token)).status_code == 401


async def test_a_store_that_is_away_says_that_nothing_was_written() -> None:
    site = Site(failing=True)
    answer = await site.post(**FORM, csrf=await site.csrf())
    assert answer.status_code == 503
    assert "Not written down" in answer.text


async def test_a_console_without_a_writer_has_neither_forms_nor_a_door() -> None:
    app = create_app(OneIncident(), Settings(), seed.Clock(), RULES)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        assert "/act" not in (await client.get("/incidents/i-1")).text
        assert (await client.post("/act", data=FORM)).status_code == 405


async def test_who_opened_a_report_is_written_down_once_a_day() -> None:
    site = Site(Console(proxy_header="x-user"))

    async def read(who: str, model: str) -> int:
        about = {"kind": "weekly", "model": model, "period": "2026-W47"}
        return (await site.client.get("/report", params=about, headers={"x-user": who})).status_code

    asked = (("amal", "cards"), ("amal", "cards"), ("basem", "cards"), ("amal", "no"))
    assert [await read(*each) for each in asked] == [200, 200, 200, 404]
    assert [(a.actor, a.action, a.kind, a.subject) for a in site.written] == [
        (who, "open", "report", "weekly cards 2026-W47") for who in ("amal", "basem")
    ]


@pytest.mark.parametrize("failing", [False, True])
async def test_who_saw_excerpts_is_written_down_once_a_day_and_never_in_the_way(failing: bool) -> None:
    site = Site(Console(proxy_header="x-user"), failing=failing)
    now = [NOW_S]
    acting = Acting(Console(proxy_header="x-user"), Asker(OneIncident()), lambda: now[0], site.write)

    async def look(who: str, alert: str, excerpts: int = 2) -> None:
        headers = [(b"x-user", who.encode())] if who else []
        await acting.showed(Request({"type": "http", "headers": headers}), alert, excerpts)

    for who, alert in (("amal", "a1"), ("amal", "a1"), ("basem", "a1"), ("amal", "a2"), ("", "a2")):
        await look(who, alert)
    await look("amal", "a3", excerpts=0)
    now[0] += 86_400
    await look("amal", "a1")
    seen = [(a.actor, a.action, a.subject, a.value) for a in site.written]
    assert seen == [] if failing else [
        ("amal", "reveal", "a1", "2"), ("basem", "reveal", "a1", "2"), ("amal", "reveal", "a2", "2"),
        ("whoever was at the console", "reveal", "a2", "2"), ("amal", "reveal", "a1", "2"),
    ]  # fmt: skip
