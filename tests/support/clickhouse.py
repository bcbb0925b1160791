"""The ClickHouse stand-in as a process of its own: start, kill, restart, fail; its data stay in its folder."""

from __future__ import annotations

import atexit
import http.client
import ssl
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.httputil import get_pool_manager

from tests.support.ports import free_ports
from tests.support.tls import Certificates, make_certificates

PROGRAM = Path(__file__).with_name("clickhouse_http.py")


class ClickHouseProcess:
    """One store that several processes reach by `url`, `username` and `password`; with `tls` trust `ca_file`."""

    username = "mirqab"
    password = "not-a-secret"

    def __init__(self, folder: Path, *, tls: bool = False) -> None:
        self.folder = folder
        self.certificates: Certificates | None = make_certificates(folder / "tls") if tls else None
        self.port = free_ports(1)[0]
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"{'https' if self.certificates else 'http'}://127.0.0.1:{self.port}"

    @property
    def ca_file(self) -> str:
        return str(self.certificates.ca) if self.certificates else ""

    def start(self) -> Self:
        """Start and wait until it listens. Raises RuntimeError with its last words if it ends instead."""
        command = [sys.executable, str(PROGRAM), "--folder", str(self.folder / "data"), "--port", str(self.port)]
        command += ["--username", self.username, "--password", self.password]
        if self.certificates:
            command += ["--certificate", str(self.certificates.both)]
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "server.log").open("a") as log:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        atexit.register(self.kill)
        assert self._process.stdout is not None
        if not self._process.stdout.readline().startswith("ready"):
            self.kill()
            raise RuntimeError(f"the ClickHouse stand-in ended:\n{(self.folder / 'server.log').read_text()[-3000:]}")
        return self

    def kill(self) -> None:
        """End it at once (SIGKILL); data and port stay."""
        atexit.unregister(self.kill)
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    def restart(self) -> Self:
        self.kill()
        return self.start()

    def fail(self, seconds: float, how: str = "503") -> None:
        """Fail for so long: 503, refuse, hang, lose_answers, or an error code such as 252; `fail(0)` ends it."""
        path = "/_test/fail?" + urlencode({"seconds": seconds, "how": how})
        if self.certificates:
            context = ssl.create_default_context(cafile=self.ca_file)
            control: http.client.HTTPConnection = http.client.HTTPSConnection("127.0.0.1", self.port, context=context)
        else:
            control = http.client.HTTPConnection("127.0.0.1", self.port)
        control.request("POST", path)
        control.getresponse().read()
        control.close()

    def client(self, database: str = "default") -> Client:
        """A clickhouse-connect client; close it."""
        # Its own pool for TLS cannot be closed by the client where urllib3-future has taken urllib3's place.
        pool = get_pool_manager(ca_cert=self.ca_file) if self.certificates else None
        return clickhouse_connect.get_client(
            interface="https" if self.certificates else "http",
            host="127.0.0.1",
            port=self.port,
            username=self.username,
            password=self.password,
            database=database,
            pool_mgr=pool,
        )

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()
