"""Receivers of pages, one module each: `mirqab pager` tells them of incidents.

A module has a class `Notifier(receiver, settings)` with `send(page) -> Answer` and `close()`; OPTIONS, name to help,
with REQUIRED and SECRETS among them; and KEYED, whether the receiver itself knows a page by its key, so that an update
wakes nobody. `send` answers *accepted*, *again* (not now) or *never* (this page, as it is, will not be taken); it
raises nothing.
A module whose name begins with an underscore is no receiver.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Protocol

from schemas.errors import SettingError, unknown
from schemas.pages import Answer, Page
from schemas.receivers import Receiver
from schemas.settings import Settings


class Notifier(Protocol):
    """One receiver that can be told."""

    async def send(self, page: Page) -> Answer:
        """Tell it. Waits for its answer, for some seconds at most."""

    async def close(self) -> None:
        """Release what it holds."""


def names() -> tuple[str, ...]:
    """Every kind of receiver."""
    return tuple(sorted(m.name for m in iter_modules(__path__) if not m.name.startswith("_")))


def module(kind: str) -> ModuleType:
    """The module of a kind. Raises SettingError that names the nearest."""
    if kind not in names():
        raise SettingError(unknown("kind of receiver", kind, names()))
    return import_module(f"{__name__}.{kind}")


def make(receiver: Receiver, settings: Settings) -> Notifier:
    """A receiver ready to be told. Raises SettingError for options that are unknown, missing or in the open."""
    found = module(receiver.kind)
    where = f"receivers.{receiver.name}"
    for name in (*receiver.options, *receiver.secrets):
        if name not in found.OPTIONS:
            raise SettingError(f"{where}: {unknown('option', name, found.OPTIONS)}")
    for name in found.SECRETS:
        if name in receiver.options:
            variable = f"MIRQAB_RECEIVER_{receiver.name}_{name}".upper()
            raise SettingError(f"{where}.{name} is a secret; give it as {variable} or name a file with {name}_file")
    for name in found.REQUIRED:
        if not receiver.get(name):
            raise SettingError(f"{where} ({receiver.kind}) needs {name}: {found.OPTIONS[name]}")
    made: Notifier = found.Notifier(receiver, settings)
    return made


def make_all(settings: Settings) -> Mapping[str, Notifier]:
    """Every receiver of the settings by name. Raises SettingError."""
    return {name: make(receiver, settings) for name, receiver in settings.receivers.items()}


def keyed(receiver: Receiver) -> bool:
    """Whether the receiver knows a page by its key."""
    return bool(module(receiver.kind).KEYED)
