"""Small real servers for receivers of pages, whose next answer can be chosen; and a page to send."""

from __future__ import annotations

import asyncio
import json
import socketserver
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller

from schemas.pages import ACCEPTED, AGAIN, NEVER, TRIGGER, Page
from schemas.receivers import Receiver
from schemas.settings import Settings
from streams.embedded import embedded_broker, free_port, make_topics

START_NS = 1_750_000_000_000_000_000
STATUS = {ACCEPTED: 202, AGAIN: 503, NEVER: 400}


def page(**more: Any) -> Page:
    """A page as the pager makes them."""
    given: dict[str, Any] = {
        "key": "i-1f", "number": 0, "kind": TRIGGER, "line": "PAGE An input drifts on card; p = 1e-9; since 10:00",
        "title": "An input drifts on card", "severity": "high", "level": "page", "model": "card", "models": 1,
        "alerts": 2, "team": "fraud", "owner": "", "rule": "feature_drift", "family": "drift", "technique": "",
        "first_step": "Look.",
        "url": "https://mirqab.example/incidents/i-1f", "opened_ns": START_NS, "at_ns": START_NS, "resolved_ns": None,
    }  # fmt: skip
    return Page(**given | more)


@dataclass
class Told:
    """What a server heard, and what it answers next."""

    answer: str = ACCEPTED
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    retry_after: str = ""
    send: Page | None = None  # the page that brings this answer, if it takes a special one
    answers: list[str] = field(default_factory=list)  # those that come before `answer`, one a request

    def next(self) -> str:
        return self.answers.pop(0) if self.answers else self.answer

    @property
    def json(self) -> list[Any]:
        return [json.loads(body) for body in self.bodies]


@contextmanager
def http_server(told: Told) -> Iterator[str]:
    """The address of a server that keeps what is posted."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) < length:
                return  # whoever sent it died
            word = told.next()
            if word == ACCEPTED:
                told.bodies.append(body)
                told.headers.append(dict(self.headers.items()) | {"path": self.path})
            self.send_response(STATUS[word])
            if told.retry_after:
                self.send_header("Retry-After", told.retry_after)
            self.end_headers()
            self.wfile.write(b'{"said": "' + word.encode() + b'"}')

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class Mails:
    """An SMTP server's mind."""

    def __init__(self, told: Told) -> None:
        self.told, self.messages = told, list[Message]()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - its name
        word = self.told.next()
        if word == ACCEPTED:
            self.told.bodies.append(envelope.content)
        return {ACCEPTED: "250 taken", AGAIN: "451 come back later", NEVER: "554 no"}[word]


@contextmanager
def smtp_server(told: Told, **options: Any) -> Iterator[int]:
    """The port of a real SMTP server."""
    controller = Controller(Mails(told), hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@contextmanager
def syslog_server(told: Told, protocol: str) -> Iterator[int]:
    """The port of a socket that keeps what comes."""

    class Datagram(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            told.bodies.append(self.request[0])

    class Stream(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            told.bodies.append(self.rfile.read())

    kind: Any = socketserver.UDPServer if protocol == "udp" else socketserver.TCPServer
    with kind(("127.0.0.1", 0), Datagram if protocol == "udp" else Stream) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def _post(kind: str, **more: Any) -> Any:
    """A receiver that posts to an HTTP server; what is secret is given as such."""

    @asynccontextmanager
    async def made(told: Told) -> AsyncIterator[tuple[Receiver, Settings]]:
        with http_server(told) as url:
            known = {"url": url} | more
            secrets = {k: v for k, v in known.items() if k in SECRET.get(kind, ())}
            options = {k: v for k, v in known.items() if k not in secrets}
            yield Receiver("r", kind, options, secrets), Settings()

    return made


SECRET = {
    "slack": ("url",),
    "teams": ("url",),
    "apprise": ("url",),
    "pagerduty": ("routing_key",),
    "splunk": ("token",),
}


@asynccontextmanager
async def _email(told: Told) -> AsyncIterator[tuple[Receiver, Settings]]:
    with smtp_server(told) as port:
        options = {
            "host": "127.0.0.1",
            "port": port,
            "tls": "none",
            "sender": "m@bank.example",
            "to": ["a@bank.example"],
        }
        yield Receiver("r", "email", options), Settings()


@asynccontextmanager
async def _syslog(told: Told) -> AsyncIterator[tuple[Receiver, Settings]]:
    if told.answer == AGAIN:
        yield Receiver("r", "syslog", {"host": "127.0.0.1", "port": free_port(), "protocol": "tcp"}), Settings()
        return
    with syslog_server(told, "tcp") as port:
        yield Receiver("r", "syslog", {"host": "127.0.0.1", "port": port, "protocol": "tcp"}), Settings()
        for _ in range(100):
            await asyncio.sleep(0.02 * (not told.bodies))


@asynccontextmanager
async def _apprise(told: Told) -> AsyncIterator[tuple[Receiver, Settings]]:
    with http_server(told) as url:
        yield Receiver("r", "apprise", {}, {"url": url.replace("http://", "json://")}), Settings()


@asynccontextmanager
async def _ocsf(told: Told) -> AsyncIterator[tuple[Receiver, Settings]]:
    settings = Settings().replace("kafka", idempotent=False)
    if told.answer == AGAIN:
        yield Receiver("r", "ocsf", {"topic": "findings", "brokers": f"127.0.0.1:{free_port()}"}), settings
        return
    async with embedded_broker() as address:
        await make_topics(address, {"findings": 1})
        # What Kafka refuses for good is a record that is larger than it takes.
        told.send = page(line="x" * 2_000_000) if told.answer == NEVER else None
        yield Receiver("r", "ocsf", {"topic": "findings", "brokers": address}), settings


# Where each kind is asked for its three answers: a context that gives (receiver, settings) for what `told.answer` says.
PLACES: dict[str, Any] = {
    "alertmanager": _post("alertmanager"),
    "apprise": _apprise,
    "email": _email,
    "ocsf": _ocsf,
    "pagerduty": _post("pagerduty", routing_key="R" * 32),
    "slack": _post("slack"),
    "splunk": _post("splunk", token="hec-token-of-a-test"),
    "syslog": _syslog,
    "teams": _post("teams"),
    "webhook": _post("webhook"),
}
# Kinds that cannot say no for good, and why.
NEVER_NO = {
    "apprise": "it says only whether it worked",
    "syslog": "the protocol has no answers",
}
