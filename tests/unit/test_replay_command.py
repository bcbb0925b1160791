"""`mirqab replay` says what does not go together, instead of leaving an option out in silence."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from streams.commands import replay
from streams.terminal import Progress
from tests.support.cli import Mirqab
from tests.support.traffic import MONDAY, traffic


@pytest.fixture
def mirqab(capsys: pytest.CaptureFixture[str]) -> Mirqab:
    return Mirqab(capsys)


@pytest.mark.parametrize("option", ["--until", "--model"])
def test_what_is_for_stored_minutes_is_refused_with_files(mirqab: Mirqab, tmp_path: Path, option: str) -> None:
    (tmp_path / "log.jsonl").write_text("")
    assert f"{option} goes with --stored only" in mirqab.refused("replay", tmp_path / "log.jsonl", option, "1")


@pytest.mark.parametrize("option", ["--output", "--baselines", "--topic", "--now", "--partitions", "--log-id"])
def test_what_is_for_files_is_refused_with_stored_minutes(mirqab: Mirqab, option: str) -> None:
    assert f"{option} goes with log files only" in mirqab.refused("replay", "--stored", option, "1")


def test_files_and_stored_minutes_exclude_each_other(mirqab: Mirqab) -> None:
    assert "give log files" in mirqab.refused("replay")


def test_reasons_of_rejects_are_told(mirqab: Mirqab, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text('{"ts": "never", "model": "m"}\n' * 3 + "{\n")
    code, out, err = mirqab("replay", log)
    assert (code, out) == (1, ""), "nothing of it could be read"
    assert "0 events, 4 rejects" in err
    assert "rejected: 3 × ts 'never' is neither seconds nor ISO 8601" in err
    assert "(first in line 1 of log.jsonl); 1 × not JSON: " in err
    assert err.count("(first in line 4 of log.jsonl)") == 1
    log.write_text("".join(f'{{"ts": "{i}th", "model": "m"}}\n' for i in range(150)))
    err = mirqab("replay", log)[2]
    assert "rejected: 50 × other reasons (first in line 101 of log.jsonl); 1 × ts" in err
    assert "; and 98 more reasons" in err
    log.write_text("")
    code, _, err = mirqab("replay", log)
    assert (code, "no event could be read: the file is empty" in err) == (1, True)


def test_a_file_of_labels_only_is_read(mirqab: Mirqab, tmp_path: Path) -> None:
    (tmp_path / "labels.jsonl").write_text('{"ts": 1772413152.6, "id": "39", "model": "m", "label": 1}\n')
    code, _, err = mirqab("replay", tmp_path / "labels.jsonl")
    assert (code, "no events were read, only 1 labels" in err) == (0, True)


def test_a_reject_is_found_in_its_file_behind_empty_lines_and_in_any_partition(mirqab: Mirqab, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('\n\n{"ts": 1767225600, "model": "m"}\n\n{"ts": 1767225600}\n')
    with gzip.open(tmp_path / "b.jsonl.gz", "wt") as file:
        file.write('{"ts": 1767225600, "model": "n"}\n{"model": "n"}\n')
    for more in ((), ("--partitions", "3"), ("--topic", "inference")):
        found = mirqab.json("replay", tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz", *more)
        assert {each["first"] for each in found["rejected"]} == {"line 5 of a.jsonl", "line 2 of b.jsonl.gz"}
        assert sum(each["count"] for each in found["rejected"]) == found["rejects"] == 2


def drifting_log(path: Path) -> Path:
    rows = traffic(180, 60, change=lambda row, rng: row | {"status": "error"} if row["ts"] > MONDAY + 7200 else row)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + "{\n")
    return path


def test_json_says_what_was_found_and_where_it_was_written(mirqab: Mirqab, tmp_path: Path) -> None:
    log, out = drifting_log(tmp_path / "log.jsonl"), tmp_path / "out"
    found = mirqab.json("replay", log, "--output", out)
    alerts = [json.loads(line) for line in (out / "alerts.jsonl").read_text().splitlines()]
    assert found["rejects"] == 1
    assert found["alerts"] + found["suspected"] == len(alerts) > 0
    assert {
        (family, level): n for family, levels in found["families"].items() for level, n in levels.items() if n
    } == Counter((alert["family"], alert["level"]) for alert in alerts)
    assert [(each["id"], each["summary"]) for each in found["found"]] == [
        (alert["id"], alert["summary"])
        for alert in sorted(alerts, key=lambda alert: (alert["first_seen"], alert["id"]))
    ]
    assert found["notes"] == []
    assert found["files"]["alerts"] == str(out / "alerts.jsonl")
    assert all(Path(path).is_file() for path in found["files"].values())
    again = mirqab.json("replay", log)
    assert again == {**found, "files": {}}


def test_progress_is_on_stderr_after_two_seconds(
    mirqab: Mirqab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = drifting_log(tmp_path / "log.jsonl")
    ticks = iter(range(0, 10**6, 3))
    monkeypatch.setattr(replay, "Progress", lambda command: Progress(command, clock=lambda: next(ticks)))
    code, out, err = mirqab("replay", log, "--json")
    assert code == 0
    assert len(out.splitlines()) == 1
    assert "mirqab replay: 128 events, 0 rejects\n" in err


def test_a_version_that_nothing_was_compared_with_is_named(mirqab: Mirqab, tmp_path: Path) -> None:
    """Every score of version 2 is inverted, and it has no baseline: silence must not look like an all-clear."""
    rows = traffic(120, 40, seed=5)
    late = [{**row, "version": "2", "score": 1 - row["score"]} for row in traffic(30, 20, seed=6)]
    for row in late:
        row["ts"] += 7200
    log = tmp_path / "new.jsonl"
    log.write_text("\n".join(json.dumps(row) for row in rows + late))
    (note,) = mirqab.json("replay", log)["notes"]
    who = f"{rows[0]['model']} 2"
    assert note.startswith(f"not enough data: none of the {len(late)} answers of {who} (over 30 min) was compared")
    assert "2,000 answers (judge.baseline_events) over 60 minutes (judge.baseline_minutes)" in note
    assert "`mirqab baseline set" in note
