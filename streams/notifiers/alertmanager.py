"""Prometheus Alertmanager, API v2: one alert per incident, which it groups, routes, silences and resolves.

An open alert is given an end some time ahead, after which Alertmanager would resolve it by itself; reminders and
updates push it on. Labels are the identity, so they hold only what an incident keeps for life: its id.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from schemas.pages import HEARTBEAT, Answer, Page
from schemas.receivers import Receiver
from schemas.settings import Settings
from streams.notifiers._http import Door
from streams.notifiers._time import moment

KEYED = True
OPTIONS = {
    "url": "address of Alertmanager, such as http://127.0.0.1:9093",
    "ca_file": "PEM file of the authority that signed its certificate",
    "token": "bearer token, if a proxy in front of it asks for one",
    "hours": "hours after which it forgets an open incident that it hears nothing of (default 24)",
}
REQUIRED, SECRETS = ("url",), ("token",)
HEARTBEAT_S = 300


class Notifier:
    """Posts to /api/v2/alerts."""

    def __init__(self, receiver: Receiver, settings: Settings, seconds: Callable[[], float] = time.time) -> None:
        url = receiver.get("url").rstrip("/") + "/api/v2/alerts"
        self.door = Door(url, f"receivers.{receiver.name}.url", receiver.get("ca_file"))
        self.token, self.seconds = receiver.get("token"), seconds
        self.holds_s = 3600 * float(receiver.get("hours", 24))

    async def send(self, page: Page) -> Answer:
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return await self.door.post(msgspec.json.encode([self.alert(page)]), headers)

    def alert(self, page: Page) -> dict[str, object]:
        """The alert as its API has it."""
        now = self.seconds()
        beat = page.kind == HEARTBEAT
        ends = now if page.over else now + (HEARTBEAT_S if beat else self.holds_s)
        labels = {"alertname": "MirqabHeartbeat" if beat else "MirqabIncident", "incident": page.key}
        if not beat:
            labels |= {"team": page.team, "model": page.model, "family": page.family, "severity": page.level}
        return {
            "labels": labels,
            "annotations": {"summary": page.line, "description": page.first_step, "severity": page.severity},
            # An incident that is older than Alertmanager's own clock allows is as good as one of now.
            "startsAt": moment(int(min(page.opened_ns, now * 1e9))),
            "endsAt": moment(int(ends * 1e9)),
            "generatorURL": page.url,
        }

    async def close(self) -> None:
        """Nothing is held."""
