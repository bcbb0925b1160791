"""PagerDuty, Events API v2: triggers, acknowledges and resolves by the incident's id as dedup key."""

from __future__ import annotations

import msgspec

from schemas.pages import ACKNOWLEDGED, CRITICAL, HIGH, LOW, MEDIUM, RESOLVE, Answer, Page
from schemas.receivers import Receiver
from schemas.settings import Settings
from streams.notifiers._http import Door
from streams.notifiers._time import moment

KEYED = True
OPTIONS = {
    "routing_key": "integration key of the service",
    "url": "address of the API (default https://events.pagerduty.com/v2/enqueue; EU: events.eu.pagerduty.com)",
    "ca_file": "PEM file of the authority that signed its certificate",
}
REQUIRED, SECRETS = ("routing_key",), ("routing_key",)
URL = "https://events.pagerduty.com/v2/enqueue"
SEVERITIES = {CRITICAL: "critical", HIGH: "error", MEDIUM: "warning", LOW: "info"}
LONGEST = 1024


class Notifier:
    """Posts one event."""

    def __init__(self, receiver: Receiver, settings: Settings) -> None:
        self.door = Door(receiver.get("url", URL), f"receivers.{receiver.name}.url", receiver.get("ca_file"))
        self.key = receiver.get("routing_key")

    async def send(self, page: Page) -> Answer:
        action = {RESOLVE: "resolve", ACKNOWLEDGED: "acknowledge"}.get(page.kind, "trigger")
        event = {
            "routing_key": self.key,
            "event_action": action,
            "dedup_key": page.key,
            "payload": {
                "summary": page.line[:LONGEST],
                "source": page.model,
                "severity": SEVERITIES[page.severity],
                "timestamp": moment(page.at_ns),
                "component": page.model,
                "group": page.team,
                "class": page.family,
                "custom_details": {
                    "rule": page.rule, "alerts": page.alerts, "models": page.models, "p": page.p, "effect": page.effect,
                    "n": page.n, "first_step": page.first_step, "change": page.number, **page.labels,
                },
            },
            "client": "Mirqab",
        }  # fmt: skip
        if page.url:
            event |= {"client_url": page.url, "links": [{"href": page.url, "text": "The incident in Mirqab"}]}
        return await self.door.post(msgspec.json.encode(event), {"Content-Type": "application/json"})

    async def close(self) -> None:
        """Nothing is held."""
