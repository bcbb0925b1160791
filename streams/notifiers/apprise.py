"""Any of the services Apprise knows (ntfy, Opsgenie, Matrix, Telegram, …), by its URL; needs the extra `apprise`.

Apprise says only whether it worked, so a page that was not taken is tried again; it knows no keys, so updates are kept
back.
"""

from __future__ import annotations

from typing import Any

from schemas.errors import SettingError
from schemas.pages import ACCEPTED, AGAIN, RESOLVE, Answer, Page
from schemas.receivers import Receiver
from schemas.settings import Settings

KEYED = False
OPTIONS = {"url": "Apprise URL of the service, with its tokens in it"}
REQUIRED, SECRETS = ("url",), ("url",)


class Notifier:
    """One Apprise service."""

    def __init__(self, receiver: Receiver, settings: Settings) -> None:
        try:
            import apprise
        except ImportError as e:
            raise SettingError(f"receivers.{receiver.name} needs Apprise: pip install 'mirqab[apprise]'") from e
        self.service: Any = apprise.Apprise()
        if not self.service.add(receiver.get("url")):
            raise SettingError(f"receivers.{receiver.name}.url is no URL that Apprise knows; see its documentation")

    async def send(self, page: Page) -> Answer:
        kind = "success" if page.kind == RESOLVE else "failure" if page.level == "page" else "warning"
        try:
            taken = await self.service.async_notify(
                body=page.line, title=page.title, notify_type=kind, body_format="text"
            )
        except Exception as e:  # whatever a plugin raises, the pager goes on
            return Answer(AGAIN, f"{type(e).__name__}"[:200])
        return Answer(ACCEPTED, "taken") if taken else Answer(AGAIN, "Apprise could not deliver it")

    async def close(self) -> None:
        """Nothing is held."""
