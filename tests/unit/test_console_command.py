"""`mirqab console` as a user starts it: over a ClickHouse, and what it says where it cannot start."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import httpx

from tests.support.clickhouse import ClickHouseProcess
from tests.support.console import make_store

ROOT = Path(__file__).parents[2]


def start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "streams.cli", "console", *arguments]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MIRQAB_")}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=clean | environment, stdout=pipe, stderr=pipe, text=True)


def refusal(*arguments: str, **environment: str) -> str:
    """What it says on stderr when it ends with 1."""
    process = start(*arguments, **environment)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 1, said
    assert "Traceback" not in said
    return said


def test_it_serves_a_deployment_and_ends_on_a_signal(clickhouse: ClickHouseProcess) -> None:
    store = make_store(clickhouse, "console_command", filled=False)
    process = start(
        "--json",
        "--port=0",
        MIRQAB_STORE_URL=store.url,
        MIRQAB_STORE_DATABASE=store.database,
        MIRQAB_STORE_USERNAME=store.username,
        MIRQAB_STORE_PASSWORD=store.password,
    )
    try:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        assert httpx.get(url + "healthz").text == "ok\n"
        assert "No events yet" in httpx.get(url).text
    finally:
        process.terminate()
        said = process.communicate(timeout=30)[1]
    assert "Traceback" not in said
    assert store.password not in said


def test_without_a_store_it_names_the_command_that_shows_the_embedded_one() -> None:
    assert "`mirqab up`" in refusal()


def test_it_does_not_listen_to_others_without_a_sign_in() -> None:
    assert "MIRQAB_CONSOLE_TOKEN" in refusal("--host", "0.0.0.0", MIRQAB_STORE_URL="http://127.0.0.1:1")


def test_a_store_that_is_away_is_one_sentence() -> None:
    assert "did not answer" in refusal("--port=0", MIRQAB_STORE_URL="http://127.0.0.1:1")


def test_a_taken_port_is_one_sentence(clickhouse: ClickHouseProcess) -> None:
    store = make_store(clickhouse, "console_port", filled=False)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = refusal(
            f"--port={taken.getsockname()[1]}",
            MIRQAB_STORE_URL=store.url,
            MIRQAB_STORE_DATABASE=store.database,
            MIRQAB_STORE_USERNAME=store.username,
            MIRQAB_STORE_PASSWORD=store.password,
        )
    assert "choose another console.port" in said
