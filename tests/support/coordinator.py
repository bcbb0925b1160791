"""A way to the broker on which the group coordinator can be lost: a TCP proxy that reads the kinds of requests.

While it is lost, a connection is closed at its first request to the coordinator, and whoever asks where the coordinator
is hears that there is none. Everything else passes untouched: records are fetched and published.
"""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import closing, suppress

# Kinds of requests (Kafka's protocol): offset commit and fetch, join, heartbeat, leave, sync.
COORDINATED = frozenset({8, 9, 11, 12, 13, 14})
FIND_COORDINATOR = 10
NOT_AVAILABLE = 15


class CoordinatorProxy:
    """Listens on `port` and forwards to `target`; both on localhost."""

    def __init__(self, port: int, target: int) -> None:
        self.port, self.target = port, target
        self.lost = False
        self.refused = 0
        self._listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        asked: dict[int, int] = {}  # questions for the coordinator under way: version by correlation id
        with closing(client), suppress(OSError), socket.create_connection(("127.0.0.1", self.target)) as broker:
            threading.Thread(target=self._carry_back, args=(broker, client, asked), daemon=True).start()
            while request := _frame(client):
                kind, version, correlation = struct.unpack_from(">hhi", request)
                if kind == FIND_COORDINATOR:
                    asked[correlation] = version
                elif kind in COORDINATED and self.lost:
                    self.refused += 1
                    break
                broker.sendall(struct.pack(">i", len(request)) + request)

    def _carry_back(self, broker: socket.socket, client: socket.socket, asked: dict[int, int]) -> None:
        with suppress(OSError):
            while answer := _frame(broker):
                (correlation,) = struct.unpack_from(">i", answer)
                version = asked.pop(correlation, None)
                if version is not None and self.lost:
                    self.refused += 1
                    answer = _nowhere(version, correlation)
                client.sendall(struct.pack(">i", len(answer)) + answer)
            client.shutdown(socket.SHUT_RDWR)


def _frame(source: socket.socket) -> bytes:
    """One whole request or answer without its length; empty at the end."""
    length = _exactly(source, 4)
    return _exactly(source, struct.unpack(">i", length)[0]) if length else b""


def _exactly(source: socket.socket, size: int) -> bytes:
    found = bytearray()
    while len(found) < size:
        part = source.recv(size - len(found))
        if not part:
            return b""
        found += part
    return bytes(found)


def _nowhere(version: int, correlation: int) -> bytes:
    """The answer that there is no coordinator, as versions 0 to 2 have it."""
    throttle, reason = (b"", b"") if version == 0 else (struct.pack(">i", 0), struct.pack(">h", -1))
    return (
        struct.pack(">i", correlation)
        + throttle
        + struct.pack(">h", NOT_AVAILABLE)
        + reason
        + struct.pack(">ihi", -1, 0, -1)
    )
