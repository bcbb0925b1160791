"""What is shipped: four packages and the data they read, nothing else; the sources with what builds and checks them."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("streams", "monitors", "schemas", "dashboards")
DATA = (".sql", ".toml", ".html", ".jinja", ".j2", ".css", ".js", ".svg", ".json", ".typed", ".txt", ".woff2", ".yaml")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built in this process and without a network."""
    return Path(next(WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("wheel")))))


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_four_packages_and_its_own_description(names: set[str]) -> None:
    top = {name.split("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == set(PACKAGES)
    assert len(top) == len(PACKAGES) + 1


def test_everything_the_packages_read_is_in_the_wheel(names: set[str]) -> None:
    tracked = subprocess.run(["git", "ls-files", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=False)
    files = tracked.stdout.split() or [
        str(path.relative_to(ROOT)) for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file()
    ]
    shipped = {name for name in files if name.endswith((".py", *DATA)) and (ROOT / name).exists()}
    assert shipped
    assert shipped - names == set()
    assert all(f"{package}/py.typed" in names for package in PACKAGES)


def test_no_file_of_an_unknown_kind_lies_in_the_packages() -> None:
    """A kind that is not listed in DATA would never be looked for in the wheel."""
    found = {
        path.suffix for package in PACKAGES for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }  # fmt: skip
    assert found - {".py", *DATA} - {Path(name).suffix for name in ("py.typed",)} == set()


def test_the_wheel_runs_the_command_from_anywhere(wheel: Path, tmp_path: Path) -> None:
    """Unpacked beside nothing of the checkout, the four packages import and find their own files."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import streams.cli, schemas.tables\n"
        "assert streams.cli.__file__.startswith(sys.argv[1])\n"
        "assert streams.cli.commands()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_sources_carry_no_leftovers(tmp_path: Path) -> None:
    sdist = next(SdistBuilder(str(ROOT)).build(directory=str(tmp_path)))
    with tarfile.open(sdist) as archive:
        inside = [name.split("/", 1)[1] for name in archive.getnames()]
    assert {"pyproject.toml", "constraints.txt", "Makefile", "LICENSE"} <= set(inside)
    assert [name for name in inside if "__pycache__" in name or "_cache" in name or name.startswith(".venv")] == []
