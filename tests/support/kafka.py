"""A real Apache Kafka, one node, on localhost, in a folder: start, stop, kill, restart with the same data and ports.

With `tls=True` clients come in over SASL_SSL (SCRAM-SHA-512 or PLAIN) with certificates made here; an open listener
stays for the test's own use. Nothing else listens. Not for anything but tests.
"""

from __future__ import annotations

import atexit
import base64
import signal
import subprocess
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions, NewTopic

from tests.support.kafka_jars import jars
from tests.support.ports import accepts, free_ports
from tests.support.tls import Certificates, make_certificates

# C1 only and the serial collector start in half the time on two cores; a benchmark passes its own.
QUICK_START = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
STARTED = "Kafka Server started"


class Broker(Protocol):
    """Whatever speaks Kafka's protocol without a password."""

    @property
    def bootstrap(self) -> str:
        """host:port for clients."""


class KafkaBroker:
    """One broker. `bootstrap` is the address for clients; with `tls`, `open_bootstrap` is the listener without it."""

    username = "mirqab"
    password = "not-a-secret"

    def __init__(
        self,
        folder: Path,
        *,
        tls: bool = False,
        properties: Mapping[str, str] | None = None,
        java_options: tuple[str, ...] = QUICK_START,
    ) -> None:
        self.folder = folder
        self.tls = tls
        self.properties = dict(properties or {})
        self.java_options = java_options
        self.certificates: Certificates | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._open_port, self._client_port, self._controller_port = free_ports(3)

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self._client_port if self.tls else self._open_port}"

    @property
    def open_bootstrap(self) -> str:
        return f"127.0.0.1:{self._open_port}"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        """Everything the broker has said."""
        path = self.folder / "broker.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self, timeout: float = 60.0) -> Self:
        """Start and wait until it serves. Raises NoKafka if Java or the jars are missing, RuntimeError if it dies."""
        if self.running:
            return self
        if not (self.folder / "server.properties").exists():
            self._format()
        before = len(self.log)
        with (self.folder / "broker.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._java("kafka.Kafka", "server.properties"), cwd=self.folder, stdout=log, stderr=log
            )
        atexit.register(self.kill)
        deadline = time.monotonic() + timeout
        while not (STARTED in self.log[before:] and accepts(self._open_port)):
            if not self.running:
                raise RuntimeError(f"Kafka ended while starting:\n{self.log[-3000:]}")
            if time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"Kafka did not start within {timeout} s:\n{self.log[-3000:]}")
            time.sleep(0.05)
        return self

    def stop(self) -> None:
        """End it properly (SIGTERM), or after 20 s anyhow; data and ports stay."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.kill()
        self._forget()

    def kill(self) -> None:
        """End it at once (SIGKILL), as a power cut would; data and ports stay."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._forget()

    def restart(self) -> Self:
        """Stop if it runs, and start with the same data on the same ports."""
        self.stop()
        return self.start()

    def pause(self) -> None:
        """Freeze it (SIGSTOP): connections stay open and nothing answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Go on after `pause`."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def create_topic(self, name: str, partitions: int = 1, **config: str) -> str:
        """Make a topic and wait until it is there; `config` keys are Kafka's with `_` for `.`."""
        settings = {key.replace("_", "."): value for key, value in config.items()}
        admin = self.admin()  # held until the answer is there: letting go of it cancels the request
        done = admin.create_topics([NewTopic(name, partitions, 1, config=settings)], operation_timeout=20)
        done[name].result(timeout=20)
        return name

    def grow_topic(self, name: str, partitions: int) -> None:
        """Add partitions to a topic until it has so many."""
        admin = self.admin()
        admin.create_partitions([NewPartitions(name, partitions)], operation_timeout=20)[name].result(timeout=20)

    def admin(self) -> AdminClient:
        """confluent-kafka's admin client on the open listener."""
        return AdminClient({"bootstrap.servers": self.open_bootstrap})

    def client_settings(self) -> dict[str, Any]:
        """What librdkafka needs to reach `bootstrap` (confluent-kafka's configuration)."""
        if not self.tls:
            return {"bootstrap.servers": self.bootstrap}
        assert self.certificates is not None
        return {
            "bootstrap.servers": self.bootstrap,
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": self.username,
            "sasl.password": self.password,
            "ssl.ca.location": str(self.certificates.ca),
        }

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()

    def _forget(self) -> None:
        self._process = None
        atexit.unregister(self.kill)

    def _java(self, main: str, *arguments: str) -> list[str]:
        return ["java", *self.java_options, "-cp", f"{jars()}/*", main, *arguments]

    def _format(self) -> None:
        """Write the configuration and an empty log folder that knows the SCRAM user."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.tls:
            self.certificates = make_certificates(self.folder / "tls")
        properties = self._base_properties() | (self._tls_properties() if self.tls else {}) | self.properties
        path = self.folder / "server.properties.new"
        path.write_text("".join(f"{key}={value}\n" for key, value in properties.items()))
        cluster = base64.urlsafe_b64encode(b"M" + uuid.uuid4().bytes[1:]).decode().rstrip("=")
        format_ = ["format", "-t", cluster, "-c", str(path)]
        if self.tls:
            format_ += ["--add-scram", f"SCRAM-SHA-512=[name={self.username},password={self.password}]"]
        done = subprocess.run(
            self._java("kafka.tools.StorageTool", *format_), capture_output=True, text=True, timeout=60, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"Kafka's storage could not be formatted:\n{done.stdout}{done.stderr}")
        path.rename(self.folder / "server.properties")

    def _base_properties(self) -> dict[str, str]:
        client = f",CLIENT://127.0.0.1:{self._client_port}" if self.tls else ""
        open_ = f"PLAINTEXT://127.0.0.1:{self._open_port}"
        protocols = "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT" + (",CLIENT:SASL_SSL" if self.tls else "")
        return {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{self._controller_port}",
            "listeners": f"{open_},CONTROLLER://127.0.0.1:{self._controller_port}{client}",
            "advertised.listeners": f"{open_}{client}",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "listener.security.protocol.map": protocols,
            "log.dirs": str(self.folder / "data"),
            "auto.create.topics.enable": "true",
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "5",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "transaction.state.log.num.partitions": "5",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "group.min.session.timeout.ms": "1000",
            # A killed broker is let in again only when its old session has ended: 9 s if left alone.
            "broker.session.timeout.ms": "1000",
            "broker.heartbeat.interval.ms": "250",
        }

    def _tls_properties(self) -> dict[str, str]:
        assert self.certificates is not None
        module = "org.apache.kafka.common.security"
        plain = f'{module}.plain.PlainLoginModule required user_{self.username}="{self.password}";'
        return {
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self.certificates.both),
            "sasl.enabled.mechanisms": "SCRAM-SHA-512,PLAIN",
            "listener.name.client.scram-sha-512.sasl.jaas.config": f"{module}.scram.ScramLoginModule required;",
            "listener.name.client.plain.sasl.jaas.config": plain,
        }
