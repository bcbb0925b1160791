"""mirqab console: shows what is in ClickHouse in a browser. Needs no broker.

It reads only, unless console.writer_username names a second database user that may insert into `actions`: then what
people do (acknowledge, verdict, note, silence) can be written down on its pages.

The embedded store (chDB) is one engine per process, so it is shown by `mirqab up` and `mirqab demo` themselves.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import uvicorn

from dashboards.console.app import create_app
from dashboards.console.guard import check_listening
from dashboards.reader import connect
from dashboards.writer import connect_writer
from schemas.errors import SettingError, UsageError
from schemas.rules import Rule, load_rules
from schemas.settings import Settings

HELP = "show models, alerts and Mirqab's own health in a browser (needs store.url)"
SHIPPED_RULES = Path(__file__).parents[2] / "monitors" / "rules"


class WallClock:
    """The machine's clock, UTC."""

    def now_ns(self) -> int:
        return time.time_ns()


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="address to listen on, instead of console.host")
    parser.add_argument("--port", type=int, help="port to listen on, instead of console.port; 0 chooses a free one")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Serve until interrupted. Raises SettingError or UsageError before anything listens."""
    changes = {key: getattr(args, key) for key in ("host", "port") if getattr(args, key) is not None}
    settings = settings.replace("console", **changes)
    check_listening(settings.console)
    if not settings.store.url:
        raise UsageError(
            "store.url is empty, so the store is embedded in the process that writes it: `mirqab up` and `mirqab demo` "
            "show it. Set store.url (or MIRQAB_STORE_URL) to the address of a ClickHouse to look at"
        )
    writer = connect_writer(settings)
    app = create_app(connect(settings.store), settings, WallClock(), read_rules(settings), write=writer)
    serve(app, settings, as_json=args.json)
    return 0


def read_rules(settings: Settings) -> tuple[Rule, ...]:
    """The rules whose texts the alert page shows: the settings' folder, else the shipped ones."""
    return load_rules(Path(settings.judge.rules) if settings.judge.rules else SHIPPED_RULES)


def serve(app: object, settings: Settings, *, as_json: bool) -> None:
    """Listen, say where, and serve until interrupted. Raises SettingError if the port cannot be had."""
    console = settings.console
    # Proxy headers stay off: nothing a client sends may change where a request seems to come from.
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        host=console.host,
        port=console.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=2,
    )
    try:
        socket = config.bind_socket()
    except SystemExit as e:  # uvicorn ends the process where it cannot bind
        raise SettingError(f"cannot listen on {console.host} port {console.port}; choose another console.port") from e
    host, port = socket.getsockname()[:2]
    shown = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
    print(f"mirqab console: {shown}", file=sys.stderr)
    if as_json:
        print(json.dumps({"url": shown}), flush=True)
    uvicorn.Server(config).run(sockets=[socket])
