"""Syslog (RFC 5424) with a CEF message, over UDP, TCP (octet counting, RFC 6587) or TLS (RFC 5425).

Syslog gives no answer: *accepted* means that the message left (UDP) or that the connection took it (TCP, TLS). It never
says no, so nothing is ever *never*.
"""

from __future__ import annotations

import asyncio
import socket
import ssl

from schemas.errors import SettingError, unknown
from schemas.pages import ACCEPTED, AGAIN, CRITICAL, HIGH, LOW, MEDIUM, RESOLVE, Answer, Page
from schemas.receivers import Receiver
from schemas.settings import Settings
from streams.notifiers._time import moment

KEYED = True
OPTIONS = {
    "host": "syslog server",
    "port": "its port (default 514; 6514 with TLS)",
    "protocol": "udp (default), tcp or tls",
    "ca_file": "PEM file of the authority that signed its certificate",
}
REQUIRED: tuple[str, ...] = ("host",)
SECRETS: tuple[str, ...] = ()
PROTOCOLS = ("udp", "tcp", "tls")
FACILITY = 13  # log audit
PRIORITY = {CRITICAL: 2, HIGH: 3, MEDIUM: 4, LOW: 6}
CEF = {CRITICAL: 10, HIGH: 8, MEDIUM: 6, LOW: 3}
SECONDS = 10.0
BYTES = 8192


class Notifier:
    """One message, one connection."""

    def __init__(self, receiver: Receiver, settings: Settings) -> None:
        self.protocol = receiver.get("protocol", "udp")
        if self.protocol not in PROTOCOLS:
            raise SettingError(f"receivers.{receiver.name}.protocol: {unknown('value', self.protocol, PROTOCOLS)}")
        self.host, self.port = receiver.get("host"), int(receiver.get("port", 6514 if self.protocol == "tls" else 514))
        try:
            self.tls = ssl.create_default_context(cafile=receiver.get("ca_file") or None)
        except OSError as e:
            raise SettingError(f"receivers.{receiver.name}.ca_file cannot be used: {e.strerror}") from e

    async def send(self, page: Page) -> Answer:
        return await asyncio.to_thread(self._send, message(page))

    def _send(self, data: bytes) -> Answer:
        try:
            if self.protocol == "udp":
                family, kind, proto, _, address = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_DGRAM)[0]
                with socket.socket(family, kind, proto) as sender:
                    sender.sendto(data, address)
            else:
                with socket.create_connection((self.host, self.port), SECONDS) as plain:
                    whole = str(len(data)).encode() + b" " + data
                    if self.protocol == "tls":
                        with self.tls.wrap_socket(plain, server_hostname=self.host) as line:
                            line.sendall(whole)
                    else:
                        plain.sendall(whole)
                        plain.shutdown(socket.SHUT_WR)
        except OSError as e:
            return Answer(AGAIN, f"not sent: {type(e).__name__} {e}"[:200])
        return Answer(ACCEPTED, f"sent by {self.protocol}")

    async def close(self) -> None:
        """Nothing is held."""


def message(page: Page) -> bytes:
    """RFC 5424 with CEF inside."""
    priority = FACILITY * 8 + (5 if page.kind == RESOLVE else PRIORITY[page.severity])
    head = f"<{priority}>1 {moment(page.at_ns)} mirqab mirqab - {page.kind} - "
    return (head + cef(page)).encode("ascii", "replace")[:BYTES]


def cef(page: Page) -> str:
    """The page in ArcSight's common event format."""
    head = (
        "CEF:0",
        "Mirqab",
        "Mirqab",
        "1",
        page.rule,
        page.title,
        str(3 if page.kind == RESOLVE else CEF[page.severity]),
    )
    fields = {
        "rt": page.at_ns // 1_000_000, "externalId": page.key, "cat": page.family, "act": page.kind, "msg": page.line,
        "cs1Label": "model", "cs1": page.model, "cs2Label": "team", "cs2": page.team,
        "cs3Label": "url", "cs3": page.url,
        "cn1Label": "alerts", "cn1": page.alerts, "cn2Label": "change", "cn2": page.number,
        "start": page.opened_ns // 1_000_000,
    }  # fmt: skip
    return (
        "|".join(of_head(part) if i else part for i, part in enumerate(head))
        + "|"
        + " ".join(f"{name}={of_field(str(value))}" for name, value in fields.items())
    )


def of_head(text: str) -> str:
    """Escaped for a part of the header.

    >>> of_head("a|b\\\\c")
    'a\\\\|b\\\\\\\\c'
    """
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ").replace("\r", " ")


def of_field(text: str) -> str:
    """Escaped for a value of the extension.

    >>> of_field("p = 1\\n")
    'p \\\\= 1\\\\n'
    """
    return text.replace("\\", "\\\\").replace("=", "\\=").replace("\r", "").replace("\n", "\\n")
