"""False alarms measured on the days of a store, `mirqab rates` and `mirqab rules calibrate`; too few are refused."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.kept import ENVIRONMENT, empty, keep
from tests.support.line import MIRQAB
from tests.support.traffic import MONDAY, ROOT, learn_from, traffic

pytestmark = pytest.mark.slow
COUNT = (ROOT / "monitors" / "rules" / "genai" / "genai_denied_of_one_principal.toml").read_text()
LEVEL = (ROOT / "monitors" / "rules" / "latency_level.toml").read_text()


def mirqab(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **ENVIRONMENT, "MIRQAB_STORE_FOLDER": str(folder)}
    return subprocess.run([MIRQAB, *arguments], env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that has seen five quiet days, four of them whole."""
    folder = tmp_path_factory.mktemp("days") / "store"
    rows: list[dict[str, Any]] = traffic(5 * 1440, 1.5, start=MONDAY + 3600, seed=8)
    keep(folder, rows, [learn_from(traffic(60, 100, seed=99))])
    return folder


def test_quiet_days_give_no_false_alarm_and_the_answer_is_kept(days: Path) -> None:
    done = mirqab(days, "rates", "--weeks", "1", "--json")
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)
    assert (row["model"], row["weeks"], row["tickets"], row["pages"]) == ("card", 1, 0, 0)
    assert row["days"] >= 3
    assert (row["tickets_promised"], row["pages_promised"]) == (1.0, 0.2333)
    again = mirqab(days, "rates", "--weeks", "1")
    assert "0.00 false tickets a week of 1 promised" in again.stdout


def test_too_little_is_said_and_a_wrong_name_names_the_right_ones(tmp_path: Path) -> None:
    keep(tmp_path / "store", traffic(90, 20), [])
    few = mirqab(tmp_path / "store", "rates")
    assert few.returncode == 0
    assert "card: fewer than 3 whole healthy days are stored" in few.stderr
    wrong = mirqab(tmp_path / "store", "rates", "--model", "crad")
    assert wrong.returncode != 0
    assert "no minute of a model 'crad' is stored; stored are: card" in wrong.stderr
    assert "Traceback" not in wrong.stderr


def test_an_empty_store_measures_nothing(tmp_path: Path) -> None:
    empty(tmp_path / "store")
    done = mirqab(tmp_path / "store", "rates", "--json")
    assert (done.returncode, done.stdout.strip()) == (0, "[]")


def test_a_rules_rate_is_measured_written_and_found_sound_and_too_few_days_are_said(days: Path, tmp_path: Path) -> None:
    file = tmp_path / "latency_level.toml"
    file.write_text(LEVEL.replace('level = "suspected"', 'level = "ticket"'))
    done = mirqab(days, "rules", "calibrate", file, "--weeks", "1")
    assert done.returncode == 0, done.stderr
    assert "false tickets in 1 weeks drawn from 0.6 healthy model-weeks: at most" in done.stdout
    assert "it stays suspected" in done.stdout
    checked = mirqab(days, "rules", "check", file, "--no-store", "--json")
    assert json.loads(checked.stdout)["rules"][0]["errors"] == json.loads(checked.stdout)["rules"][0]["warnings"] == []
    count = tmp_path / "genai_denied_of_one_principal.toml"
    count.write_text(COUNT.replace('level = "suspected"', 'level = "ticket"'))
    younger = mirqab(days, "rules", "calibrate", count)
    assert younger.returncode == 1
    assert "no model has 3 whole healthy days on which this rule was in force in the store" in younger.stderr
    late = mirqab(days, "rules", "calibrate", file, "--since", "2099-01-01")
    assert late.returncode == 1
    assert "no model has 3 whole healthy days in the store; nothing was measured" in late.stderr
