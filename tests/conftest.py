"""Fixtures every test may ask for, and the loud list of what did not run here."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

import streams  # noqa: F401  before anything that loads numpy: one thread, as in every command
from schemas.settings import Settings
from streams.sinks.clickhouse import ClickHouseStore
from tests.support.clickhouse import ClickHouseProcess
from tests.support.fresh import fresh
from tests.support.kafka import KafkaBroker
from tests.support.kafka_jars import HOW, NoKafka, jars
from tests.support.needs import need

# `deadline=None`: two busy cores make a slow example, not a wrong one.
settings.register_profile("default", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fuzz", deadline=None, max_examples=5000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("default")


@pytest.fixture(scope="session")
def kafka_jars() -> Path:
    """The jars of Apache Kafka; skips where they cannot be had."""
    try:
        return jars()
    except NoKafka as e:
        need(False, f"Apache Kafka ({e})", HOW)
        raise


@pytest.fixture(scope="session")
def kafka(kafka_jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    """One broker that all tests share: use topics of your own (`topic_name`) and do not stop it."""
    with KafkaBroker(tmp_path_factory.mktemp("kafka") / "broker") as broker:
        yield broker


@pytest.fixture
def new_broker(kafka_jars: Path, tmp_path: Path) -> Iterator[Callable[..., KafkaBroker]]:
    """Makes started brokers for this test alone, to be killed, paused or reached over TLS: `new_broker(tls=True)`."""
    brokers: list[KafkaBroker] = []

    def make(**options: Any) -> KafkaBroker:
        brokers.append(KafkaBroker(tmp_path / f"broker{len(brokers)}", **options))
        return brokers[-1].start()

    yield make
    for broker in brokers:
        broker.kill()


@pytest.fixture(scope="session")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseProcess]:
    """One store over HTTP that all tests share: use a database of your own (`database_name`) and do not stop it."""
    with ClickHouseProcess(tmp_path_factory.mktemp("clickhouse")) as server:
        yield server


@pytest.fixture
def new_clickhouse(tmp_path: Path) -> Iterator[Callable[..., ClickHouseProcess]]:
    """Makes started stores for this test alone, to be killed or to fail on command: `new_clickhouse(tls=True)`."""
    servers: list[ClickHouseProcess] = []

    def make(**options: Any) -> ClickHouseProcess:
        servers.append(ClickHouseProcess(tmp_path / f"clickhouse{len(servers)}", **options))
        return servers[-1].start()

    yield make
    for server in servers:
        server.kill()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[ClickHouseStore]:
    """An empty store in a folder, with its tables, for this test alone."""
    async with fresh(Settings().replace("store", folder=str(tmp_path / "store"))) as store:
        yield store


@pytest.fixture
def database_name(topic_name: str) -> str:
    """A database name that no other test uses."""
    return topic_name.replace("-", "_")


@pytest.fixture
def topic_name(request: pytest.FixtureRequest) -> str:
    """A topic name that no other test uses."""
    story = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:60]
    return f"{story}-{uuid.uuid4().hex[:8]}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Beside each other (`make test`), files that wait for a broker or a browser take turns with those that compute.

    One after the other they would leave cores idle first and fight for them later. Within a file nothing moves.
    """
    if not hasattr(config, "workerinput"):
        return
    files = {waits: list(dict.fromkeys(i.path for i in items if _waits(i) == waits)) for waits in (False, True)}
    turn = {path: at / len(paths) for paths in files.values() for at, path in enumerate(paths)}
    items.sort(key=lambda item: (turn[item.path], item.path))


def _waits(item: pytest.Item) -> bool:
    return not {"integration", "stories"}.isdisjoint(item.path.parts)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Skipped is not passed: name everything that did not run here, and how to make it run."""
    skipped = Counter(
        report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else str(report.longrepr)
        for report in terminalreporter.stats.get("skipped", [])
    )
    if skipped:
        terminalreporter.section("NOT RUN HERE", sep="!", red=True, bold=True)
        for reason, count in skipped.most_common():
            terminalreporter.line(f"NOT RUN HERE: {count} test{'s' if count > 1 else ''}: {reason}", red=True)
