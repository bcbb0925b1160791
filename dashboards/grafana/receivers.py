"""Who Grafana's alerts go to, and when they are quiet: contact points and mute timings, made from the settings."""

from __future__ import annotations

import re
from collections.abc import Callable
from zoneinfo import ZoneInfo

from dashboards.grafana.panels import Json
from schemas.days import DAYS
from schemas.errors import SettingError, unknown
from schemas.settings import Grafana

NAME = "Mirqab"
MUTED = "Mirqab maintenance"
TIMES = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
# Of the severities PagerDuty knows, those that stand for ours.
PAGERDUTY = (
    '{{ if eq .CommonLabels.severity "critical" }}critical{{ else if eq .CommonLabels.severity "high" }}error'
    "{{ else }}warning{{ end }}"
)
# (name of a secret setting, its value) -> what is written in its place
Secret = Callable[[str, str], str]


def receiver(grafana: Grafana) -> str:
    """The contact point that rules name: the user's own, else ours if there is one, else none."""
    return grafana.receiver or (NAME if contact_points(grafana, lambda name, value: value) else "")


def contact_points(grafana: Grafana, secret: Secret) -> list[Json]:
    """One integration per way that is configured, all under one name, so that each alert goes to all of them."""
    if grafana.receiver:
        return []
    found: list[tuple[str, Json]] = []
    if grafana.email:
        found.append(("email", {"addresses": ";".join(grafana.email), "singleEmail": False}))
    if grafana.webhook:
        found.append(("webhook", {"url": grafana.webhook, "httpMethod": "POST"}))
    if grafana.slack_url:
        found.append(("slack", {"url": secret("grafana.slack_url", grafana.slack_url)}))
    if grafana.pagerduty_key:
        key = secret("grafana.pagerduty_key", grafana.pagerduty_key)
        found.append(("pagerduty", {"integrationKey": key, "severity": PAGERDUTY, "group": "mirqab"}))
    return [
        {"uid": f"mirqab-{kind}", "name": NAME, "type": kind, "disableResolveMessage": False, "settings": settings}
        for kind, settings in found
    ]


def mute_timings(grafana: Grafana) -> list[Json]:
    """The times of `grafana.maintenance` as one mute timing; none if there are no times. Raises SettingError."""
    if not grafana.maintenance:
        return []
    try:
        ZoneInfo(grafana.timezone)
    except (KeyError, ValueError, OSError) as e:
        raise SettingError(f"grafana.timezone: {grafana.timezone!r} is no time zone; try Asia/Qatar or UTC") from e
    intervals = [{**_interval(text), "location": grafana.timezone} for text in grafana.maintenance]
    return [{"name": MUTED, "time_intervals": intervals}]


def _interval(text: str) -> Json:
    """`friday saturday 22:00-23:30` as Grafana's interval; no days means every day."""
    *days, times = text.lower().split() or [""]
    for day in days:
        if day not in DAYS:
            raise SettingError(f"grafana.maintenance: {unknown('day', day, DAYS)}")
    found = TIMES.fullmatch(times)
    start, _, end = times.partition("-")
    if not found or start >= end or end > "24:00":
        raise SettingError(
            f"grafana.maintenance: {text!r} must end with times like 22:00-23:30, the first before the second; over "
            "midnight give two: 22:00-24:00 and, for the next day, 00:00-02:00"
        )
    made: Json = {"times": [{"start_time": start, "end_time": end}]}
    return {**made, "weekdays": days} if days else made
