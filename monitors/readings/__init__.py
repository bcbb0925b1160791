"""Families of metrics, one module each. A family counts (`summarise`) and later reads its counts (`read`).

`summarise(view)` gives named integer vectors, one row per group; they merge by addition. `read(pane)` turns a pane's
merged counts into Readings, once enough events have come together (`monitors.held`); a family with `EVERY_PANE = True`
reads every pane, however few there were. A new family is a new file here; families do not import each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

from monitors.pane import Pane
from monitors.view import View
from schemas.events import Ints
from schemas.readings import Reading


class Family(Protocol):
    """What every module of this folder offers."""

    def summarise(self, view: View) -> dict[str, Ints]:
        """Vectors of shape (view.groups, width) by name."""

    def read(self, pane: Pane) -> Iterable[Reading]:
        """Readings of one pane."""


FAMILIES: tuple[Family, ...] = tuple(
    cast(Family, import_module(f"{__name__}.{name}")) for name in sorted(m.name for m in iter_modules(__path__))
)


def every_pane(family: Family) -> bool:
    """Whether a family reads panes with few events or none, too."""
    return bool(getattr(family, "EVERY_PANE", False))
