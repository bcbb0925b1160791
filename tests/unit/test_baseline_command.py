"""`mirqab baseline` as a user types it, over an embedded store, a file, and files that are wrong."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from threading import Thread

import pytest

from schemas.baselines import decode, encode
from tests.support.cli import Mirqab
from tests.support.traffic import traffic


@pytest.fixture
def mirqab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Mirqab:
    monkeypatch.setenv("MIRQAB_STORE_FOLDER", str(tmp_path / "store"))
    return Mirqab(capsys)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Two models with enough events, one with too few, a broken line, zipped."""
    rows = traffic(60, 40) + traffic(60, 3, model="cheque", seed=3) + traffic(2, 10, model="tiny", seed=4)
    path = tmp_path / "log.jsonl.gz"
    path.write_bytes(gzip.compress(b"\n".join([*(json.dumps(row).encode() for row in rows), b"{broken"])))
    return path


def test_given_twice_it_gets_the_next_number_and_the_first_stays(mirqab: Mirqab, log: Path) -> None:
    first = mirqab.json("baseline", "set", "--from", log)
    assert [(b["model"], b["number"], b["stored"], b["published"]) for b in first["baselines"]] == [
        ("card", 1, True, False),
        ("cheque", 1, True, False),
    ]
    assert first["skipped"][0]["model"] == "tiny"
    assert "at least 100 are needed" in first["skipped"][0]["reason"]
    assert first["rejects"] == 1
    second = mirqab.json("baseline", "set", "--from", log, "--model", "card")
    assert [b["number"] for b in second["baselines"]] == [2]
    listed = mirqab.json("baseline", "show")
    assert [(b["model"], b["number"], b["features"]) for b in listed] == [
        ("card", 1, 3),
        ("card", 2, 3),
        ("cheque", 1, 3),
    ]
    assert listed[0]["id"] == first["baselines"][0]["id"]


def test_a_pipe_is_read_whole(mirqab: Mirqab, tmp_path: Path) -> None:
    """As the shell gives it for <(...)."""
    data = "\n".join(json.dumps(row) for row in traffic(60, 40))
    out, into = os.pipe()

    def write() -> None:
        with os.fdopen(into, "w") as file:
            file.write(data)

    writing = Thread(target=write, daemon=True)
    writing.start()
    made = mirqab.json("baseline", "set", "--from", f"/dev/fd/{out}", "--output", tmp_path / "known.jsonl")
    os.close(out)
    writing.join(timeout=10)
    assert (made["events"], made["rejects"]) == (data.count("\n") + 1, 0)


def test_show_tells_what_is_in_the_newest(mirqab: Mirqab, log: Path) -> None:
    mirqab("baseline", "set", "--from", log)
    mirqab("baseline", "set", "--from", log, "--model", "card")
    code, out, _ = mirqab("baseline", "show", "card")
    assert code == 0
    for text in (
        "card 1: baseline 2",
        "numeric feature",
        "amount",
        "web 5",
        "predictions   0 ",
        "half-space trees",
        "UTC",
    ):
        assert text in out
    rows = mirqab.json("baseline", "show", "card", "--version", "1")
    assert [row["number"] for row in rows if "content" in row] == [2]
    assert rows[1]["content"]["numeric"][0]["name"] == "age"
    older = mirqab.json("baseline", "show", rows[0]["id"])
    assert [row["content"]["number"] for row in older] == [1]


def test_a_dry_run_leaves_no_trace(mirqab: Mirqab, log: Path, tmp_path: Path) -> None:
    code, out, _ = mirqab("baseline", "set", "--from", log, "--dry-run")
    assert code == 0
    assert "card 1: baseline 1" in out
    assert "would be stored" in out
    assert not (tmp_path / "store").exists()
    mirqab("baseline", "set", "--from", log)
    would = mirqab.json("baseline", "set", "--from", log, "--dry-run")
    assert [(b["number"], b["stored"]) for b in would["baselines"]] == [(2, False), (2, False)]
    assert len(mirqab.json("baseline", "show")) == 2
    mirqab("baseline", "set", "--from", log, "--dry-run", "--output", tmp_path / "none.jsonl")
    assert not (tmp_path / "none.jsonl").exists()


