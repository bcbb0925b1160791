"""What people do on pages: a form becomes rows of `actions`, through the writer that was handed in.

A form must carry our token, which is tied to who is signed in and to this console's run: another site can neither read
nor guess it. Who acts is the user that the trusted proxy names, else the name typed into the form.
"""

from __future__ import annotations

import hmac
import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from hashlib import sha256
from urllib.parse import parse_qs, quote

from starlette.requests import Request

from dashboards.console.login import read_cookie
from dashboards.console.view import Asker
from schemas.actions import (
    ACKNOWLEDGE,
    APPROVE,
    MAINTENANCE,
    NOTE,
    OPENED,
    REVEAL,
    SILENCE,
    UNSILENCE,
    VERDICT,
    Action,
    act,
    closing,
    window,
)  # fmt: skip
from schemas.errors import MirqabError, UsageError
from schemas.settings import Console

Write = Callable[[Sequence[Action]], Awaitable[None]]
FORM_BYTES = 16_384
HOUR_NS = 3_600_000_000_000
DAY_NS = 24 * HOUR_NS
MOST_SHOWN = 100_000
NOBODY = "whoever was at the console"
SHOWED, READ = "opened the alert's page, which shows masked excerpts", "opened the report in the console"
log = logging.getLogger(__name__)
LONGEST_HOURS = 24 * 90
ALLOWED = {
    "incident": (ACKNOWLEDGE, VERDICT, NOTE, APPROVE, SILENCE, UNSILENCE),
    "alert": (VERDICT, NOTE),
    "model": (SILENCE, MAINTENANCE, UNSILENCE),
}
PAGES = {"incident": "/incidents/", "alert": "/alerts/"}


class Refused(Exception):
    """The form is not ours, or not of this sign-in; the text says what to do."""


class Acting:
    """Takes forms. `seconds` is the wall clock: people act now, whatever time the models live in."""

    def __init__(self, console: Console, asker: Asker, seconds: Callable[[], float], write: Write) -> None:
        self.console, self.asker, self.seconds, self.write = console, asker, seconds, write
        self.secret = secrets.token_bytes(32)
        self.shown: set[tuple[str, str, int]] = set()

    def token(self, request: Request) -> str:
        """What a form of this person must carry."""
        who = f"{read_cookie(request.headers)}\x00{self._user(request)}"
        return hmac.new(self.secret, who.encode("utf-8", "replace"), sha256).hexdigest()

    async def take(self, request: Request) -> str:
        """Write down what the form says; the value is the address to show next. Raises Refused or UsageError."""
        form = await posted(request)
        if not hmac.compare_digest(form.get("csrf", "").encode("utf-8", "replace"), self.token(request).encode()):
            raise Refused("This form is not of your sign-in, or the console was started anew: load the page again.")
        actions = await self._actions(form, self._user(request) or form.get("by", ""))
        await self.write(actions)
        kind, subject = form["kind"], form["subject"]
        return PAGES[kind] + quote(subject, safe="") if kind in PAGES else "/incidents"

    async def showed(self, request: Request, alert: str, excerpts: int) -> None:
        """A page showed excerpts of texts."""
        if excerpts:
            await self._saw(request, REVEAL, "alert", alert, SHOWED, str(excerpts))

    async def opened(self, request: Request, kind: str, model: str, period: str) -> None:
        """A report was opened."""
        await self._saw(request, OPENED, "report", " ".join(part for part in (kind, model, period) if part), READ)

    async def _saw(self, request: Request, action: str, kind: str, subject: str, reason: str, value: str = "") -> None:
        """Written down once per person, thing and day.

        A store that does not take it hinders nobody: nothing is shown in clear, and an incident may be under way.
        """
        at, who = int(self.seconds() * 1e9), self._user(request) or NOBODY
        seen = (who, f"{kind} {subject}", at // DAY_NS)
        if seen in self.shown:
            return
        if len(self.shown) > MOST_SHOWN:
            self.shown.clear()
        try:
            await self.write([act(at, action, kind, subject, actor=who, reason=reason, value=value)])
            self.shown.add(seen)
        except MirqabError as e:
            log.warning("that %s saw %s %s is not written down: %s", ascii(who), kind, ascii(subject), e)

    def _user(self, request: Request) -> str:
        return request.headers.get(self.console.proxy_header, "") if self.console.proxy_header else ""

    async def _actions(self, form: Mapping[str, str], actor: str) -> list[Action]:
        kind, subject, word = form.get("kind", ""), form.get("subject", ""), form.get("action", "")
        if word not in ALLOWED.get(kind, ()) or not 0 < len(subject) <= 256:
            raise UsageError(f"nothing is known of {word!r} on {kind!r}; use the forms of the page")
        at, said = int(self.seconds() * 1e9), {"actor": actor, "reason": form.get("reason", "")}
        if word == VERDICT and kind == "incident":
            rows = await self.asker.ask("incident_changes", incident=subject)
            if not rows:
                raise UsageError(f"there is no incident {subject!r}")
            return closing(at, subject, rows[-1]["alerts"], value=form.get("value", ""), **said)
        value = form.get("value", "") if word == VERDICT else ""
        if word in (SILENCE, MAINTENANCE):
            value = window(at, at + int(hours(form.get("hours", "")) * HOUR_NS))
        return [act(at, word, kind, subject, value=value, **said)]


def hours(text: str) -> float:
    """How long a silence lasts. Raises UsageError unless it is more than 0 and at most 90 days."""
    value = float(text) if re.fullmatch(r"\d{1,4}(\.\d{1,3})?", text.strip()) else 0.0
    if not 0 < value <= LONGEST_HOURS:
        raise UsageError(f"the hours are {text!r}; give more than 0 and at most {LONGEST_HOURS}")
    return value


async def posted(request: Request) -> dict[str, str]:
    """The fields of a posted form; empty if it is larger than any form of ours."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES:
            return {}
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
