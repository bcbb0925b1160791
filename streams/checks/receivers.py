"""The receivers of pages, made as the pager makes them; nobody is told anything."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from schemas.alerts import PAGE
from schemas.errors import SettingError
from schemas.settings import Settings
from streams.checks import FAILED, OK, WARNING, Finding, failed
from streams.notifiers import make


def check(settings: Settings, config: str | None) -> Iterator[Finding]:
    """A receiver that cannot be made keeps the pager from starting; of the failures of the only one nobody hears."""
    if not settings.receivers:
        yield Finding("receivers", WARNING, "no receiver of pages: alerts are only shown", "add [receivers.NAME]")
        return
    for receiver in settings.receivers.values():
        try:
            asyncio.run(make(receiver, settings).close())
        except SettingError as e:
            yield failed("receivers", e)
            return
    names = ", ".join(f"{name} ({receiver.kind})" for name, receiver in settings.receivers.items())
    if settings.routes and not any(PAGE in route.levels for route in settings.routes):
        yield Finding("receivers", FAILED, f"{names}; no route takes pages", 'give a route levels = ["page"]')
    elif len(settings.receivers) < 2 or not settings.pager.heartbeat_to:
        text = "name a second receiver and pager.heartbeat_to, or nobody hears of pages not taken or of a dead pager"
        yield Finding("receivers", WARNING, names, text)
    else:
        yield Finding("receivers", OK, names)
