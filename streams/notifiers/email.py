"""E-mail by SMTP, with STARTTLS unless told otherwise: pages of an incident are one thread.

A server's 4xx is tried again, its 5xx is not. Nothing is sent without TLS unless `tls = "none"` says so.
"""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from hashlib import blake2b

from schemas.errors import SettingError, unknown
from schemas.pages import ACCEPTED, AGAIN, NEVER, TRIGGER, Answer, Page
from schemas.receivers import Receiver
from schemas.settings import Settings
from streams.notifiers._time import moment

KEYED = False
OPTIONS = {
    "host": "SMTP server",
    "port": 'its port (default 587, or 465 with tls = "implicit")',
    "tls": "starttls (default), implicit, or none",
    "ca_file": "PEM file of the authority that signed its certificate",
    "sender": "address the mail comes from",
    "to": "addresses, a list",
    "username": "user name, if the server asks for one",
    "password": "its password",
}
REQUIRED, SECRETS = ("host", "sender", "to"), ("password",)
MODES = ("starttls", "implicit", "none")
SECONDS = 15.0


class Notifier:
    """One connection per mail."""

    def __init__(self, receiver: Receiver, settings: Settings) -> None:
        self.mode = receiver.get("tls", "starttls")
        if self.mode not in MODES:
            raise SettingError(f"receivers.{receiver.name}.tls: {unknown('value', str(self.mode), MODES)}")
        self.host = receiver.get("host")
        self.port = int(receiver.get("port", 465 if self.mode == "implicit" else 587))
        self.sender, to = receiver.get("sender"), receiver.get("to")
        self.to = [to] if isinstance(to, str) else list(to)
        self.username, self.password = receiver.get("username"), receiver.get("password")
        try:
            self.tls = ssl.create_default_context(cafile=receiver.get("ca_file") or None)
        except OSError as e:
            raise SettingError(f"receivers.{receiver.name}.ca_file cannot be used: {e.strerror}") from e

    async def send(self, page: Page) -> Answer:
        return await self.post(self.message(page))

    async def post(self, message: EmailMessage) -> Answer:
        """Send a mail to whom its own headers name."""
        return await asyncio.to_thread(self._send, message)

    def message(self, page: Page) -> EmailMessage:
        """The mail; all but the first of an incident refer to the first."""
        made = EmailMessage()
        # One address is one header: what was cleaned has no line ends, and EmailMessage refuses them.
        made["Subject"] = f"[{page.level}] {'RESOLVED: ' if page.over else ''}{page.title}"
        made["From"], made["To"] = self.sender, ", ".join(self.to)
        thread = blake2b(page.key.encode(), digest_size=12).hexdigest()
        own = f"<{thread}.{page.number}.{page.kind}@mirqab>"
        made["Message-ID"] = own
        if page.kind != TRIGGER:
            made["References"] = made["In-Reply-To"] = f"<{thread}.0.{TRIGGER}@mirqab>"
        made["X-Mirqab-Incident"] = page.key
        made["Auto-Submitted"] = "auto-generated"
        made.set_content(
            f"{page.line}\n\nSince {moment(page.opened_ns)}, {_many(page.alerts, 'alert')} on "
            f"{_many(page.models, 'model')}, team {page.team}.\n"
            f"First step: {page.first_step}\n{page.url}\n\nIncident {page.key}, change {page.number}.\n"
        )
        return made

    def _send(self, message: EmailMessage) -> Answer:
        try:
            if self.mode == "implicit":
                server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=SECONDS, context=self.tls)
            else:
                server = smtplib.SMTP(self.host, self.port, timeout=SECONDS)
            with server:
                if self.mode == "starttls":
                    server.starttls(context=self.tls)
                if self.username:
                    server.login(self.username, self.password)
                refused = server.send_message(message)
        except smtplib.SMTPRecipientsRefused as e:
            return judged(min(code for code, _ in e.recipients.values()), "recipient refused")
        except smtplib.SMTPResponseException as e:
            text = e.smtp_error.decode("utf-8", "replace") if isinstance(e.smtp_error, bytes) else str(e.smtp_error)
            return judged(e.smtp_code, text)
        except smtplib.SMTPNotSupportedError as e:
            return Answer(NEVER, f"the server does not do what is asked of it: {e}"[:200])
        except (OSError, smtplib.SMTPException) as e:
            return Answer(AGAIN, f"no answer: {type(e).__name__} {e}"[:200], reached=False)
        return Answer(ACCEPTED, f"{len(refused)} recipients refused" if refused else "250")

    async def close(self) -> None:
        """Nothing is held."""


def _many(n: int, what: str) -> str:
    return f"{n} {what}{'s' * (n != 1)}"


def judged(code: int, text: str) -> Answer:
    """What an SMTP code means to whoever would try again."""
    return Answer(AGAIN if 400 <= code < 500 else NEVER, f"SMTP {code} {' '.join(text.split())}"[:200])
