"""Texts in a real store: sealed for each principal, read by who has the master key, gone once a key is erased."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import SettingError
from schemas.settings import Settings
from streams.migrate import migrate
from streams.pipeline import Line
from streams.sinks.clickhouse import ClickHouseStore
from tests.support.chats import chat
from tests.support.cli import Mirqab
from tests.support.traffic import NOW_NS, RULES, Made, run_line, small_settings

ONE, TWO = (b64encode(bytes([n]) * 32).decode() for n in (1, 2))
WHY = ("--by", "dpo", "--reason", "asked by the customer")


def settings_of(folder: Path, **privacy: Any) -> Settings:
    return small_settings().replace("store", folder=str(folder)).replace("privacy", **privacy)


async def with_store(settings: Settings, sql: str = "", *, make: bool = False) -> list[dict[str, Any]]:
    store = ClickHouseStore(settings.store, wait=False)
    await store.connect()
    try:
        if make:
            await migrate(store, settings)
        return [dict(row) for row in await store.query(sql)] if sql else []
    finally:
        await store.close()


def filled(folder: Path) -> list[dict[str, Any]]:
    """A store with sealed texts of four customers, written twice as after a kill."""
    settings = settings_of(folder, text="encrypted", master_key=ONE)
    rows = chat(3, 20, customers=4, seed=2)

    async def write() -> None:
        store = ClickHouseStore(settings.store, wait=False)
        await store.connect()
        await migrate(store, settings)
        for _ in range(2):
            line = Line(settings, RULES, store, clock=lambda: NOW_NS, told=lambda alert: None)
            await line.run(Made().add(rows).feeds(), [("inference", 0)])
        await store.close()

    asyncio.run(write())
    return rows


def test_sealed_read_rotated_and_erased(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, mirqab = tmp_path / "store", Mirqab(capsys)
    rows = filled(folder)
    settings = settings_of(folder)
    monkeypatch.setenv("MIRQAB_STORE_FOLDER", str(folder))

    def shown(who: str, master: str) -> list[dict[str, Any]]:
        monkeypatch.setenv("MIRQAB_PRIVACY_MASTER_KEY", master)
        return list(mirqab.json("text", "show", who, *WHY, "--limit", "100"))

    raw = asyncio.run(with_store(settings, "SELECT prompt, response, key FROM event_text_now"))
    assert len(raw) == len(rows)
    assert not any(row["prompt"] in repr(raw) for row in rows)
    assert len({row["key"] for row in raw}) == 4
    mine = sorted(row["prompt"] for row in rows if row["principal"] == "customer-1")
    assert sorted(one["prompt"] for one in shown("customer-1", ONE)) == mine
    monkeypatch.setenv("MIRQAB_PRIVACY_MASTER_KEY", f"{TWO} {ONE}")
    assert mirqab("text", "rotate", *WHY)[0] == 0
    assert sorted(one["prompt"] for one in shown("customer-1", TWO)) == mine
    assert mirqab("text", "erase", "customer-1", *WHY)[0] == 0
    gone = shown("customer-1", TWO)
    assert len(gone) == len(mine)
    assert all(one["prompt"] is None for one in gone)
    assert all(one["prompt"] for one in shown("customer-2", TWO))
    left = asyncio.run(with_store(settings, "SELECT wrapped FROM text_keys WHERE principal = 'customer-1'"))
    assert {row["wrapped"] for row in left} == {""}
    acts = asyncio.run(with_store(settings, "SELECT action, actor FROM actions_now ORDER BY at_ns"))
    assert [row["action"] for row in acts] == ["reveal", "rewrap", "reveal", "erase", "reveal", "reveal"]
    assert "nothing to erase" in mirqab.refused("text", "erase", "customer-1", *WHY)


def test_what_cannot_be_is_refused_before_anything_is_read() -> None:
    with pytest.raises(SettingError, match="openssl rand"):
        run_line(Made().add(chat(1, 5)).feeds(), small_settings().replace("privacy", text="encrypted"))
    with pytest.raises(SettingError, match="did you mean plain"):
        run_line(Made().add(chat(1, 5)).feeds(), small_settings().replace("privacy", text="plian"))
