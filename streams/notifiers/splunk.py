"""Splunk HTTP event collector: an OCSF Detection Finding per page, as sourcetype `ocsf:detection_finding`."""

from __future__ import annotations

import msgspec

from schemas.pages import Answer, Page
from schemas.receivers import Receiver
from schemas.settings import Settings
from streams.notifiers._http import Door
from streams.notifiers._ocsf import finding

KEYED = True
OPTIONS = {
    "url": "address of the collector, such as https://splunk:8088",
    "token": "its token",
    "index": "index to write to; empty leaves it to the token",
    "ca_file": "PEM file of the authority that signed its certificate",
}
REQUIRED, SECRETS = ("url", "token"), ("token",)


class Notifier:
    """Posts to /services/collector/event."""

    def __init__(self, receiver: Receiver, settings: Settings) -> None:
        url = receiver.get("url").rstrip("/") + "/services/collector/event"
        self.door = Door(url, f"receivers.{receiver.name}.url", receiver.get("ca_file"))
        self.token, self.index = receiver.get("token"), receiver.get("index")

    async def send(self, page: Page) -> Answer:
        event = {
            "time": page.at_ns / 1e9,
            "host": "mirqab",
            "source": "mirqab",
            "sourcetype": "ocsf:detection_finding",
            "event": finding(page),
            "fields": {"incident": page.key, "level": page.level, "team": page.team},
        }
        if self.index:
            event["index"] = self.index
        headers = {"Authorization": f"Splunk {self.token}", "Content-Type": "application/json"}
        return await self.door.post(msgspec.json.encode(event), headers)

    async def close(self) -> None:
        """Nothing is held."""
