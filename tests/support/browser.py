"""A real Chromium for tests, and what it complains of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.needs import need_chromium

pytest.importorskip("playwright", reason="needs Playwright; to get it: pip install playwright")
from playwright.sync_api import Browser, Dialog, Page, sync_playwright

__all__ = ["SIZES", "Browser", "launched", "open_page"]

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SIZES: dict[str, Any] = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1440, "height": 900}}


@contextmanager
def launched() -> Iterator[Browser]:
    """Chromium, closed at the end; skips where there is none."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=need_chromium(), args=list(ARGUMENTS))
        yield browser
        browser.close()


def open_page(chromium: Browser, complaints: list[str], **options: Any) -> Page:
    """A page of its own whose errors, warnings, refused contents and dialogs end up in `complaints`."""

    def closed(dialog: Dialog) -> None:
        complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    page = chromium.new_context(**options).new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", closed)
    page.on("requestfailed", lambda request: complaints.extend(_failure(request)))
    return page


def _failure(request: Any) -> list[str]:
    """A request that failed; one that the browser itself dropped because the next page was opened is none."""
    return [] if "ERR_ABORTED" in (request.failure or "") else [f"failed: {request.url}: {request.failure}"]
