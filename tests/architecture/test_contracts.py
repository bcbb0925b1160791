"""Who may import whom: every contract of pyproject.toml is kept, and every one of them notices when it is broken."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("streams", "monitors", "schemas", "dashboards")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]

# For each contract the file that breaks it, and the line in it.
BREAKS = {
    "layers": ("monitors/planted_layers.py", "import streams.cli"),
    "strangers": ("dashboards/planted_strangers.py", "import streams.cli"),
    "alone": ("schemas/planted_alone.py", "import socket"),
    "pure": ("monitors/planted_pure.py", "import asyncio"),
    "faust": ("streams/planted_faust.py", "import faust"),
    "view": ("dashboards/planted_view.py", "import aiokafka"),
    "detectors": ("monitors/detectors/planted_a.py", "import monitors.detectors.planted_b"),
    "formats": ("schemas/formats/planted_a.py", "import schemas.formats.planted_b"),
    "sinks": ("streams/sinks/planted_a.py", "import streams.sinks.planted_b"),
    "notifiers": ("streams/notifiers/planted_a.py", "import streams.notifiers.planted_b"),
    "sources": ("streams/sources/planted_a.py", "import streams.sources.planted_b"),
}


def linted(house: Path) -> subprocess.CompletedProcess[str]:
    """What import-linter says of a house.

    In a process of its own: it disables every logger there is, and this one has imported the real house.
    """
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=house, capture_output=True, text=True, timeout=120, check=False
    )


def test_every_contract_is_kept() -> None:
    done = linted(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_contract_has_somebody_who_breaks_it() -> None:
    assert set(BREAKS) == {contract["id"] for contract in CONTRACTS}


@pytest.fixture(scope="module")
def broken_house(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What import-linter says of a copy of the house in which every contract is broken once."""
    copy = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    for path, line in BREAKS.values():
        planted = copy / path
        planted.parent.mkdir(exist_ok=True)
        (planted.parent / "__init__.py").touch()
        planted.write_text(line + "\n")
        planted.with_name("planted_b.py").touch()
    return linted(copy).stdout


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract["id"])
def test_a_broken_contract_is_noticed(broken_house: str, contract: dict[str, str]) -> None:
    _, _, details = broken_house.partition("Broken contracts\n")
    words = " ".join(details.split())
    assert contract["name"] in words
    path, _ = BREAKS[contract["id"]]
    assert path.removesuffix(".py").replace("/", ".") in words.partition(contract["name"])[2]
