"""Who may look at the console, and what a browser is told about it. No store is needed: nothing gets that far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from dashboards.console.app import create_app
from dashboards.console.guard import check_listening, host_name
from dashboards.console.login import COOKIE, HOLDS_S, cookie_holds, make_cookie, same
from schemas.errors import SettingError
from schemas.settings import Console, Settings
from tests.support import seed
from tests.support.console import RULES

TOKEN = "correct horse battery staple"


class NothingStored:
    """A reader whose store is empty."""

    async def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        return []


class Wall:
    """A wall clock that is set."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def visit(console: Console, wall: Wall | None = None, host: str = "localhost") -> httpx.AsyncClient:
    app = create_app(NothingStored(), Settings(console=console), seed.Clock(), RULES, seconds=wall or Wall())
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://{host}")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8765", "[::1]:8765", "console.bank.example"])
async def test_known_host_names_are_answered(host: str) -> None:
    async with visit(Console(allowed_hosts=["console.bank.example"])) as client:
        assert (await client.get("/", headers={"host": host})).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "127.0.0.1.evil.example", "[::1"])
async def test_other_host_names_are_refused(host: str) -> None:
    async with visit(Console()) as client:
        answer = await client.get("/", headers={"host": host})
    assert answer.status_code == 421 or host_name(host) == "::1"
    assert "Mirqab" not in answer.text or host == "[::1"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
async def test_the_console_only_shows(method: str) -> None:
    async with visit(Console()) as client:
        assert (await client.request(method, "/alerts")).status_code == 405


@pytest.mark.parametrize("path", ["/", "/nope", "/static/console.js", "/healthz", "/alerts/x"])
async def test_every_answer_carries_the_headers(path: str) -> None:
    async with visit(Console()) as client:
        headers = (await client.get(path)).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


async def test_a_refused_request_carries_the_headers_too() -> None:
    async with visit(Console()) as client:
        assert "content-security-policy" in (await client.get("/", headers={"host": "evil.example"})).headers


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "console.bank.example", ""])
def test_the_console_does_not_open_itself_to_others(host: str) -> None:
    with pytest.raises(SettingError, match="MIRQAB_CONSOLE_TOKEN"):
        check_listening(Console(host=host))
    check_listening(Console(host=host, token=TOKEN))
    check_listening(Console(host=host, proxy_header="X-User"))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "127.0.0.9"])
def test_localhost_needs_no_sign_in(host: str) -> None:
    check_listening(Console(host=host))


async def test_the_token_opens_the_console_for_twelve_hours() -> None:
    wall = Wall()
    async with visit(Console(token=TOKEN), wall) as client:
        refused = await client.get("/")
        assert (refused.status_code, refused.headers["location"]) == (303, "/login")
        assert (await client.get("/", headers={"X-Mirqab-Part": "main"})).status_code == 401
        signed_in = await client.post("/login", data={"token": TOKEN})
        cookie = signed_in.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert TOKEN not in cookie
        assert (await client.get("/")).status_code == 200
        wall.now += HOLDS_S
        assert (await client.get("/")).status_code == 303


async def test_a_wrong_token_opens_nothing() -> None:
    async with visit(Console(token=TOKEN)) as client:
        for body in ({"token": "wrong"}, {"token": ""}, {}, {"token": "x" * 9000}):
            answer = await client.post("/login", data=body)
            assert answer.status_code == 403
            assert "set-cookie" not in answer.headers


async def test_a_form_on_another_site_signs_nobody_in() -> None:
    async with visit(Console(token=TOKEN)) as client:
        answer = await client.post("/login", data={"token": TOKEN}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("value", ["", ".", "abc", "9999999999.", f"{10**15}.x", "-1.x", "١٢.x", "1800000000.é"])
def test_a_made_up_cookie_holds_nothing(value: str) -> None:
    assert not cookie_holds(TOKEN, value, 1_800_000_000)


def test_a_cookie_holds_for_its_token_and_time_only() -> None:
    cookie = make_cookie(TOKEN, 1000)
    assert cookie_holds(TOKEN, cookie, 1000)
    assert not cookie_holds("other", cookie, 1000)
    assert not cookie_holds(TOKEN, cookie, 999), "made in the future"
    assert not cookie_holds(TOKEN, cookie.replace("1000.", "2000."), 2000), "moved to another time"
    assert COOKIE not in cookie


def test_no_token_is_never_the_same() -> None:
    assert same("a", "a")
    assert not same("a", "b")
    assert not same("", "")


async def test_a_proxy_must_name_the_user() -> None:
    console = Console(proxy_header="X-Bank-User")
    async with visit(console) as client:
        assert (await client.get("/")).status_code == 401
        page = await client.get("/", headers={"X-Bank-User": "<b>amal</b>"})
    assert "Signed in as &lt;b&gt;amal&lt;/b&gt;" in page.text


async def test_a_proxy_header_does_not_replace_the_token() -> None:
    async with visit(Console(proxy_header="X-Bank-User", token=TOKEN)) as client:
        assert (await client.get("/", headers={"X-Bank-User": "amal"})).status_code == 303


async def test_a_probe_needs_neither_name_nor_token() -> None:
    async with visit(Console(token=TOKEN), host="10.0.0.7") as client:
        assert (await client.get("/healthz")).text == "ok\n"
        assert (await client.get("/static/console.css")).status_code == 421


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static//etc/passwd"]
)
async def test_only_our_own_files_are_served(path: str) -> None:
    async with visit(Console()) as client:
        assert (await client.get(path)).status_code == 404
