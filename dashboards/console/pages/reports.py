"""Reports that were made, the newest first; each opens as it was made."""

from __future__ import annotations

from typing import Any

from dashboards.console.view import View

PATH = "/reports"
TITLE = "Reports"
LIMIT = 300


async def gather(view: View) -> dict[str, Any]:
    model = view.query.get("model", "")
    return {"reports": await view.ask("reports_of", kind="", model=model, limit=LIMIT), "model": model, "limit": LIMIT}
