"""This machine's clock. How far it is from the store's is said by the store's check."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from schemas.settings import Settings
from streams.checks import FAILED, OK, Finding


def check(settings: Settings, config: str | None) -> Iterator[Finding]:
    """A clock that is before the day we were installed is wrong."""
    yield judge(time.time(), Path(__file__).stat().st_mtime)


def judge(now: float, installed: float) -> Finding:
    """Both in seconds since 1970."""
    text = f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d %H:%M:%S} UTC"
    if now < installed - 60:
        made = f"{datetime.fromtimestamp(installed, UTC):%Y-%m-%d %H:%M:%S}"
        return Finding("clock", FAILED, f"{text}, but our files were made {made}", "synchronise the clock (NTP)")
    return Finding("clock", OK, text)
