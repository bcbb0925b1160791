"""A stand-in for Grafana's HTTP API: a real server that keeps state and refuses what Grafana refuses.

No Grafana server can be had here. Written after Grafana 13's documentation and source, as far as our push goes:
folders, dashboards with their versions, search, data sources by uid, and the provisioning API of alerting. It answers
401 without the token, 404 for what is not there, 412 for a wrong version, 400 for what a provisioning file owns or a
rule gets wrong, 409 for what a rule still names; it hides secrets, and adds defaults to what it is sent.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.support.grafana_alerting import Alerting
from tests.support.grafana_boards import Boards
from tests.support.grafana_state import Json, No, State

TOKEN = "token-of-a-service-account"


class Stub(Boards, Alerting):
    """The routes."""

    def __init__(self) -> None:
        self.state = State()
        self.routes: list[tuple[str, str, Callable[..., Any]]] = [
            ("GET", r"/api/folders/([^/]+)", self.folder),
            ("POST", r"/api/folders", self.make_folder),
            ("DELETE", r"/api/folders/([^/]+)", self.delete_folder),
            ("GET", r"/api/search", self.search),
            ("GET", r"/api/dashboards/uid/([^/]+)", self.dashboard),
            ("DELETE", r"/api/dashboards/uid/([^/]+)", self.delete_dashboard),
            ("GET", r"/api/dashboards/uid/([^/]+)/versions", self.versions),
            ("POST", r"/api/dashboards/db", self.save_dashboard),
            ("GET", r"/api/datasources/uid/([^/]+)", self.datasource),
            ("GET", r"/api/datasources/uid/([^/]+)/health", self.health),
            ("POST", r"/api/datasources", self.make_datasource),
            ("PUT", r"/api/datasources/uid/([^/]+)", self.change_datasource),
            ("DELETE", r"/api/datasources/uid/([^/]+)", self.delete_datasource),
            ("GET", r"/api/v1/provisioning/alert-rules", lambda: list(self.state.rules.values())),
            ("POST", r"/api/v1/provisioning/alert-rules", self.make_rule),
            ("PUT", r"/api/v1/provisioning/alert-rules/([^/]+)", self.change_rule),
            ("DELETE", r"/api/v1/provisioning/alert-rules/([^/]+)", self.delete_rule),
            ("GET", r"/api/v1/provisioning/contact-points", self.list_points),
            ("POST", r"/api/v1/provisioning/contact-points", self.make_point),
            ("PUT", r"/api/v1/provisioning/contact-points/([^/]+)", self.change_point),
            ("DELETE", r"/api/v1/provisioning/contact-points/([^/]+)", self.delete_point),
            ("GET", r"/api/v1/provisioning/mute-timings", lambda: list(self.state.timings.values())),
            ("POST", r"/api/v1/provisioning/mute-timings", self.make_timing),
            ("PUT", r"/api/v1/provisioning/mute-timings/([^/]+)", self.change_timing),
            ("DELETE", r"/api/v1/provisioning/mute-timings/([^/]+)", self.delete_timing),
        ]

    def answer(self, method: str, path: str, query: Json, body: Json | None, token: str) -> tuple[int, Any]:
        """Status and body of one request."""
        if token != f"Bearer {TOKEN}":
            return 401, {"message": "Invalid API key"}
        for verb, pattern, call in self.routes:
            found = re.fullmatch(pattern, path)
            if verb == method and found:
                if method != "GET":
                    self.state.writes.append(f"{method} {path}")
                try:
                    given = [unquote(part) for part in found.groups()]
                    said = call(
                        *given, *([query] if call in (self.search,) else []), *([body] if body is not None else [])
                    )
                except No as e:
                    return e.status, {"message": str(e)}
                return (204, None) if said is None else (200, said)
        return 404, {"message": "Not found"}


@contextmanager
def grafana() -> Iterator[tuple[str, Stub]]:
    """The address of a running stand-in, and what it holds."""
    stub = Stub()

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            url = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            token = self.headers.get("Authorization", "")
            status, said = stub.answer(self.command, url.path, parse_qs(url.query), body, token)
            text = b"" if said is None else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
