"""Every table and column."""

from __future__ import annotations

from collections.abc import Iterator

from docs.markdown import cell, code, document, grid
from schemas import tables


def page() -> str:
    """Every table and column."""

    def lines() -> Iterator[str]:
        for table in tables.TABLES:
            yield from (f"## {table.name}", "", table.doc[0].upper() + table.doc[1:] + ".", "")
            facts = [f"Identity: {', '.join(map(code, table.key))}."]
            if table.version:
                facts.append(f"Of rows with the same identity the one with the highest {code(table.version)} counts.")
            if table.ttl_column:
                facts.append(f"`store.retention_days` counts from {code(table.ttl_column)}.")
            yield from (" ".join(facts), "")
            yield from grid(
                ("column", "type", "meaning"), ((code(c.name), code(c.type), cell(c.doc)) for c in table.columns)
            )

    about = (
        "Everything is written at least once and deduplicated by identity. Read through the view `<table>_now`, which "
        "is the table `FINAL`. The statements are in `schemas/migrations/`; `mirqab migrate` applies them."
    )
    return document("Tables", about, lines())
