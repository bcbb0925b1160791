"""The console inside our own process: uvicorn on a socket that is already bound, without its signal handlers.

`streams` does not import `dashboards`: the app is found through the entry point that also gives `mirqab console`.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import entry_points
from typing import Any, Protocol

import uvicorn

from schemas.actions import Action
from schemas.errors import SettingError, UsageError
from schemas.settings import Settings
from streams.actions import record
from streams.store import Store


class Clock(Protocol):
    """The models' time."""

    def now_ns(self) -> int:
        """ns UTC."""


class WallClock:
    """The machine's clock."""

    def now_ns(self) -> int:
        """ns UTC."""
        return time.time_ns()


class Server(uvicorn.Server):
    """A server that leaves signals to the process it runs in."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def console(store: Store, settings: Settings, clock: Clock, bound: socket.socket) -> Server:
    """A server of the console over this process's store; run it with `serve(sockets=[bound])`.

    Raises UsageError if the console is not installed, SettingError if its settings would open it to others.
    """
    found = [point for point in entry_points(group="mirqab.commands") if point.name == "console"]
    if not found:
        raise UsageError("the console is not installed; install mirqab as a whole")
    command: Any = found[0].load()

    async def write(actions: Sequence[Action]) -> None:
        await record(store, *actions)

    app = command.create_app(store, settings, clock, command.read_rules(settings), write=write)
    # Proxy headers stay off: nothing a client sends may change where a request seems to come from.
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_level="warning",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=2,
    )
    return Server(config)


def bind(host: str, port: int, *, or_free: bool = False) -> socket.socket:
    """A socket bound to (host, port); with `or_free` to any free port if that one is taken.

    Raises SettingError if the port cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as e:
        bound.close()
        if or_free and port:
            return bind(host, 0)
        raise SettingError(f"cannot listen on {host} port {port}: {e.strerror}; choose another console.port") from e
    return bound


def url(bound: socket.socket) -> str:
    """The address of a bound socket, for a browser."""
    host, port = bound.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"
