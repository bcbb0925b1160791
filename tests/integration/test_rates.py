"""`mirqab rates` over a store that has seen days: measured, recorded, and refused where there is too little."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.kept import ENVIRONMENT, empty, keep
from tests.support.line import MIRQAB
from tests.support.traffic import MONDAY, learn_from, traffic

pytestmark = pytest.mark.slow


def rates(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **ENVIRONMENT, "MIRQAB_STORE_FOLDER": str(folder)}
    return subprocess.run([MIRQAB, "rates", *arguments], env=env, capture_output=True, text=True, check=False)


def test_quiet_days_give_no_false_alarm_and_the_answer_is_kept(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = traffic(6 * 1440, 1.5, start=MONDAY + 3600, seed=8)
    keep(tmp_path / "store", rows, [learn_from(traffic(60, 100, seed=99))])
    done = rates(tmp_path / "store", "--weeks", "1", "--json")
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)
    assert (row["model"], row["weeks"], row["tickets"], row["pages"]) == ("card", 1, 0, 0)
    assert row["days"] >= 3
    assert (row["tickets_promised"], row["pages_promised"]) == (1.0, 0.2333)
    again = rates(tmp_path / "store", "--weeks", "1")
    assert "0.00 false tickets a week of 1 promised" in again.stdout


def test_too_little_is_said_and_a_wrong_name_names_the_right_ones(tmp_path: Path) -> None:
    keep(tmp_path / "store", traffic(90, 20), [])
    few = rates(tmp_path / "store")
    assert few.returncode == 0
    assert "card: fewer than 3 whole healthy days are stored" in few.stderr
    wrong = rates(tmp_path / "store", "--model", "crad")
    assert wrong.returncode != 0
    assert "no minute of a model 'crad' is stored; stored are: card" in wrong.stderr
    assert "Traceback" not in wrong.stderr


def test_an_empty_store_measures_nothing(tmp_path: Path) -> None:
    empty(tmp_path / "store")
    done = rates(tmp_path / "store", "--json")
    assert (done.returncode, done.stdout.strip()) == (0, "[]")
