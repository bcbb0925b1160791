"""Whose pseudonym it is: told from a list of names, and written down first."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from streams.eventrows import pseudonym
from tests.support.cli import Mirqab
from tests.support.weeks import opened

WHY = ("--by", "Amal", "--reason", "a customer asks what is stored of her")


def test_a_pseudonym_is_told_from_a_list_and_that_it_was_asked_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, mirqab, names = tmp_path / "store", Mirqab(capsys), tmp_path / "customers.txt"
    names.write_text("customer-1\n\ncustomer-2 \n")
    monkeypatch.setenv("MIRQAB_STORE_FOLDER", str(folder))
    whose = pseudonym("customer-2", "secret")
    assert "privacy.key" in mirqab.refused("reveal", whose, "--among", names, *WHY)
    monkeypatch.setenv("MIRQAB_PRIVACY_KEY", "secret")

    async def make() -> None:
        async with opened(folder):
            pass

    asyncio.run(make())
    assert mirqab.json("reveal", whose, "--among", names, *WHY) == ["customer-2"]
    assert mirqab("reveal", "p-0000000000000000", "--among", names, *WHY)[0] == 1
    assert "cannot be read" in mirqab.refused("reveal", whose, "--among", tmp_path / "none", *WHY)

    async def acts() -> list[tuple[str, ...]]:
        async with opened(folder) as store:
            rows = await store.query("SELECT action, subject, actor, value FROM actions_now ORDER BY at_ns")
            return [tuple(row.values()) for row in rows]

    assert asyncio.run(acts()) == [
        ("reveal", whose, "Amal", "1"), ("reveal", "p-0000000000000000", "Amal", "0"),
    ]  # fmt: skip
