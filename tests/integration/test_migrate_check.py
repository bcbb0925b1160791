"""`mirqab migrate --check` says whether the tables are those of this version, and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams import migrate
from tests.support.cli import Mirqab


def test_what_is_missing_is_named_and_nothing_is_applied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MIRQAB_STORE_FOLDER", str(tmp_path / "store"))
    mirqab = Mirqab(capsys)
    assert "run `mirqab migrate`" in mirqab("migrate", "--check")[2]
    assert mirqab("migrate")[0] == 0
    assert mirqab.json("migrate", "--check")["missing"] == []
    known = migrate.migrations()
    newer = migrate.Migration(
        len(known) + 1, f"{len(known) + 1:04}_newer", "CREATE TABLE newer (x Int8) ENGINE = Memory;\n"
    )
    monkeypatch.setattr(migrate, "migrations", lambda: [*known, newer])
    for _ in range(2):
        code, out, _ = mirqab("migrate", "--check")
        assert (code, out.endswith(f"not applied yet: {newer.name}\n")) == (1, True)
