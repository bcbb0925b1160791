"""Real tables as logs of models: `mirqab replay` stores or rejects every line and prints what they are known for."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from tests.support.line import MIRQAB
from tests.support.needs import need
from tests.support.real_logs import DATA, Row, bank_marketing, car_loans, write_log


@pytest.fixture
def log(tmp_path: Path) -> Callable[[Callable[[], Iterator[Row]], str, int, int], tuple[Path, int]]:
    """Writes the log of a model that was trained on the first rows, up to a row; its path, and how many lines."""
    need(DATA.is_dir(), "the shared development data", "put the folder shared/data beside this clone")

    def write(table: Callable[[], Iterator[Row]], model: str, trained_on: int, until: int) -> tuple[Path, int]:
        path = tmp_path / f"{model}.jsonl"
        return path, write_log(islice(table(), until), model, trained_on, path)

    return write


def test_calls_of_a_bank_are_stored_or_rejected(log: Callable[..., tuple[Path, int]], tmp_path: Path) -> None:
    path, count = log(bank_marketing, "deposit", 10_000, 14_000)
    lines = path.read_text().splitlines()
    lines[999::1000] = [line[:-20] for line in lines[999::1000]]
    path.write_text("\n".join(lines))
    subprocess.run([MIRQAB, "replay", str(path), "--output", str(tmp_path / "out")], check=True)
    stored, rejected = ((tmp_path / "out" / f"{name}.jsonl").read_text().splitlines() for name in ("events", "rejects"))
    assert (len(stored), len(rejected)) == (count - count // 1000, count // 1000)


def test_the_faults_of_the_car_loans_are_printed(log: Callable[..., tuple[Path, int]]) -> None:
    path, count = log(car_loans, "car-loan", 45_000, 78_000)
    done = subprocess.run([MIRQAB, "replay", str(path)], check=True, capture_output=True, text=True)
    print(done.stdout)
    assert f"{count:,} events, 0 rejects" in done.stderr
    # Missing from the first day of the faulty half on; the loans themselves change on 2019-03-31.
    for day, what in (("2018-11-0", "Missing values of feature"), ("2019-04-0", "Drift of feature car_value")):
        told = [line for line in done.stdout.splitlines() if what in line and "suspected" not in line]
        assert told, what
        assert told[0].startswith(day), told[0]
