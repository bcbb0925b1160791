"""A store that another process has open is refused with its process and the ways out, and never waited for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.errors import StoreUnavailable
from schemas.settings import Settings
from streams.inuse import held_by, not_in_use
from tests.support.cli import Mirqab
from tests.support.kept import empty

HOLD = """
import sys, clickhouse_connect
client = clickhouse_connect.get_client(interface="chdb", path=sys.argv[1])
client.command("CREATE TABLE held (a Int8) ENGINE = Memory")
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """A folder that another process has open, and that process."""
    folder = tmp_path_factory.mktemp("held") / "store"
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdin=pipe, stdout=pipe, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        yield folder, holder.pid
        holder.kill()


@pytest.mark.parametrize(
    "words",
    [
        ["rates"],
        ["baseline", "show"],
        ["baseline", "approve", "b", "--by", "me", "--reason", "it is"],
        ["backtest", "--rules", "monitors/rules"],
        ["replay", "--stored"],
        ["migrate"],
        ["worker"],
        ["up", "--port", "0"],
    ],
    ids=" ".join,
)
def test_every_command_says_who_has_it_open_and_what_to_do(
    words: list[str], held: tuple[Path, int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, process = held
    monkeypatch.setenv("MIRQAB_STORE_FOLDER", str(folder))
    said = Mirqab(capsys).refused(*words)
    assert f"store in {folder} is open in process {process} (`mirqab up`" in said
    for way_out in ("that one's console", "end it first", "ClickHouse server (store.url)"):
        assert way_out in said
    assert said.count("\n") == 1


def test_checking_rules_goes_on_without_the_store(
    held: tuple[Path, int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIRQAB_STORE_FOLDER", str(held[0]))
    code, out, err = Mirqab(capsys)("rules", "check")
    assert code == 0
    assert "0 that cannot be used" in out
    assert f"not counted how often they would have fired: the embedded store in {held[0]} is open in process" in err


def test_a_folder_that_nobody_holds_is_free(tmp_path: Path) -> None:
    assert held_by(tmp_path / "none") is None
    empty(tmp_path / "store")
    assert held_by(tmp_path / "store") is None
    not_in_use(Settings().replace("store", folder=str(tmp_path / "store")))


def test_a_server_is_nobodys_folder(held: tuple[Path, int]) -> None:
    settings = Settings().replace("store", folder=str(held[0]))
    with pytest.raises(StoreUnavailable, match="only one process at a time"):
        not_in_use(settings)
    not_in_use(settings.replace("store", url="http://127.0.0.1:1"))
