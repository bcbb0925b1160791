"""To add a thing is to add one file: dropped into a copy of the house, each kind is noticed without any list."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("streams", "monitors", "schemas", "dashboards")

DETECTOR = '''"""Planted."""


class Planted:
    """Says nothing."""

    calibrated = False
    memory = 0

    def update(self, reading):
        """Nothing."""
'''
COMMAND = '''"""Planted."""

HELP = "planted"


def arguments(parser):
    """None."""


def run(args, settings):
    """Nothing."""
    return 0
'''
BOARD = '''"""Planted."""

from dashboards.grafana.parts import Board, Panel

BOARD = Board("mirqab-planted", "planted", "Planted.", (Panel("Note", "Planted text.", "note"),))
'''
GRAFANA_RULE = '''"""Planted."""

from dashboards.grafana.alerting import Rule

RULE = Rule("mirqab-planted", "planted", "s", "h", "read_age", "minutes", "high", "mirqab-planted", "Note")
'''
RULE = (ROOT / "monitors/rules/score_drift.toml").read_text().replace('"score_drift"', '"planted"')
FILES = {
    "monitors/detectors/planted.py": DETECTOR,
    "monitors/readings/planted.py": "def summarise(view): return {}\n\n\ndef read(pane): return ()\n",
    "monitors/rules/planted.toml": RULE,
    "schemas/formats/planted.py": "def decode(records, source, limits): ...\n",
    "dashboards/queries/planted.sql": "-- Planted?\nSELECT 1\n",
    "streams/commands/planted.py": COMMAND,
    "dashboards/grafana/boards/planted.py": BOARD,
    "dashboards/grafana/rules/planted.py": GRAFANA_RULE,
    "dashboards/reports/sections/planted.py": "PLACE = 1\n\n\ndef section(judged): return None\n",
}
ASK = """
import json
from pathlib import Path
import monitors.detectors, monitors.readings, schemas.formats
from dashboards.grafana.alerting import all_rules
from dashboards.grafana.board import all_boards
from dashboards.questions import questions
from dashboards.reports.weekly import sections
from monitors.checks import CHECKS
from schemas.rules import load_rules
from streams import cli, notifiers
assert CHECKS and monitors.detectors.kind("planted").__name__ == "Planted"
print(json.dumps({
    "house": monitors.detectors.__file__,
    "monitors/detectors/planted.py": list(monitors.detectors.names()),
    "monitors/readings/planted.py": [f.__name__.rpartition(".")[2] for f in monitors.readings.FAMILIES],
    "monitors/rules/planted.toml": [rule.id for rule in load_rules(Path("monitors/rules"))],
    "schemas/formats/planted.py": schemas.formats.names(),
    "dashboards/queries/planted.sql": list(questions()),
    "streams/commands/planted.py": list(cli.commands()),
    "streams/notifiers/planted.py": list(notifiers.names()),
    "dashboards/grafana/boards/planted.py": [board.title for board in all_boards()],
    "dashboards/grafana/rules/planted.py": [rule.title for rule in all_rules()],
    "dashboards/reports/sections/planted.py": [s.__name__.rpartition(".")[2] for s in sections()],
}))
"""


@pytest.fixture(scope="module")
def noticed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What the registries of a copy of the house hold once one file of each kind was dropped in."""
    copy = tmp_path_factory.mktemp("house")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in FILES.items():
        (copy / name).write_text(text)
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, '.')\n{ASK}"],
        cwd=copy,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout)
    assert str(found["house"]).startswith(str(copy))
    return found


@pytest.mark.parametrize("name", FILES)
def test_one_file_is_enough(noticed: dict[str, list[str]], name: str) -> None:
    assert "planted" in noticed[name]
