"""`mirqab rules` as a user types it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.cli import Mirqab
from tests.support.traffic import ROOT, RULES

SHIPPED = ROOT / "monitors" / "rules"


@pytest.fixture
def mirqab(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mirqab:
    monkeypatch.setenv("MIRQAB_STORE_FOLDER", str(tmp_path / "store"))
    return Mirqab(capsys)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two of the shipped rules."""
    path = tmp_path / "rules"
    path.mkdir()
    for name in ("score_drift.toml", "latency_level.toml"):
        shutil.copy(SHIPPED / name, path)
    return path


def test_list_shows_every_rule_in_force(mirqab: Mirqab) -> None:
    code, out, _ = mirqab("rules", "list")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["id", *(rule.id for rule in RULES)]
    assert "score_drift           page           output.score_psi" in out


def test_list_of_a_folder_and_whole_rules_as_json(mirqab: Mirqab, folder: Path) -> None:
    rules = mirqab.json("rules", "list", "--rules", folder)
    assert [rule["id"] for rule in rules] == ["latency_level", "score_drift"]
    assert rules[0]["parameters"] == {"mode": "up"}
    assert len(rules[1]["runbook"]) > 10


def test_list_of_nothing_is_a_sentence(mirqab: Mirqab, tmp_path: Path) -> None:
    assert "no rule files" in mirqab.refused("rules", "list", "--rules", tmp_path)
    assert "no rule files" in mirqab.refused("rules", "list", "--rules", tmp_path / "none")
