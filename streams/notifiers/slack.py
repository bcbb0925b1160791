"""Slack, incoming webhook: one message for what is new, worse or over. Its text is escaped; nobody can be mentioned."""

from __future__ import annotations

import msgspec

from schemas.pages import RESOLVE, Answer, Page
from schemas.receivers import Receiver
from schemas.settings import Settings
from streams.notifiers._http import Door

KEYED = False
OPTIONS = {
    "url": "address of the incoming webhook; whoever has it can post, so it is a secret",
    "ca_file": "PEM file of the authority that signed its certificate",
}
REQUIRED, SECRETS = ("url",), ("url",)


class Notifier:
    """Posts text and one section."""

    def __init__(self, receiver: Receiver, settings: Settings) -> None:
        self.door = Door(receiver.get("url"), f"receivers.{receiver.name}.url", receiver.get("ca_file"))

    async def send(self, page: Page) -> Answer:
        sign = (
            ":white_check_mark:" if page.kind == RESOLVE else ":rotating_light:" if page.level == "page" else ":ticket:"
        )
        text = f"{sign} {escaped(page.line)}"
        foot = escaped(f"{page.team} · {page.severity} · incident {page.key}, change {page.number}")
        blocks = [
            {"type": "section", "text": {"type": "mrkdwn", "text": text}},
            {"type": "context", "elements": [{"type": "plain_text", "text": foot}]},
        ]
        return await self.door.post(
            msgspec.json.encode({"text": text, "blocks": blocks}), {"Content-Type": "application/json"}
        )

    async def close(self) -> None:
        """Nothing is held."""


def escaped(text: str) -> str:
    """What Slack would take for a mention, a channel or a link, as plain text.

    >>> escaped("<!channel> & co")
    '&lt;!channel&gt; &amp; co'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
