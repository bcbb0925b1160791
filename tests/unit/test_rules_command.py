"""`mirqab rules` as a user types it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from monitors.skeleton import skeleton
from schemas.errors import RuleError
from schemas.settings import Settings
from streams.ruleset import read_rules
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
    assert "score_drift              page           output.score_psi" in out


def test_list_of_a_folder_and_whole_rules_as_json(mirqab: Mirqab, folder: Path) -> None:
    rules = mirqab.json("rules", "list", "--rules", folder)
    assert rules == mirqab.json("rules", "list", folder)
    assert "both name rules" in mirqab.refused("rules", "list", folder, "--rules", folder)
    assert [rule["id"] for rule in rules] == ["latency_level", "score_drift"]
    assert rules[0]["parameters"] == {"mode": "up"}
    assert len(rules[1]["runbook"]) > 10


def test_list_of_nothing_is_a_sentence(mirqab: Mirqab, tmp_path: Path) -> None:
    assert "no rule files" in mirqab.refused("rules", "list", "--rules", tmp_path)
    assert "no rule files" in mirqab.refused("rules", "list", "--rules", tmp_path / "none")


def test_check_reports_every_fault_of_every_file(mirqab: Mirqab, folder: Path) -> None:
    drift = folder / "score_drift.toml"
    drift.write_text(drift.read_text() + '\ndetectr = "adwin"\n')
    (folder / "broken.toml").write_text("level = [")
    (folder / "latency_level.toml").write_text(
        (folder / "latency_level.toml").read_text().replace("close = 3", "close = 0")
    )
    (folder / "folder.toml").mkdir()
    code, out, err = mirqab("rules", "check", folder)
    assert (code, err) == (1, "")
    for text in (
        "unknown key 'detectr'; did you mean detector",
        "not valid TOML",
        "close = 0 must be at least 1",
        "folder.toml: cannot be used",
        "4 rules, 4 that cannot be used",
    ):
        assert text in out
    code, out, _ = mirqab("rules", "check", folder / "broken.toml", "--json")
    assert code == 1
    assert [rule["id"] for rule in json.loads(out)["rules"]] == [None]


def test_check_of_good_rules_and_of_nothing(mirqab: Mirqab, folder: Path, tmp_path: Path) -> None:
    assert "2 rules, 0 that cannot be used" in mirqab("rules", "check", folder)[1]
    assert "no rule files" in mirqab.refused("rules", "check", tmp_path)
    assert "no such file or folder" in mirqab.refused("rules", "check", tmp_path / "none.toml")


def test_the_line_takes_no_rule_that_check_refuses(tmp_path: Path) -> None:
    text = skeleton("mine", "latency.p50", "river.drift.KSWIN").replace("# alpha = 0.0001", "alpha = 5")
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(RuleError, match=r"mine\.toml: river\.drift\.KSWIN: alpha must lie in \(0, 1\), not 5"):
        read_rules(Settings().replace("judge", rules=str(tmp_path)))


def test_new_writes_a_rule_that_check_accepts_and_never_overwrites(
    mirqab: Mirqab, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, _ = mirqab("rules", "new", "my_drift", "--metric", "feature.psi", "--rules", folder)
    assert (code, out) == (0, f"{folder / 'my_drift.toml'}\n")
    found = mirqab.json("rules", "check", folder / "my_drift.toml")
    assert found["rules"][0]["errors"] == []
    assert "still what `rules new` wrote" in found["rules"][0]["warnings"][0]
    assert "is there already" in mirqab.refused(
        "rules", "new", "my_drift", "--metric", "feature.psi", "--rules", folder
    )
    assert "did you mean feature.psi" in mirqab.refused("rules", "new", "x", "--metric", "feature.pis")
    assert "did you mean adwin" in mirqab.refused("rules", "new", "x", "--metric", "feature.psi", "--detector", "adwn")
    assert "cannot be the id" in mirqab.refused("rules", "new", "../x", "--metric", "feature.psi")
    (tmp_path / "file").write_text("")
    assert "cannot write" in mirqab.refused(
        "rules", "new", "x", "--metric", "feature.psi", "--rules", tmp_path / "file"
    )
    made = tmp_path / "made" / "here"
    assert mirqab.json("rules", "new", "x", "--metric", "feature.psi", "--rules", made)["file"] == str(made / "x.toml")
    monkeypatch.chdir(tmp_path)
    assert mirqab.json("rules", "new", "x", "--metric", "latency.p50")["file"] == "x.toml"
    assert 'detector = "page_hinkley"' in (tmp_path / "x.toml").read_text()
