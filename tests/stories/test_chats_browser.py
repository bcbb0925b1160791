"""The alert on a customer who attacks a language model, and his talk turn by turn, in a real browser."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from dashboards.console.app import create_app
from dashboards.reader import connect
from schemas.rules import Rule
from schemas.settings import Store
from streams.known import store_baseline
from streams.sinks.clickhouse import ClickHouseStore
from tests.stories.test_chats import MALLORY, baseline, log
from tests.support import seed
from tests.support.browser import SIZES, Browser, launched, open_page
from tests.support.chats import CARD
from tests.support.clickhouse import ClickHouseProcess
from tests.support.console import SETTINGS, make_store, serving
from tests.support.traffic import MONDAY, RULES, Made, Ran, run_line, small_settings

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def told(clickhouse: ClickHouseProcess) -> Iterator[tuple[str, Ran]]:
    """The console's address over a store that has seen the story, and what the line told."""
    where: Store = make_store(clickhouse, "talks_browser", filled=False)
    store = ClickHouseStore(where, wait=False)

    async def begin() -> None:
        await store.connect()
        await store_baseline(store, baseline())

    asyncio.run(begin())
    ran = run_line(Made().add(log()).feeds(), small_settings(), store=store, baselines=[baseline()])
    asyncio.run(store.close())
    reader = connect(where, size=2)
    rules: tuple[Rule, ...] = RULES
    with serving(create_app(reader, SETTINGS, seed.Clock((MONDAY + 3600) * 10**9), rules)) as url:
        yield url, ran
    reader.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_an_analyst_reads_the_reasons_and_the_talk(
    scheme: str, size: str, told: tuple[str, Ran], chromium: Browser, tmp_path: Path
) -> None:
    address, ran = told
    complaints: list[str] = []
    page = open_page(chromium, complaints, color_scheme=scheme, viewport=SIZES[size])
    attack = next(alert for alert in ran.alerts.values() if alert.rule == "text_injection")
    leak = next(alert for alert in ran.alerts.values() if alert.rule == "text_leak_seen")
    talk = f"/talk?model=helpdesk&principal={MALLORY}"
    for path in (f"/alerts/{quote(attack.id)}", f"/alerts/{quote(leak.id)}", talk):
        answer = page.goto(address + path)
        assert answer is not None
        assert answer.ok
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} scrolls sideways"
        assert CARD not in page.content()
        page.screenshot(path=tmp_path / "page.png")
        if path == talk:
            assert page.locator("b.wrong").count() > 0
        else:
            assert page.locator("mark").count() > 0
    page.goto(f"{address}/alerts/{quote(leak.id)}")
    assert "The card on file is" in page.locator("blockquote").first.inner_text()
    assert complaints == []
    page.context.close()
