"""`mirqab grafana` against a stand-in for Grafana: what it asks for, and what it says it did."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dashboards.grafana.client import connect
from schemas.errors import SettingError
from schemas.settings import Grafana
from tests.support.cli import Mirqab
from tests.support.grafana import TOKEN, Stub, grafana
from tests.support.grafana_boards import edit


@pytest.fixture
def there() -> Iterator[tuple[str, Stub]]:
    with grafana() as (url, stub):
        yield url, stub


def test_an_address_and_a_token_are_asked_for() -> None:
    with pytest.raises(SettingError, match="MIRQAB_GRAFANA_URL"):
        connect(Grafana())
    with pytest.raises(SettingError, match="MIRQAB_GRAFANA_TOKEN"):
        connect(Grafana(url="http://127.0.0.1:3000"))
    with pytest.raises(SettingError, match="without user or password") as told:
        connect(Grafana(url="http://admin:hunter2@127.0.0.1:3000", token="t"))  # leak-on-purpose
    assert "hunter2" not in str(told.value)


def test_the_command_tells_what_it_did(
    there: tuple[str, Stub], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {
        "MIRQAB_GRAFANA_URL": there[0],
        "MIRQAB_GRAFANA_TOKEN": TOKEN,
        "MIRQAB_STORE_URL": "http://clickhouse.example:8123",
        "MIRQAB_GRAFANA_STORE_PASSWORD": "secret",
    }.items():
        monkeypatch.setenv(name, value)
    mirqab = Mirqab(capsys)
    code, out, _ = mirqab("grafana", "diff")
    assert (code, "to create" in out) == (0, True)
    assert there[1].state.writes == []
    code, out, err = mirqab("grafana", "push")
    assert (code, "created" in out) == (0, True)
    assert TOKEN not in out + err
    assert {row["action"] for row in mirqab.json("grafana", "push")} == {"same"}
    edit(there[1].state.dashboards["mirqab-soc"])
    code, out, _ = mirqab("grafana", "push")
    assert (code, "edited by hand" in out) == (1, True)
    there[1].state.plugin = False
    assert "does not reach ClickHouse yet" in mirqab("grafana", "push", "--force")[2]
