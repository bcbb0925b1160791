"""`mirqab score-series` as a user types it: the same rows, one more column, never a traceback."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from streams import cli
from streams.scored import Scored
from streams.seriesfile import header, moment, number

HEAD = "timestamp,value"


def score(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str], str]:
    """Exit code, lines of stdout, stderr."""
    code = cli.main(["score-series", *arguments])
    said = capsys.readouterr()
    return code, said.out.splitlines(), said.err


@pytest.fixture
def capsys(capfd: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    return capfd


def series(path: Path, rows: list[str], head: str = HEAD) -> str:
    path.write_text("\n".join([head, *rows]) + "\n", "utf-8")
    return str(path)


def usual(rows: int) -> list[str]:
    return [f"{300 * i},{(i * 7919) % 13}.5" for i in range(rows)]


def test_each_row_comes_back_in_order_with_a_score(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = usual(200)
    code, out, err = score(capsys, series(tmp_path / "a.csv", rows))
    assert code == 0
    assert out[0] == f"{HEAD},score"
    assert [line.rpartition(",")[0] for line in out[1:]] == rows
    assert all(0 <= float(line.rpartition(",")[2]) <= 1 for line in out[1:])
    assert "200 rows" in err


def test_line_by_line_gives_what_the_file_gives(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [*usual(300), "90000,400", *usual(20)]
    _, whole, _ = score(capsys, series(tmp_path / "a.csv", rows))
    scored = Scored(header(HEAD))
    assert [scored.line(row) for row in rows] == whole[1:]
    for cut in (1, 8, 299, 301):
        _, part, _ = score(capsys, series(tmp_path / "b.csv", rows[:cut]))
        assert part == whole[: cut + 1]


def test_stdin_answers_each_line_before_the_next_comes() -> None:
    command = [sys.executable, "-m", "streams.cli", "score-series", "-"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, bufsize=1) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for line in (HEAD, "1,5", "2,5"):
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
            assert process.stdout.readline().startswith(f"{line},")
        process.stdin.close()
        assert process.wait(60) == 0


def test_bad_rows_keep_their_place_and_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = ["1,1", "2,", "3,nan", "4,high", "5", "x,1", "0,1", '"7","1"', "8,inf", "9,1e308", "10,-1e308", '11,"1']
    code, out, err = score(capsys, series(tmp_path / "a.csv", rows))
    assert code == 0
    assert [line.rpartition(",")[0] for line in out[1:]] == rows
    assert [not line.rpartition(",")[2] for line in out[1:]] == [row in rows[1:5] + rows[8:9] for row in rows]
    assert "5 rows have no number as value" in err
    assert "1 rows have no readable timestamp" in err
    assert "1 rows lie before" in err


def test_gzip_other_columns_a_mark_and_line_ends_of_windows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.csv.gz"
    text = "\ufeffhost,Value,Timestamp\r\nö,1,2014-04-01 00:00:00\r\n\r\nb,2,1396310700\r\n"
    path.write_bytes(gzip.compress(text.encode()))
    code, out, err = score(capsys, str(path))
    assert code == 0
    assert out == ["host,Value,Timestamp,score", "ö,1,2014-04-01 00:00:00,0.000000", "b,2,1396310700,0.000000"]
    assert "before" not in err


def test_bytes_that_are_no_text_go_through(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"timestamp,value,x\n1,2,\xff\n")
    target = tmp_path / "b.csv"
    assert cli.main(["score-series", str(tmp_path / "a.csv"), "--output", str(target)]) == 0
    assert target.read_bytes() == b"timestamp,value,x,score\n1,2,\xff,0.000000\n"


def test_json_counts_are_on_stdout_where_the_rows_are_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = series(tmp_path / "a.csv", ["1,1", "2,"])
    code, out, _ = score(capsys, path, "--json", "--output", str(tmp_path / "b.csv"))
    assert code == 0
    assert [json.loads(line) for line in out] == [
        {"rows": 2, "detections": 0, "without_value": 1, "without_time": 0, "backwards": 0}
    ]
    code, out, err = score(capsys, path, "--json")
    assert (code, [json.loads(line) for line in out]) == (
        0, [{"timestamp": "1", "value": "1", "score": 0.0}, {"timestamp": "2", "value": "", "score": None}],
    )  # fmt: skip
    assert "2 rows" in err


def test_a_mistake_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = series(tmp_path / "a.csv", ["1,1"])
    damaged = tmp_path / "d.csv.gz"
    damaged.write_bytes(gzip.compress(f"{HEAD}\n".encode() + b"1,1\n" * 900)[:-9])
    empty, headless = tmp_path / "e.csv", series(tmp_path / "h.csv", ["2,2"], head="1,1")
    empty.touch()
    for arguments, part in (
        ([str(tmp_path / "none.csv")], "No such file"),
        ([str(tmp_path)], "directory"),
        ([str(empty)], "first line must name"),
        ([headless], "first line must name"),
        ([series(tmp_path / "s.csv", [], head=f"{HEAD},score")], "already"),
        ([path, "--output", path], "is the file that is read"),
        ([path, "--output", str(tmp_path / "no" / "b.csv")], "cannot write"),
        ([str(damaged)], "damaged"),
    ):
        code, _, err = score(capsys, *arguments)
        assert (code, err.strip().count("\n")) == (1, 0)
        assert part in err


def test_times_and_numbers() -> None:
    assert moment("0") == moment("1970-01-01T00:00:00Z") == moment("1970-01-01 00:00:00") == 0.0
    assert moment("1970-01-01T01:00:00+01:00") == 0.0
    assert [moment(text) for text in ("", "soon", "nan", "9999-99-99")] == [None] * 4
    assert [number(text) for text in ("", "1,5", "inf", "nan", "x", "1e999")] == [None] * 6
