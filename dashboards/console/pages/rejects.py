"""Rejects: records that could not be read, counted by reason and topic, and the newest of them."""

from __future__ import annotations

import asyncio
from typing import Any

from dashboards.console.view import DAY_NS, View

PATH = "/rejects"
TITLE = "Rejects"


async def gather(view: View) -> dict[str, Any]:
    counts, last = await asyncio.gather(
        view.ask("rejects_by_reason", from_ns=view.back(7 * DAY_NS)),
        view.ask("rejects_last"),
    )
    total = sum(row["records"] for row in counts)
    most = max((row["records"] for row in counts), default=1)
    return {
        "counts": [{**row, "length": round(100 * row["records"] / most, 1)} for row in counts],
        "total": total,
        "last": last,
        "keeps": view.settings.privacy.keep_rejects,
    }
