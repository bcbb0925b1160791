"""The text of a page: one line that says what happens to which model, how sure, since when, how big, what to do first.

Names of models come from logs, so they are cleaned to letters, digits and a few signs and cut; nothing else of a log is
in a page: no feature, no principal, no segment, no value. The rest is the console's, behind the link. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from monitors.blind import CHECKS, MODEL
from schemas.alerts import TOLD
from schemas.incidents import CAUSES, SHARED, SILENCE, Incident
from schemas.modelinfo import ModelInfo
from schemas.pages import CRITICAL, HIGH, LOW, MEDIUM, REMINDER, RESOLVE, SEVERITIES, SPREAD, Page
from schemas.rules import Rule

UNFIT = re.compile(r"[^\w.-]", re.ASCII)
UNSAFE = re.compile(r"[^\w .:/+-]", re.ASCII)
LONGEST_NAME, LONGEST_STEP, LONGEST_LINE = 64, 200, 900
OPENING = {
    RESOLVE: "RESOLVED",
    SPREAD: "SPREADS",
    REMINDER: "STILL OPEN",
    "acknowledge": "ACKNOWLEDGED",
    "escalation": "ESCALATED",
}


def clean(text: str, longest: int = LONGEST_NAME) -> str:
    """Safe in any receiver: no markup, no control or direction signs, no line ends, no mention of anybody.

    >>> clean("card<script>@all\\n*x*")
    'card_script__all__x_'
    """
    return UNSAFE.sub("_", text)[:longest].strip() or "(unnamed)"


def severity(incident: Incident, criticality: str) -> str:
    """How bad: pages are high, tickets medium, one more or less by how critical the model is."""
    at = SEVERITIES.index(HIGH if incident.level == "page" else MEDIUM)
    at += {"critical": 1, "high": 1, "low": -1}.get(criticality.lower(), 0) if incident.level == "page" else 0
    return SEVERITIES[max(0, min(at, len(SEVERITIES) - 1))]


def page_of(
    incident: Incident, kind: str, reason: str, info: ModelInfo, rules: Mapping[str, Rule], console_url: str, at_ns: int
) -> Page:
    """The page of an incident. `info` is of its lead's model."""
    rule, own = rules.get(incident.rule), CHECKS.get(incident.rule)
    name, step = (rule.title, rule.triage) if rule else (incident.rule, "open the incident")
    if own is not None:
        name, step = own.title, own.first_step
    title = clean(name, 100) if incident.model == MODEL else f"{clean(name, 100)} on {_models(incident)}"
    step = re.sub(r"\s+", " ", step).strip()[:LONGEST_STEP]
    address = f"{console_url.rstrip('/')}/incidents/{UNFIT.sub('_', incident.id)}" if console_url else ""
    opening = OPENING.get(kind, incident.level.upper())
    parts = [
        f"{opening} {title}",
        f"since {_time(incident.opened_ns)}"
        + (f" until {_time(incident.resolved_ns)}" if incident.resolved_ns else ""),
        "how sure: " + ("no p-value" if incident.p is None else f"p = {max(incident.p, 1e-300):.1e}"),
        _size(incident),
        "told early: its minute has not closed" if incident.early == TOLD else "",
        clean(reason, 120) if kind != "trigger" else "",
        f"first: {step}" if kind != RESOLVE else "",
        address or f"incident {incident.id}",
    ]
    return Page(
        key=incident.id,
        number=incident.number,
        kind=kind,
        line="; ".join(part for part in parts if part)[:LONGEST_LINE],
        title=title,
        severity=severity(incident, info.criticality),
        level=incident.level,
        model=clean(incident.model),
        models=len(incident.models),
        alerts=len(incident.alerts),
        team=clean(info.team),
        owner=clean(info.owner) if info.owner else "",
        rule=clean(incident.rule),
        family=clean(incident.family),
        technique=clean(rule.technique) if rule and rule.technique else "",
        first_step=step,
        url=address,
        opened_ns=incident.opened_ns,
        at_ns=at_ns,
        resolved_ns=incident.resolved_ns,
        p=incident.p,
        effect=incident.effect,
        n=incident.n,
        labels={"cause": CAUSES.get(incident.cause, "one model")},
    )


def notice(key: str, kind: str, line: str, at_ns: int, url: str = "") -> Page:
    """A page about Mirqab itself: a heartbeat, or pages that could not be delivered."""
    low = kind == "heartbeat"
    return Page(
        key, 0, kind, line, line, LOW if low else CRITICAL, "page", "(mirqab)", 0, 0, "", "", "self", "blindness", "",
        "look at the log of mirqab pager", url, at_ns, at_ns, None,
    )  # fmt: skip


def _models(incident: Incident) -> str:
    if len(incident.models) > 1 and incident.cause in (SHARED, SILENCE):
        return f"{len(incident.models)} models, {clean(incident.model)} first"
    more = len(incident.models) - 1
    return clean(incident.model) + (f" and {more} more" if more > 0 else "")


def _size(incident: Incident) -> str:
    effect = "" if incident.effect is None else f"effect {incident.effect:.3g}, "
    alerts = "" if len(incident.alerts) < 2 else f", {len(incident.alerts)} alerts"
    return f"how big: {effect}n = {incident.n:,}{alerts}"


def _time(ns: int) -> str:
    try:
        return datetime.fromtimestamp(ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, ValueError, OSError):
        return "an unknown time"
