"""`mirqab rules calibrate` over a store that has seen days, as a user types it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.kept import ENVIRONMENT, keep
from tests.support.line import MIRQAB
from tests.support.traffic import MONDAY, ROOT, learn_from, traffic

pytestmark = pytest.mark.slow
COUNT = (ROOT / "monitors" / "rules" / "genai" / "genai_denied_of_one_principal.toml").read_text()
LEVEL = (ROOT / "monitors" / "rules" / "latency_level.toml").read_text()


def rules(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **ENVIRONMENT, "MIRQAB_STORE_FOLDER": str(folder / "store")}
    return subprocess.run([MIRQAB, "rules", *arguments], env=env, capture_output=True, text=True, check=False)


def test_a_rate_is_measured_written_and_found_sound_and_too_few_days_are_said(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = traffic(6 * 1440, 1.5, start=MONDAY + 3600, seed=8)
    keep(tmp_path / "store", rows, [learn_from(traffic(60, 100, seed=99))])
    file = tmp_path / "latency_level.toml"
    file.write_text(LEVEL.replace('level = "suspected"', 'level = "ticket"'))
    done = rules(tmp_path, "calibrate", file, "--weeks", "1")
    assert done.returncode == 0, done.stderr
    assert "false tickets in 1 weeks drawn from 0.7 healthy model-weeks: at most" in done.stdout
    assert "it stays suspected" in done.stdout
    checked = rules(tmp_path, "check", file, "--no-store", "--json")
    assert json.loads(checked.stdout)["rules"][0]["errors"] == json.loads(checked.stdout)["rules"][0]["warnings"] == []
    count = tmp_path / "genai_denied_of_one_principal.toml"
    count.write_text(COUNT.replace('level = "suspected"', 'level = "ticket"'))
    younger = rules(tmp_path, "calibrate", count)
    assert younger.returncode == 1
    assert "no model has 3 whole healthy days on which this rule was in force in the store" in younger.stderr
    late = rules(tmp_path, "calibrate", file, "--since", "2099-01-01")
    assert late.returncode == 1
    assert "no model has 3 whole healthy days in the store; nothing was measured" in late.stderr
