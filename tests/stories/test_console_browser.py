"""The console in a real browser: every page in light and dark, on a phone and a desk, under its own security policy."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from dashboards.console.app import create_app
from dashboards.reader import connect
from tests.support import seed
from tests.support.browser import SIZES, Browser, launched, open_page
from tests.support.clickhouse import ClickHouseProcess
from tests.support.console import RULES, SETTINGS, make_store, serving

pytestmark = pytest.mark.browser

PATHS = (
    "/", "/alerts", "/alerts/a1", "/alerts/a3", "/alerts/h0", "/model?name=card-fraud", "/rejects",
    "/incidents", "/incidents/i-a1", "/coverage", "/reports", "/drills", "/wellness", "/principal?name=partner-17",
    *(f"/principal?name={quote(name, safe='')}" for name in seed.HOSTILE[:2]),
    *(f"/model?name={quote(name, safe='')}" for name in seed.HOSTILE[:3]),
)  # fmt: skip


@pytest.fixture(scope="module")
def address(clickhouse: ClickHouseProcess) -> Iterator[str]:
    reader = connect(make_store(clickhouse, "console_browser"), size=2)
    with serving(create_app(reader, SETTINGS, seed.Clock(), RULES)) as url:
        yield url
    reader.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture
def complaints() -> list[str]:
    """What the browser said that it should not: errors, warnings and refused contents."""
    return []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_every_page_fits_and_nothing_is_refused(
    scheme: str, size: str, address: str, chromium: Browser, complaints: list[str], tmp_path: Path
) -> None:
    page = open_page(chromium, complaints, color_scheme=scheme, viewport=SIZES[size])
    for path in PATHS:
        answer = page.goto(address + path)
        assert answer is not None
        assert answer.ok
        assert page.locator("h1").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} scrolls sideways"
        page.screenshot(path=tmp_path / "page.png")
    page.context.close()
    assert complaints == []


def test_an_alert_opens_by_a_click(address: str, chromium: Browser, complaints: list[str]) -> None:
    page = open_page(chromium, complaints, viewport=SIZES["desk"])
    page.goto(address)
    page.get_by_role("link", name="The input velocity_1h of card-fraud").first.click()
    assert page.locator("h1").inner_text().startswith("The input velocity_1h of card-fraud")
    assert page.get_by_text("mirqab replay --stored --model card-fraud").is_visible()
    page.context.close()
    assert complaints == []


def test_an_analyst_finds_who_stole_the_model(
    address: str, chromium: Browser, complaints: list[str], tmp_path: Path
) -> None:
    """From the overview through the alert to the principal: why, what it asked, and who helped."""
    page = open_page(chromium, complaints, viewport=SIZES["desk"])
    page.goto(address)
    page.get_by_role("link", name="partner-17 walks through card-fraud in small steps").first.click()
    page.get_by_role("link", name="partner-17", exact=True).first.click()
    assert page.locator("h1").inner_text() == "partner-17"
    assert page.get_by_text("AML.T0024.002").first.is_visible()
    assert page.get_by_text("changed the answer").first.is_visible()
    assert page.get_by_role("link", name="partner-18").is_visible()
    shots = Path(os.environ.get("MIRQAB_TEST_SHOTS", tmp_path))
    page.screenshot(path=shots / "principal-desk.png", full_page=True)
    page.context.close()
    phone = open_page(chromium, complaints, viewport=SIZES["phone"], color_scheme="dark")
    phone.goto(address + "/principal?name=partner-17")
    phone.screenshot(path=shots / "principal-phone-dark.png", full_page=True)
    phone.context.close()
    assert complaints == []


def test_a_page_changes_without_a_reload(
    address: str, clickhouse: ClickHouseProcess, chromium: Browser, complaints: list[str]
) -> None:
    page = open_page(chromium, complaints, viewport=SIZES["desk"])
    page.goto(address + "/alerts/a1")
    page.evaluate("window.sameWindow = true")
    page.locator("details summary").first.click()
    page.mouse.wheel(0, 400)
    client = clickhouse.client("console_browser")
    name, rule = "card-fraud", "feature_drift"
    seed.alert(client, "new1", rule, "drift", name, "7", "feature.psi", ("page",), 1, "Just now", feature="hour")
    client.close()
    page.get_by_role("link", name="Just now").wait_for(timeout=30_000)
    assert page.evaluate("window.sameWindow") is True
    assert page.evaluate("scrollY") > 0
    assert page.locator("details[open]").count() == 1
    page.context.close()
    assert complaints == []


def test_the_keyboard_reaches_the_content(address: str, chromium: Browser, complaints: list[str]) -> None:
    page = open_page(chromium, complaints, viewport=SIZES["desk"])
    page.goto(address)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.context.close()
    assert complaints == []
