"""The store as the line sees it: insert Arrow tables, ask named questions. Sinks in `streams/sinks` keep this contract.

`insert` returns only when the rows are durable, may be repeated (rows are deduplicated by identity), waits and retries
while the store is unavailable, and raises StoreRefused when the answer will not change. Nothing is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import pyarrow as pa


class Store(Protocol):
    """Where rows go and where what was recorded is read back."""

    async def insert(self, table: str, rows: pa.Table) -> None:
        """Append rows to a table of `schemas.tables`; columns are matched by name."""

    async def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Sequence[Mapping[str, Any]]:
        """Rows of a SELECT, as dictionaries. Parameters are bound by the server: {name:Type}, never formatted in."""

    async def close(self) -> None:
        """Release the connection; safe to call twice."""
