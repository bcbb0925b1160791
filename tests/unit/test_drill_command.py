"""`mirqab drill` by hand: a table for people, JSON for programs, and a sentence for every mistake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.cli import Mirqab
from tests.support.weeks import MONDAY, keep, learnt, log_of, records


@pytest.fixture
def mirqab(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Mirqab:
    monkeypatch.setenv("MIRQAB_STORE_FOLDER", str(tmp_path / "store"))
    return Mirqab(capsys)


def test_a_person_drills_a_model_and_a_program_reads_it(mirqab: Mirqab, tmp_path: Path) -> None:
    base = log_of(tmp_path / "base.jsonl", records(MONDAY - 40_000, 2000, 1, span=36_000))
    log = log_of(tmp_path / "log.jsonl", ({**r, "status": "200"} for r in records(MONDAY, 1000, 2, span=7200)))
    keep(tmp_path / "store", [base, log], learnt(base))
    code, out, err = mirqab("drill", "--kind", "fault_errors", "--events", "1000")
    assert code == 0, err
    head, told, *table = out.splitlines()
    assert head.startswith("loans: trouble was put on purpose into a copy of its newest traffic")
    assert told.startswith("Somebody would have been told of 1 of 3 troubles.")
    assert [cell.strip() for cell in table[1].split("  ") if cell][:3] == ["fault_errors", "not seen", "suspicion"]
    assert "page after" in table[1]
    assert table[1].endswith("error_share")
    assert '"suspicion" was noticed, and tells' in out
    code, out, _ = mirqab("drill", "--kind", "silence", "--json")
    assert code == 1, "nothing could be tried"
    assert {each["untried"] for each in json.loads(out)} == {
        "it needs a day and an hour of the model's past before it begins"
    }
    for words, why in {
        ("--model", "loan"): "did you mean loans?",
        ("--kind", "silense"): "did you mean silence?",
        ("--events", "10"): "must be at least 1000, not 10",
        ("--schedule",): "an embedded store belongs to `mirqab up`, which drills by itself",
        ("--schedule", "--model", "loans"): "leave out --model and --kind",
    }.items():
        assert why in mirqab.refused("drill", *words)


def test_files_of_a_replay_are_no_store_and_none_is_made_among_them(mirqab: Mirqab, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "events.jsonl").write_text("{}\n")
    assert "`replay --output` writes files, no store" in mirqab.refused("drill")
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["events.jsonl"]
