"""What stands before every page: Host, method, sign-in, and the headers that keep a browser from being misled.

An ASGI wrapper. It decides only who may look; it knows no page. `/healthz` is answered to anybody who can reach the
port, because a probe has neither the host name nor the token, and it says nothing but "ok".
"""

from __future__ import annotations

import time
from collections.abc import Callable
from ipaddress import ip_address

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboards.console.login import cookie_holds, read_cookie
from schemas.errors import SettingError
from schemas.settings import Console

EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 (compared with, not listened on)
OPEN_PATHS = ("/healthz", "/login", "/static/")
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

REPORT = "/report"  # the address of one stored report
# A report is complete in itself, with its style inside; nothing in it may run, be sent or be asked for.
REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "sandbox"
)


def is_local(host: str) -> bool:
    """Whether an address to listen on can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_listening(console: Console) -> None:
    """Raises SettingError if the console would be open to others without a sign-in."""
    if not is_local(console.host) and not console.token and not console.proxy_header:
        raise SettingError(
            f"console.host {console.host!r} can be reached from other machines; set MIRQAB_CONSOLE_TOKEN (or "
            "console.token_file), or console.proxy_header if a trusted proxy signs people in; or use 127.0.0.1"
        )


class Guard:
    """Lets a request through to `app`, or answers it. `seconds` is the wall clock, for the age of a sign-in."""

    def __init__(
        self, app: ASGIApp, console: Console, seconds: Callable[[], float] = time.time, *, acting: bool = False
    ) -> None:
        self.app = app
        self.posts = ("/login", "/act") if acting else ("/login",)
        self.console = console
        self.seconds = seconds
        own = [] if console.host in EVERYWHERE else [console.host]
        names = ["localhost", "127.0.0.1", "::1", *own, *console.allowed_hosts]
        self.hosts = {name.strip("[]").lower() for name in names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        answer = self.refuse(scope)
        target: ASGIApp = answer or self.app
        await target(scope, receive, _with_headers(send, scope["path"]))

    def refuse(self, scope: Scope) -> Response | None:
        """The answer to a request that may not pass, None if it may."""
        headers, path = Headers(scope=scope), str(scope["path"])
        if path == "/healthz" and scope["method"] in ("GET", "HEAD"):
            return None
        # Another site's name that was pointed at us must not read our pages (DNS rebinding).
        if host_name(headers.get("host", "")) not in self.hosts:
            return PlainTextResponse("This host name is not in console.allowed_hosts.\n", 421)
        if scope["method"] not in ("GET", "HEAD") and not (scope["method"] == "POST" and path in self.posts):
            return PlainTextResponse("The console only shows; it takes GET.\n", 405, {"Allow": "GET, HEAD"})
        # A form on another site must not sign anybody in here, nor act for them.
        if scope["method"] == "POST" and headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return PlainTextResponse("This form was sent from another site.\n", 403)
        if path == OPEN_PATHS[1] or path.startswith(OPEN_PATHS[2]):
            return None
        return self._sign_in(headers)

    def _sign_in(self, headers: Headers) -> Response | None:
        """Every sign-in that is configured must hold: a proxy's header alone would do for whoever forges it."""
        name = self.console.proxy_header
        if name and not headers.get(name):
            return PlainTextResponse("Sign in through the proxy in front of this console.\n", 401)
        token = self.console.token
        if token and not cookie_holds(token, read_cookie(headers), int(self.seconds())):
            if headers.get("x-mirqab-part"):
                return PlainTextResponse("Sign in again.\n", 401)
            return RedirectResponse("/login", 303)
        return None


def host_name(header: str) -> str:
    """The name in a Host header, without port and brackets."""
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.partition(":")[0].lower()


def _with_headers(send: Send, path: str) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            if path == REPORT:
                headers["Content-Security-Policy"] = REPORT_POLICY
            headers["Cache-Control"] = "no-cache" if path.startswith("/static/") else "no-store"
        await send(message)

    return guarded
