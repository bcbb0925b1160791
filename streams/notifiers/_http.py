"""One HTTP request and what its answer means. No redirects, no proxies, no retries: the desk tries again."""

from __future__ import annotations

import asyncio
import http.client
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

from schemas.errors import SettingError
from schemas.pages import ACCEPTED, AGAIN, NEVER, Answer

SECONDS = 10.0
READ_BYTES = 4096
LATER = (408, 425, 429)


class Door:
    """Where to post. Raises SettingError for an address that is none, without repeating it: it may hold a secret."""

    def __init__(self, url: str, where: str, ca_file: str = "", seconds: float = SECONDS) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
            raise SettingError(f"{where} must be http(s)://host/… without user or password")
        self.host, self.seconds = parts.hostname, seconds
        try:
            self.port = parts.port
        except ValueError as e:
            raise SettingError(f"{where} has a port that is no number") from e
        self.path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self.tls = None
        if parts.scheme == "https":
            try:
                self.tls = ssl.create_default_context(cafile=ca_file or None)
            except OSError as e:
                raise SettingError(f"{where}: cannot use ca_file {ca_file}: {e.strerror}") from e

    async def post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post, in a thread."""
        return await asyncio.to_thread(self._post, body, headers)

    def _post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        if self.tls is None:
            line = http.client.HTTPConnection(self.host, self.port, timeout=self.seconds)
        else:
            line = http.client.HTTPSConnection(self.host, self.port, timeout=self.seconds, context=self.tls)
        try:
            line.request("POST", self.path, body, {"User-Agent": "mirqab", **headers})
            answer = line.getresponse()
            text = answer.read(READ_BYTES).decode("utf-8", "replace")
            return judged(answer.status, text, answer.headers.get("Retry-After", ""))
        except ssl.SSLCertVerificationError as e:
            return Answer(AGAIN, f"its certificate is not trusted: {e.verify_message}")
        except (OSError, http.client.HTTPException) as e:
            return Answer(AGAIN, f"no answer: {type(e).__name__} {e}".strip()[:200])
        finally:
            line.close()


def judged(status: int, text: str, retry_after: str = "") -> Answer:
    """What an HTTP status means to whoever would try again."""
    said = f"HTTP {status} {' '.join(text.split())}".strip()[:200]
    if 200 <= status < 300:
        return Answer(ACCEPTED, said)
    if status in LATER or status >= 500:
        return Answer(AGAIN, said, float(retry_after) if retry_after.isdecimal() and len(retry_after) < 6 else None)
    return Answer(NEVER, said)
