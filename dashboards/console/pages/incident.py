"""One incident: what ties its alerts together, who was told, what people did; and the forms to act."""

from __future__ import annotations

import asyncio
from typing import Any

from dashboards.console.view import DAY_NS, NotFound, View
from dashboards.console.words import silences
from monitors.blind import CHECKS
from schemas.actions import VERDICTS
from schemas.incidents import CAUSES

PATH = "/incidents/{id}"
TITLE = "Incident"


async def gather(view: View) -> dict[str, Any]:
    id = view.query.get("id", "")
    changes = await view.ask("incident_changes", incident=id)
    if not changes:
        raise NotFound(
            "There is no incident with this id in the store. It may belong to another store, or be mistyped."
        )
    incident = changes[-1]
    alerts, acts, deliveries, kept = await asyncio.gather(
        view.ask("alerts_of", alerts=list(incident["alerts"])[:500]),
        view.ask("actions_on", kind="incident", subject=id),
        view.ask("deliveries_of", incident=id),
        view.ask("silences", from_ns=view.back(100 * DAY_NS)),
    )
    rule, own = view.rules.get(incident["rule"]), CHECKS.get(incident["rule"])
    held = [s for s in silences(kept, view.wall_ns) if s["kind"] == "incident" and s["subject"] == id]
    return {
        "heading": incident["title"],
        "incident": incident,
        "changes": changes,
        "alerts": alerts,
        "cause": CAUSES.get(incident["cause"], incident["cause"]),
        "rule": rule,
        "what": rule.title if rule else own.title if own else incident["rule"],
        "first_step": rule.triage if rule else own.first_step if own else "",
        "info": view.settings.model(incident["model"]),
        "acts": acts,
        "closed": next((a["value"] for a in acts if a["action"] == "verdict"), ""),
        "acknowledged": any(a["action"] == "acknowledge" for a in acts),
        "deliveries": deliveries,
        "held": held,
        "verdicts": VERDICTS,
    }
