"""A push to Grafana is written down in the store, and what is out of date is noticed there."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from dashboards.console.pages.wellness import grafana_check
from dashboards.grafana.record import fingerprint
from dashboards.questions import question
from schemas.settings import Settings
from streams.blindness import Blindness, shipped
from streams.sinks.clickhouse import ClickHouseStore
from tests.support.cli import Mirqab
from tests.support.clickhouse import ClickHouseProcess
from tests.support.grafana import TOKEN, grafana


def test_a_push_leaves_a_record_and_a_failed_or_an_old_one_is_an_alarm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mirqab = Mirqab(capsys)
    with ClickHouseProcess(tmp_path) as server, grafana() as (url, _):
        settings = Settings().replace("store", url=server.url, username=server.username, password=server.password)
        given = {"STORE_URL": server.url, "STORE_USERNAME": server.username, "STORE_PASSWORD": server.password}
        for name, value in {**given, "GRAFANA_URL": url, "GRAFANA_TOKEN": TOKEN}.items():
            monkeypatch.setenv(f"MIRQAB_{name}", value)

        async def stale(version: str) -> tuple[str, str, str]:
            """What the pager finds of it, and the health page's verdict and finding."""
            store = ClickHouseStore(settings.store, wait=False)
            await store.connect()

            async def nobody(told: object) -> None:
                raise AssertionError(told)

            found = await Blindness(settings, store, lambda: 1, nobody, lambda why: None, version)._stale()
            rows = await store.query(question("grafana_pushed").sql)
            await store.close()
            check = grafana_check(rows, max([row["newest_ns"] for row in rows], default=0))
            return found, check.word, check.finding

        assert mirqab("migrate")[0] == 0
        assert shipped() == fingerprint()
        assert asyncio.run(stale(fingerprint())) == ("", "well", "nothing was pushed to a Grafana")
        assert "not written down" not in mirqab("grafana", "push")[2]
        found, word, finding = asyncio.run(stale(fingerprint()))
        assert (found, word) == ("", "well")
        assert f"to {url}" in finding
        assert "created" in finding
        assert "has what Mirqab" in asyncio.run(stale("another"))[0]
        monkeypatch.setenv("MIRQAB_GRAFANA_TOKEN", "expired")
        assert mirqab("grafana", "push")[0] == 1
        found, word, finding = asyncio.run(stale(fingerprint()))
        assert found == f"the last push to {url} failed"
        assert word == "look"
        assert "does not know the token" in finding
        monkeypatch.setenv("MIRQAB_GRAFANA_TOKEN", TOKEN)
        server.kill()
        code, out, err = mirqab("grafana", "push")
        assert (code, "unchanged" in out) == (0, True), "what Grafana has is no worse for it"
        assert "not written down, so nobody will notice" in err
