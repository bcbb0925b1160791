"""A console over a real store for tests: the store's settings, and a server in a thread that a browser can reach."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from schemas.modelinfo import ModelInfo
from schemas.rules import Rule
from schemas.settings import Settings, Store
from tests.support import seed
from tests.support.clickhouse import ClickHouseProcess
from tests.support.stored import make_database

RULES = (
    Rule(
        id="feature_drift", title="An input drifts", family="drift", level="page", metric="feature.psi",
        detector="psi_drift", min_effect=0.1, meaning="One input is distributed differently than it was.",
        false_positives="A campaign or a holiday.", gaps="Slow drift.", triage="Look at the bars.",
        runbook="Roll back the feature pipeline.",
    ),
    Rule(
        id="label_flip", title="Labels contradict", family="poisoning", level="ticket", metric="labels.flips",
        detector="cusum", meaning="m", false_positives="f", gaps="g", triage="t", runbook="r",
    ),
)  # fmt: skip
SETTINGS = Settings(models={"card-*": ModelInfo(team="fraud", owner="L. Haddad", criticality="high")})


def make_store(clickhouse: ClickHouseProcess, database: str, *, filled: bool = True) -> Store:
    """Settings of a new database with all tables; `filled` with plausible and hostile rows."""
    client = clickhouse.client()
    make_database(client, database)
    client.close()
    client = clickhouse.client(database)
    if filled:
        seed.fill(client, hostile=True)
    client.close()
    return Store(url=clickhouse.url, database=database, username=clickhouse.username, password=clickhouse.password)


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """The address of a server for this app, in a thread with its own event loop, until the block ends."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", access_log=False)
    socket = config.bind_socket()
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[socket])), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        socket.close()
