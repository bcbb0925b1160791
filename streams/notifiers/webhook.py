"""Any HTTP endpoint: the page as JSON, signed with HMAC-SHA256, so that it can be checked and told from a repetition.

`X-Mirqab-Signature: t=<seconds>,v1=<hex of HMAC(secret, "<seconds>.<body>")>`; `Idempotency-Key` is the same for every
attempt at the same page. Refuse a signature that is older than a few minutes.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from dataclasses import asdict
from hashlib import sha256

import msgspec

from schemas.pages import Answer, Page
from schemas.receivers import Receiver
from schemas.settings import Settings
from streams.notifiers._http import Door

KEYED = True
OPTIONS = {
    "url": "http(s) address to post to",
    "secret": "key of the signature; without it pages are not signed",
    "ca_file": "PEM file of the authority that signed its certificate",
}
REQUIRED, SECRETS = ("url",), ("secret",)


class Notifier:
    """Posts `{"schema": "mirqab.page/1", …}`: all fields of a page."""

    def __init__(self, receiver: Receiver, settings: Settings, seconds: Callable[[], float] = time.time) -> None:
        self.door = Door(receiver.get("url"), f"receivers.{receiver.name}.url", receiver.get("ca_file"))
        self.secret, self.seconds = receiver.get("secret"), seconds

    async def send(self, page: Page) -> Answer:
        body = msgspec.json.encode({"schema": "mirqab.page/1", **asdict(page)}, order="deterministic")
        headers = {"Content-Type": "application/json", "Idempotency-Key": f"{page.key}/{page.number}/{page.kind}"}
        if self.secret:
            headers["X-Mirqab-Signature"] = signature(self.secret, int(self.seconds()), body)
        return await self.door.post(body, headers)

    async def close(self) -> None:
        """Nothing is held."""


def signature(secret: str, at_s: int, body: bytes) -> str:
    """The header's value."""
    digest = hmac.new(secret.encode(), str(at_s).encode() + b"." + body, sha256).hexdigest()
    return f"t={at_s},v1={digest}"