def test_without_a_store_it_goes_to_a_file_that_replay_takes(mirqab: Mirqab, log: Path, tmp_path: Path) -> None:
    file, out = tmp_path / "baselines.jsonl", tmp_path / "out"
    mirqab.json("baseline", "set", "--from", log, "--output", file)
    assert not (tmp_path / "store").exists()
    ids = [decode(line).id for line in file.read_bytes().splitlines()]
    assert [row["id"] for row in mirqab.json("baseline", "show", "--baselines", file)] == ids
    mirqab.json("replay", log, "--baselines", file, "--output", out)
    scored = {json.loads(line)["baseline"] for line in (out / "events.jsonl").read_bytes().splitlines()}
    assert scored == {*ids, ""}


def test_what_replay_learnt_can_be_given(mirqab: Mirqab, log: Path, tmp_path: Path) -> None:
    mirqab.json("replay", log, "--output", tmp_path / "out")
    learnt = tmp_path / "out" / "baselines.jsonl"
    assert [b["origin"] for b in mirqab.json("baseline", "show", "--baselines", learnt)] == ["learnt"]
    given = mirqab.json("baseline", "set", "--from", learnt)
    assert [(b["model"], b["number"], b["origin"]) for b in given["baselines"]] == [("card", 1, "given")]


def test_diff_says_what_moved(mirqab: Mirqab, log: Path, tmp_path: Path) -> None:
    later = tmp_path / "later.jsonl"
    rows = traffic(
        60, 40, seed=7, change=lambda row, rng: row | {"features": {**row["features"], "age": 5.0, "new": 1}}
    )
    later.write_text("\n".join(map(json.dumps, rows)))
    mirqab("baseline", "set", "--from", log, "--model", "card")
    mirqab("baseline", "set", "--from", later)
    first, second = [row["id"] for row in mirqab.json("baseline", "show", "card")]
    code, out, _ = mirqab("baseline", "diff", first, second[:6])
    assert code == 0
    for text in ("new features: new", "3 features in both, 1 of them with a PSI of 0.1 or more", "answers"):
        assert text in out
    assert [line.split()[0] for line in out.splitlines() if line.startswith(("age", "amount"))] == ["age", "amount"]
    found = mirqab.json("baseline", "diff", first, second)
    assert (found["from"], found["to"], found["new"]) == (first, second, ["new"])
    assert "unknown baseline 'zzzz'" in mirqab.refused("baseline", "diff", "zzzz", second)
    assert "unknown baseline" in mirqab.refused("baseline", "diff", first[:2], second)


def test_an_approval_is_kept_with_name_and_reason(mirqab: Mirqab, log: Path) -> None:
    mirqab("baseline", "set", "--from", log)
    (row,) = mirqab.json("baseline", "show", "card")
    assert row["approvals"] == []
    words = ("baseline", "approve", row["id"][:8], "--by")
    assert "the name is empty" in mirqab.refused(*words, "  ", "--reason", "checked")
    assert "the reason is empty" in mirqab.refused(*words, "Sara", "--reason", "")
    assert "at most 4,096" in mirqab.refused(*words, "Sara", "--reason", "x" * 5000)
    assert mirqab(*words, "Sara", "--reason", "checked against May")[0] == 0
    assert mirqab(*words, "Omar\x1b[2J", "--reason", "second pair of eyes")[0] == 0
    (row,) = mirqab.json("baseline", "show", "card")
    assert [(a["by"], a["reason"]) for a in row["approvals"]] == [
        ("Sara", "checked against May"),
        ("Omar\x1b[2J", "second pair of eyes"),
    ]
    _, out, _ = mirqab("baseline", "show", "card")
    assert "UTC by Sara: checked against May" in out
    assert "\x1b" not in out


