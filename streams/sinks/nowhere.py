"""A store that keeps nothing: for replaying files to the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa


class Nowhere:
    """Takes every row and answers nothing."""

    async def insert(self, table: str, rows: pa.Table) -> None:
        """Forget the rows."""

    async def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Sequence[Mapping[str, Any]]:
        """No rows."""
        return []

    async def close(self) -> None:
        """Nothing to release."""
