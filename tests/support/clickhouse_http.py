"""ClickHouse's HTTP interface over chDB, as much as clickhouse-connect needs, so that several processes share a store.

Queries with bound parameters, commands, inserts in any format (gzip, deflate, lz4, zstd), users, TLS, errors with
ClickHouse's codes; no sessions, no external tables, no compressed answers. It can fail on command (`fail`):
`503`, `refuse` (nobody listens), `hang`, `lose_answers` (the work is done, the answer never comes), or an error code.

    python tests/support/clickhouse_http.py --folder F --port P [--username U --password P --certificate PEM]
"""

from __future__ import annotations

import argparse
import base64
import gzip
import json
import ssl
import sys
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import parse_qsl, urlsplit

import cramjam

if __name__ == "__main__":  # run as a program, this folder and not the repository is first on the path
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.support.clickhouse_engine import Connection, Refused

# As ClickHouse maps them; everything else is 500.
STATUS = {47: 400, 62: 400, 43: 400, 36: 400, 60: 404, 81: 404, 516: 403, 497: 403, 241: 500, 252: 500}
DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
    "lz4": lambda body: bytes(cramjam.lz4.decompress(body)),
    "zstd": lambda body: bytes(cramjam.zstd.decompress(body)),
}


@dataclass
class Failure:
    """How the server fails, and until when (time.monotonic)."""

    how: str = ""
    until: float = 0.0

    @property
    def now(self) -> str:
        return self.how if time.monotonic() < self.until else ""


class ClickHouseServer:
    """The stand-in inside this process, on localhost; remember that chDB allows one folder per process."""

    def __init__(
        self, folder: Path, *, port: int = 0, username: str = "", password: str = "", certificate: Path | None = None
    ) -> None:
        self.folder = folder
        self.port = port
        self.username = username
        self.password = password
        self.certificate = certificate
        self.failure = Failure()
        self._http: _Server | None = None

    @property
    def url(self) -> str:
        return f"{'https' if self.certificate else 'http'}://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Listen and serve in a thread. The first connection keeps the engine alive until `stop`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._engine = Connection(self.folder)
        self._listen()
        return self

    def stop(self) -> None:
        self._deafen()
        self._engine.close()

    def fail(self, seconds: float, how: str = "503") -> None:
        """Fail from now on for so long: see the module's text for `how`. `fail(0)` ends it (but not a `refuse`)."""
        self.failure = Failure(how, time.monotonic() + seconds)
        if how == "refuse" and seconds > 0:
            self._deafen()
            threading.Timer(seconds, self._listen).start()

    def _listen(self) -> None:
        self._http = _Server(self)
        self.port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def _deafen(self) -> None:
        if self._http is not None:
            self._http.shutdown()
            self._http.server_close()
            self._http = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, owner: ClickHouseServer) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", owner.port), _Handler)
        if owner.certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(owner.certificate)
            # The handshake waits for the handler's thread: one slow client must not hold up the others.
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server
    connection_to_engine: Connection | None = None

    def do_GET(self) -> None:
        body = self._body()
        url = urlsplit(self.path)
        arguments = dict(parse_qsl(url.query, keep_blank_values=True))
        if url.path == "/_test/fail":
            # First done, then answered: what is asked next must meet the failure.
            self.server.owner.fail(float(arguments["seconds"]), arguments["how"])
            self._answer(200, b"")
            return
        if not self._fails():
            self._serve(url.path, arguments, body)

    do_POST = do_GET  # noqa: N815 - http.server's name

    def _serve(self, path: str, arguments: dict[str, str], body: bytes) -> None:
        if path == "/ping":
            self._answer(200, b"Ok.\n")
            return
        try:
            self._check_user(arguments)
            arguments, body = self._form(arguments, body)
            if self.connection_to_engine is None:
                self.connection_to_engine = Connection(self.server.owner.folder)
            answer = self.connection_to_engine.run(arguments, body)
        except Refused as e:
            self._answer(STATUS.get(e.code, 500), str(e).encode(), {"X-ClickHouse-Exception-Code": str(e.code)})
            return
        if self.server.owner.failure.now == "lose_answers":
            self.close_connection = True
            return
        headers = {"X-ClickHouse-Summary": json.dumps({"written_rows": str(answer.written)})}
        if answer.format:
            headers["X-ClickHouse-Format"] = answer.format
        self._answer(200, answer.body, headers)

    def finish(self) -> None:
        super().finish()
        if self.connection_to_engine is not None:
            self.connection_to_engine.close()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: requests carry data."""

    def _fails(self) -> bool:
        how = self.server.owner.failure.now
        if how == "503":
            self._answer(503, b"failing on command")
        elif how == "hang":
            while self.server.owner.failure.now == "hang":
                time.sleep(0.05)
        elif how.isdigit():
            text = f"Code: {how}. DB::Exception: failing on command"
            self._answer(STATUS.get(int(how), 500), text.encode(), {"X-ClickHouse-Exception-Code": how})
        if how in ("hang", "refuse"):
            self.close_connection = True
        return how not in ("", "lose_answers")

    def _check_user(self, arguments: dict[str, str]) -> None:
        owner = self.server.owner
        given = (self.headers.get("X-ClickHouse-User", ""), self.headers.get("X-ClickHouse-Key", ""))
        basic = self.headers.get("Authorization", "")
        if basic.startswith("Basic "):
            user, _, password = base64.b64decode(basic.removeprefix("Basic ")).decode().partition(":")
            given = (user, password)
        if owner.username and given != (owner.username, owner.password):
            raise Refused("Code: 516. DB::Exception: Authentication failed: no such user or wrong password")

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            body = b"".join(parts)
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        decode = DECODERS.get(self.headers.get("Content-Encoding", ""))
        return decode(body) if decode and body else body

    def _form(self, arguments: dict[str, str], body: bytes) -> tuple[dict[str, str], bytes]:
        """Long queries and parameters come as a form."""
        kind = self.headers.get("Content-Type", "")
        if not kind.startswith("multipart/form-data"):
            return arguments, body
        message = BytesParser().parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
        for part in message.walk():
            name = part.get_param("name", header="content-disposition")
            if isinstance(name, str):
                payload = part.get_payload(decode=True)
                arguments[name] = payload.decode() if isinstance(payload, bytes) else ""
        return arguments, b""

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("X-ClickHouse-Timezone", "UTC")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Serve until killed; says `ready PORT` on stdout when it listens."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--username", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--certificate", type=Path, help="PEM file of certificate and key; turns TLS on")
    server = ClickHouseServer(**vars(parser.parse_args())).start()
    print(f"ready {server.port}", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