def test_an_approval_needs_a_store_a_baseline_a_name_and_a_reason(
    mirqab: Mirqab, log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("baseline", "approve", "abcd", "--by", "Sara", "--reason", "checked")
    assert "no store in the folder" in mirqab.refused(*words)
    assert not (tmp_path / "store").exists()
    mirqab("baseline", "set", "--from", log)
    assert "unknown baseline 'abcd'" in mirqab.refused(*words)
    for missing in (words[:3] + words[5:], words[:5]):
        with pytest.raises(SystemExit) as caught:
            mirqab(*missing)
        assert caught.value.code == 2
    assert "required" in capsys.readouterr().err


def test_every_mistake_is_a_sentence(mirqab: Mirqab, log: Path, tmp_path: Path) -> None:
    assert "did you mean card?" in mirqab.refused("baseline", "set", "--from", log, "--model", "crad")
    assert "known: 1" in mirqab.refused("baseline", "set", "--from", log, "--model", "card", "--version", "x")
    few = mirqab.refused("baseline", "set", "--from", log, "--model", "tiny")
    assert "tiny 1: " in few
    assert "at least 100 are needed" in few
    assert "1 broken lines (1 × not JSON" in few
    assert "No such file" in mirqab.refused("baseline", "set", "--from", tmp_path / "none.jsonl")
    (tmp_path / "b.jsonl.gz").write_bytes(b"no gzip")
    assert "cannot read" in mirqab.refused("baseline", "set", "--from", tmp_path / "b.jsonl.gz")
    (tmp_path / "empty.jsonl").write_bytes(b"\n")
    assert "the file is empty" in mirqab.refused("baseline", "set", "--from", tmp_path / "empty.jsonl")
    (tmp_path / "broken.jsonl").write_bytes(b'{"ts": "never", "model": "m"}\n' * 3)
    assert "no event could be read: 3 broken lines (3 × ts 'never'" in mirqab.refused(
        "baseline", "set", "--from", tmp_path / "broken.jsonl"
    )
    assert "no store in the folder" in mirqab.refused("baseline", "show")
    assert "cannot write" in mirqab.refused("baseline", "set", "--from", log, "--output", tmp_path)


def test_a_broken_baseline_is_refused_by_all_who_read_it(mirqab: Mirqab, log: Path, tmp_path: Path) -> None:
    file = tmp_path / "baselines.jsonl"
    mirqab("baseline", "set", "--from", log, "--output", file)
    lines = file.read_bytes().splitlines()
    whole = decode(lines[1])
    wrong = json.loads(lines[0])
    wrong["numeric"][0]["edges"].pop()
    file.write_bytes(encode(whole) + b"\n" + json.dumps(wrong).encode())
    for words in (("baseline", "set", "--from", file), ("replay", log, "--baselines", file)):
        assert "line 2: a baseline that cannot be used: numeric feature 'age'" in mirqab.refused(*words)
    file.write_bytes(encode(whole) + b"\nno json")
    assert "line 2: no JSON object" in mirqab.refused("baseline", "show", "--baselines", file)
    file.write_bytes(b'{"content": "{}"}')
    assert "line 1: no baseline" in mirqab.refused("baseline", "set", "--from", file)


def test_a_broker_that_was_named_must_answer_before_anything_is_stored(
    mirqab: Mirqab, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIRQAB_KAFKA_BROKERS", "127.0.0.1:1")
    assert "127.0.0.1:1 (kafka.brokers): no connection" in mirqab.refused("baseline", "set", "--from", log)
    assert not (tmp_path / "store").exists()


def test_options_may_stand_before_the_verb(mirqab: Mirqab, log: Path, tmp_path: Path) -> None:
    code, out, _ = mirqab("baseline", "--json", "set", "--from", log, "--output", tmp_path / "b.jsonl")
    assert code == 0
    assert json.loads(out)["events"] > 0
