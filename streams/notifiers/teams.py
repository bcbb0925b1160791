"""Microsoft Teams, a workflow's webhook: an adaptive card. (The older connectors were switched off in 2026.)"""

from __future__ import annotations

from typing import Any

import msgspec

from schemas.pages import RESOLVE, Answer, Page
from schemas.receivers import Receiver
from schemas.settings import Settings
from streams.notifiers._http import Door

KEYED = False
OPTIONS = {
    "url": "address that the workflow gives; whoever has it can post, so it is a secret",
    "ca_file": "PEM file of the authority that signed its certificate",
}
REQUIRED, SECRETS = ("url",), ("url",)
CARD = "application/vnd.microsoft.card.adaptive"


class Notifier:
    """Posts one card: a headline, facts, a button."""

    def __init__(self, receiver: Receiver, settings: Settings) -> None:
        self.door = Door(receiver.get("url"), f"receivers.{receiver.name}.url", receiver.get("ca_file"))

    async def send(self, page: Page) -> Answer:
        message = {"type": "message", "attachments": [{"contentType": CARD, "content": card(page)}]}
        return await self.door.post(msgspec.json.encode(message), {"Content-Type": "application/json"})

    async def close(self) -> None:
        """Nothing is held."""


def card(page: Page) -> dict[str, Any]:
    """The adaptive card; underscores and brackets would be Markdown there, so they are escaped."""
    colour = "Good" if page.kind == RESOLVE else "Attention" if page.level == "page" else "Warning"
    facts = [("Team", page.team), ("How bad", page.severity), ("Alerts", str(page.alerts)), ("Incident", page.key)]
    made: dict[str, Any] = {
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {"type": "TextBlock", "text": plain(page.title), "weight": "Bolder", "wrap": True, "color": colour},
            {"type": "TextBlock", "text": plain(page.line), "wrap": True},
            {"type": "FactSet", "facts": [{"title": title, "value": plain(value)} for title, value in facts]},
        ],
    }
    if page.url:
        made["actions"] = [{"type": "Action.OpenUrl", "title": "Open the incident", "url": page.url}]
    return made


def plain(text: str) -> str:
    """Text that Markdown leaves alone.

    >>> plain("[a](b) *c*")
    '\\\\[a\\\\]\\\\(b\\\\) \\\\*c\\\\*'
    """
    return "".join(f"\\{c}" if c in "\\[]()*_`#~" else c for c in text)
