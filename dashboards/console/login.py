"""The token of the console and the cookie that proves it was shown. Compared in constant time; never in an address.

The cookie holds when it was made and a keyed hash of that moment; the token itself never leaves the login form.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha256

COOKIE = "mirqab_console"
HOLDS_S = 12 * 3600


def same(given: str, wanted: str) -> bool:
    """Constant-time equality; an empty token equals nothing."""
    first, second = sha256(given.encode("utf-8", "replace")), sha256(wanted.encode("utf-8", "replace"))
    return hmac.compare_digest(first.digest(), second.digest()) and bool(wanted)


def make_cookie(token: str, now_s: int) -> str:
    """The value of the cookie for somebody who has shown the token at `now_s`."""
    return f"{now_s}.{_proof(token, now_s)}"


def cookie_holds(token: str, value: str, now_s: int) -> bool:
    """Whether the cookie was made with this token in the last twelve hours."""
    made, _, proof = value.partition(".")
    if not (made.isascii() and made.isdigit() and len(made) < 16):
        return False
    fresh = 0 <= now_s - int(made) < HOLDS_S
    return hmac.compare_digest(proof.encode("utf-8", "replace"), _proof(token, int(made)).encode()) and fresh


def read_cookie(headers: Mapping[str, str]) -> str:
    """Our cookie from a request's headers, or nothing."""
    for part in headers.get("cookie", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE:
            return value
    return ""


def _proof(token: str, made: int) -> str:
    return hmac.new(token.encode("utf-8", "replace"), f"mirqab console {made}".encode(), sha256).hexdigest()
