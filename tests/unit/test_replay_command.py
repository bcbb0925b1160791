"""`mirqab replay` says what does not go together, instead of leaving an option out in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import Mirqab


@pytest.fixture
def mirqab(capsys: pytest.CaptureFixture[str]) -> Mirqab:
    return Mirqab(capsys)


@pytest.mark.parametrize("option", ["--until", "--model"])
def test_what_is_for_stored_minutes_is_refused_with_files(mirqab: Mirqab, tmp_path: Path, option: str) -> None:
    (tmp_path / "log.jsonl").write_text("")
    assert f"{option} goes with --stored only" in mirqab.refused("replay", tmp_path / "log.jsonl", option, "1")


@pytest.mark.parametrize("option", ["--output", "--baselines", "--topic", "--now"])
def test_what_is_for_files_is_refused_with_stored_minutes(mirqab: Mirqab, option: str) -> None:
    assert f"{option} goes with log files only" in mirqab.refused("replay", "--stored", option, "1")


def test_files_and_stored_minutes_exclude_each_other(mirqab: Mirqab) -> None:
    assert "give log files" in mirqab.refused("replay")


def test_reasons_of_rejects_are_told(mirqab: Mirqab, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text('{"ts": "never", "model": "m"}\n' * 3 + "{\n")
    code, out, err = mirqab("replay", log)
    assert (code, out) == (0, "")
    assert "0 events, 4 rejects" in err
    assert "rejected: 3 × ts 'never' is neither seconds nor ISO 8601" in err
    assert "; 1 × not JSON: " in err
    log.write_text("".join(f'{{"ts": "{i}th", "model": "m"}}\n' for i in range(150)))
    assert "rejected: 50 × other reasons; 1 × ts" in mirqab("replay", log)[2]
    log.write_text("")
    assert "no event could be read: the file is empty" in mirqab("replay", log)[2]
