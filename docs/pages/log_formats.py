"""Which fields of every other format become which column."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator

from docs.markdown import cell, code, document, grid
from docs.pages.log_record import FIELDS
from schemas.formats import names as format_names


def page() -> str:
    """Which fields of every other format become which column."""

    def lines() -> Iterator[str]:
        for name in format_names():
            module = importlib.import_module(f"schemas.formats.{name}")
            yield from (f"## {name}", "", inspect.getdoc(module) or "", "")
            if not hasattr(module, "PLACES"):
                continue
            table, computed = module.PLACES.table, module.COMPUTED
            rows = [
                (column, table.get(column), computed.get(column)) for column in FIELDS if column in {*table, *computed}
            ]
            said = ((code(column), cell(_places(places or (), text or ""))) for column, places, text in rows)
            yield from (*grid(("column", "from"), said), "")

    about = (
        "`line.format` or `[topics]` in the settings, or `--format` of a command, says which one a log is in; `auto` "
        "tells it by each record. Below is which field becomes which [column](log-record.md) of the plain record; "
        "where several are named, the first that holds a value counts. Every other field is counted by name and not "
        "used; `replay`, `send` and `baseline set` say so on stderr, a worker in its log."
    )
    return document("Log formats", about, lines())


def _places(places: tuple[str, ...], text: str) -> str:
    """Where a column comes from, in words."""
    found = ", else ".join(map(code, places))
    return found + (", " if text.startswith("else ") else "; ") + text if found and text else found or text
