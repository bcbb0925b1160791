"""A page as an OCSF 1.8 Detection Finding (class 2004): a plain dictionary, ready for JSON."""

from __future__ import annotations

from typing import Any

from schemas.pages import CRITICAL, HIGH, LOW, MEDIUM, RESOLVE, TRIGGER, Page

CLASS, CATEGORY = 2004, 2
SEVERITY = {LOW: (2, "Low"), MEDIUM: (3, "Medium"), HIGH: (4, "High"), CRITICAL: (5, "Critical")}
CREATE, CHANGE, CLOSE = 1, 2, 3
ACTIVITY = {CREATE: "Create", CHANGE: "Update", CLOSE: "Close"}


def finding(page: Page) -> dict[str, Any]:
    """Required attributes of the class, and what is known beside them. `finding_info.uid` is the incident's id."""
    activity = {TRIGGER: CREATE, RESOLVE: CLOSE}.get(page.kind, CHANGE)
    severity_id, severity = SEVERITY[page.severity]
    info: dict[str, Any] = {
        "uid": page.key,
        "title": page.title,
        "desc": page.line,
        "first_seen_time": page.opened_ns // 1_000_000,
        "last_seen_time": page.at_ns // 1_000_000,
        "types": [page.family],
        "analytic": {"type_id": 1, "type": "Rule", "uid": page.rule, "name": page.rule},
    }
    if page.url:
        info["src_url"] = page.url
    if page.technique:
        info["attacks"] = [{"technique": {"uid": page.technique}, "version": "5.6.1"}]
    return {
        "class_uid": CLASS,
        "class_name": "Detection Finding",
        "category_uid": CATEGORY,
        "category_name": "Findings",
        "activity_id": activity,
        "activity_name": ACTIVITY[activity],
        "type_uid": CLASS * 100 + activity,
        "severity_id": severity_id,
        "severity": severity,
        "status_id": 4 if page.kind == RESOLVE else 1,
        "status": "Resolved" if page.kind == RESOLVE else "New",
        "time": page.at_ns // 1_000_000,
        "message": page.line,
        "metadata": {
            "version": "1.8.0",
            "product": {"name": "Mirqab", "vendor_name": "Mirqab"},
            "profiles": ["ai_operation"],
            "uid": f"{page.key}/{page.number}/{page.kind}",
        },
        "finding_info": info,
        "ai_model": {"name": page.model, "ai_provider": "self-hosted"},
        "resources": [{"name": page.model, "type": "machine learning model", "group": {"name": page.team}}],
        "unmapped": {"mirqab": {"level": page.level, "alerts": page.alerts, "models": page.models, "kind": page.kind}},
    }
