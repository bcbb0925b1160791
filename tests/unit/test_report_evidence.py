"""The evidence pack of a store with plausible rows: what is in it, and that a byte changed anywhere is named."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from dashboards.reader import connect
from dashboards.reports.controls import controls
from dashboards.reports.evidence import modules
from dashboards.reports.making import make_evidence
from schemas.errors import SettingError, UsageError
from streams.packing import faults, write_pack
from tests.support import seed
from tests.support.cli import Mirqab
from tests.support.clickhouse import ClickHouseProcess
from tests.support.console import RULES, SETTINGS, make_store
from tests.support.weeks import MONDAY, WEEK, keep, learnt, log_of, records

KEY = "11" * 32
DAY_NS = 86_400_000_000_000


@pytest.fixture(scope="module")
def files(clickhouse: ClickHouseProcess) -> dict[str, str]:
    reader = connect(make_store(clickhouse, "report_evidence"), size=2)
    try:
        span = (seed.NOW_NS - 30 * DAY_NS, seed.NOW_NS + DAY_NS, seed.NOW_NS)
        return asyncio.run(make_evidence(reader, SETTINGS, RULES, *span))
    finally:
        reader.close()


def test_every_kind_of_evidence_is_there_for_people_and_programs(files: dict[str, str]) -> None:
    for module in modules():
        told = json.loads(files[f"{module.NAME}.json"])
        assert isinstance(told["gaps"], list), module.NAME
        assert f'id="{module.NAME}"' in files["index.html"]
    assets = {row["model"]: row for row in json.loads(files["assets.json"])["assets"]}
    assert (assets["card-fraud"]["owner"], assets["card-fraud"]["registered"]) == ("L. Haddad", True)
    assert "shadow model" in assets["churn"]["gaps"][0]
    assert assets["credit-score"]["artifacts"] == ["1b31dfcd", "e3b0c442"]
    assert any("different files" in gap for gap in assets["credit-score"]["gaps"])
    assert json.loads(files["incidents.json"])["incidents"]
    assert json.loads(files["acts.json"])["acts"]
    gaps = json.loads(files["drills.json"])["gaps"]
    assert "card-fraud: strong silence was seen by an earlier drill and is not any more" in gaps
    assert any("poison_source could not be tried: it needs two labels" in gap for gap in gaps)
    assert "<script>alert" not in files["index.html"]


def test_every_control_names_evidence_that_exists() -> None:
    names = {module.NAME for module in modules()}
    assert {name for control in controls() for name in control["evidence"]} <= names
    frameworks = {control["framework"].split()[0] for control in controls()}
    assert {"QCB", "NIST", "ISO/IEC", "EU", "MITRE"} <= frameworks


@pytest.mark.parametrize("key", [KEY, ""])
def test_one_byte_changed_in_any_file_is_named(files: dict[str, str], tmp_path: Path, key: str) -> None:
    manifest = write_pack(tmp_path / "pack", files, key, {"from": "a"})
    assert list(faults(tmp_path / "pack", manifest["public_key"])) == []
    paths = sorted((tmp_path / "pack").iterdir())
    assert len(paths) == len(files) + 2
    for path in paths:
        whole = path.read_bytes()
        for at in (*range(0, len(whole), len(whole) // 8 + 1), len(whole) - 1):
            for bit in (1, 32):  # the second makes a capital of a letter
                path.write_bytes(whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :])
                assert any(path.name in text for text in faults(tmp_path / "pack")), (path.name, at)
        path.write_bytes(whole)
    (tmp_path / "pack" / "index.html").unlink()
    (tmp_path / "pack" / "more.txt").write_text("x")
    assert [text.split(":")[0] for text in faults(tmp_path / "pack")] == ["index.html", "more.txt"]


def test_a_pack_of_another_key_or_without_one_is_told_apart(
    files: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pack(tmp_path / "plain", files, "", {})
    assert list(faults(tmp_path / "plain")) == []
    assert "the pack is not signed" in Mirqab(capsys)("report", "verify", tmp_path / "plain")[1]
    assert "another key (none)" in next(faults(tmp_path / "plain", "aa" * 32))
    with pytest.raises(SettingError, match="64 hex digits"):
        write_pack(tmp_path / "bad", files, "secret", {})
    with pytest.raises(UsageError, match="not empty"):
        write_pack(tmp_path / "plain", files, "", {})


def test_the_commands_make_and_check_a_pack(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MIRQAB_STORE_FOLDER", str(tmp_path / "store"))
    monkeypatch.setenv("MIRQAB_REPORTS_SIGNING_KEY", KEY)
    mirqab = Mirqab(capsys)
    log = log_of(tmp_path / "log.jsonl", records(MONDAY, 1000, 1))
    keep(tmp_path / "store", [log], learnt(log))
    (asset,) = mirqab.json("assets")
    assert (asset["model"], asset["answers"], asset["scored"]) == ("loans", 1000, 1.0)
    span = ("--from", str(MONDAY), "--to", str(MONDAY + WEEK))
    manifest = mirqab.json("report", "evidence", *span, "--output", tmp_path / "pack")
    assert "audit.jsonl" in manifest["sha256"]
    assert '"export on evidence"' in (tmp_path / "pack" / "audit.jsonl").read_text(), "what asks for a pack is in it"
    assert mirqab("report", "verify", tmp_path / "pack", "--public-key", manifest["public_key"])[0] == 0
    (tmp_path / "pack" / "assets.json").write_text("{}")
    code, out, _ = mirqab("report", "verify", tmp_path / "pack")
    assert (code, out.startswith("assets.json:")) == (1, True)
    assert mirqab.json("audit", "verify")["faults"] == []
