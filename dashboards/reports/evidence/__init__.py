"""What an evidence pack is made of, one module each: PLACE orders them, `evidence(pack)` gives a section with its gaps.

A section's `data` holds `gaps`, a list of sentences about what is not there; the index gathers them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from dashboards.reader import Reader, Rows
from dashboards.reports.gather import ask
from schemas.rules import Rule
from schemas.settings import Settings


@dataclass(frozen=True, slots=True)
class Pack:
    """What every module gets: whom to ask, and about which stretch of time."""

    reader: Reader
    settings: Settings
    rules: Mapping[str, Rule]
    from_ns: int
    until_ns: int
    now_ns: int

    async def ask(self, name: str, /, **parameters: Any) -> Rows:
        """A question about the stretch; parameters it does not have are left to it."""
        return await ask(self.reader, name, from_ns=self.from_ns, until_ns=self.until_ns, **parameters)


def modules() -> list[ModuleType]:
    """Every kind of evidence, in the order of PLACE."""
    names = sorted(m.name for m in iter_modules(__path__))
    found = [import_module(f"{__name__}.{name}") for name in names]
    return sorted(found, key=lambda module: (module.PLACE, module.__name__))
