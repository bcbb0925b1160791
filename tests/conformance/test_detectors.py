"""Every detector keeps every promise; a file dropped into the folder is asked too; a broken promise is noticed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from inspect import Parameter, signature
from itertools import pairwise
from pathlib import Path

import pytest

from monitors import checks, detectors, river_catalogue
from monitors.checks import CHECKS
from monitors.detectors import Detector, kind, load, names
from schemas.errors import RuleError
from schemas.readings import Reading
from schemas.signals import BREACH, NOT_ENOUGH, QUIET

ROOT = Path(__file__).resolve().parents[2]
ALL = (*names(), *river_catalogue.entries())


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
@pytest.mark.parametrize("name", ALL)
def test_promise(name: str, check: Callable[[str], None]) -> None:
    check(name)


def test_a_new_file_is_found_and_asked_for_its_evidence(tmp_path: Path) -> None:
    """In a copy of the packages, so that nobody else sees the planted file."""
    for package in ("monitors", "schemas"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "monitors/detectors/planted.py").write_text(PLANTED)
    tests = tmp_path / "test_detectors.py"
    tests.write_text(Path(__file__).read_text())
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            f"--rootdir={tmp_path}",
            "-k",
            "planted",
            str(tests),
        ],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "test_promise[planted-is_documented]" in run.stdout
    assert "test_promise[planted-is_not_poisoned]" in run.stdout
    assert run.returncode == 1, run.stdout


PLANTED = '''
"""A detector that breaks promises."""
from typing import ClassVar
from monitors.detectors import Verdict

class Planted:
    calibrated: ClassVar[bool] = False
    memory: ClassVar[int] = 0
    def __init__(self, limit: float = 0.55) -> None:
        self.limit = limit
    def update(self, reading):
        return Verdict("breach" if reading.value > self.limit else "quiet", None, 1.0, "so")
'''


class Base:
    """Behaves, as far as the checks below can see; each liar breaks one thing."""

    calibrated = False
    memory = 0

    def __init__(self, limit: float = 0.55) -> None:
        self.limit = limit

    def update(self, reading: Reading) -> detectors.Verdict:
        value = reading.value
        if value is None or not 0 <= value <= 1e9 or reading.n < 2:
            return detectors.Verdict(NOT_ENOUGH, None, None, f"{reading.n} of 2 events")
        return detectors.Verdict(BREACH if value > self.limit else QUIET, None, value * 10, "compared")


class Forgetful(Base):
    """Keeps everything it ever saw."""

    def __init__(self, limit: float = 0.55) -> None:
        super().__init__(limit)
        self.seen: list[float] = []

    def update(self, reading: Reading) -> detectors.Verdict:
        self.seen.append(float(reading.at_ns))
        return super().update(reading)


class Meddler(Base):
    """Writes into the reading."""

    def update(self, reading: Reading) -> detectors.Verdict:
        object.__setattr__(reading, "value", 0.5)
        return super().update(reading)


class Sharing(Base):
    """Counts over all instances."""

    count = 0

    def update(self, reading: Reading) -> detectors.Verdict:
        Sharing.count += 1
        return detectors.Verdict(QUIET, None, float(Sharing.count), "counted")


class Deaf(Base):
    """Is never moved."""

    def update(self, reading: Reading) -> detectors.Verdict:
        return detectors.Verdict(QUIET, None, None, "fine")


class Boastful(Base):
    """Gives a p without being calibrated."""

    def update(self, reading: Reading) -> detectors.Verdict:
        return detectors.Verdict(QUIET, 0.5, None, "sure")


class Renaming(Base):
    """Keeps a parameter under another name."""

    def __init__(self, limit: float = 0.55) -> None:
        self._limit = limit


class Jumpy(Base):
    """Breaches always."""

    def update(self, reading: Reading) -> detectors.Verdict:
        return detectors.Verdict(BREACH, None, 1.0, "!")


class Dazzled(Base):
    """Passes NaN on."""

    def __init__(self, limit: float = 0.55) -> None:
        super().__init__(limit)
        self.total = 0.0

    def update(self, reading: Reading) -> detectors.Verdict:
        self.total += reading.value or 0.0
        return detectors.Verdict(BREACH if self.total > 1e6 else NOT_ENOUGH, None, self.total * 100, "added 1")


@pytest.mark.parametrize(
    ("liar", "check"),
    [
        (Forgetful, checks.check_memory_is_bounded),
        (Meddler, checks.check_leaves_the_reading_alone),
        (Sharing, checks.check_is_deterministic),
        (Sharing, checks.check_can_be_rebuilt_from_its_memory),
        (Deaf, checks.check_sees_an_obvious_shift),
        (Deaf, checks.check_says_not_enough_before_it_knows),
        (Boastful, checks.check_says_what_the_contract_allows),
        (Renaming, checks.check_parameters_are_plain),
        (Jumpy, checks.check_stays_quiet_when_nothing_happens),
        (Dazzled, checks.check_is_not_poisoned),
        (Dazzled, checks.check_survives_any_number),
        (Base, checks.check_is_documented),
    ],
)
def test_a_broken_promise_is_noticed(
    liar: type[Detector], check: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "load", lambda name, parameters: liar(**parameters))
    monkeypatch.setattr(checks, "kind", lambda name: liar)
    monkeypatch.setattr(checks, "accepted", lambda name: {"limit": _limit()})
    with pytest.raises(AssertionError):
        check("liar")


def _limit() -> Parameter:
    return signature(Base).parameters["limit"]


def test_mistakes_in_a_rule_are_told_with_the_nearest_name() -> None:
    with pytest.raises(RuleError, match="unknown detector 'adwinn'; did you mean adwin"):
        load("adwinn", {})
    with pytest.raises(RuleError, match="unknown parameter of adwin 'dleta'; did you mean delta"):
        load("adwin", {"dleta": 1})
    with pytest.raises(RuleError, match="delta must be a finite number, not True"):
        load("adwin", {"delta": True})
    for name, parameters, words in (
        ("adwin", {"delta": 2.0}, "delta must lie in"),
        ("adwin", {"memory": 3}, "memory >= min_instances"),
        ("page_hinkley", {"mode": "sideways"}, "up, down or both"),
        ("page_hinkley", {"threshold": 0}, "threshold > 0"),
        ("page_hinkley", {"memory": 3}, "memory >= min_instances"),
        ("significant", {"alpha": 0.0}, "alpha must lie in"),
        ("significant", {"min_n": 0}, "at least 1"),
    ):
        with pytest.raises(RuleError, match=words):
            load(name, parameters)


def test_significant_asks_for_all_three_gates() -> None:
    reading = checks.shifted(1)[0]
    detector = load("significant", {"alpha": 1e-6, "min_n": 1000, "min_effect": 0.1})
    assert detector.update(reading).verdict == BREACH
    assert detector.update(replace(reading, p=1e-5)).verdict == QUIET
    assert detector.update(replace(reading, effect=0.09)).verdict == QUIET
    assert detector.update(replace(reading, n=999)).verdict == NOT_ENOUGH
    assert detector.update(replace(reading, p=None)).verdict == NOT_ENOUGH
    assert detector.update(replace(reading, effect=None)).verdict == NOT_ENOUGH
    assert load("significant", {}).update(replace(reading, effect=None)).verdict == BREACH


@pytest.mark.parametrize("name", [name for name in ALL if not kind(name).calibrated])
def test_a_lasting_shift_is_told_once(name: str) -> None:
    detector, n = load(name, {}), checks.long(name)
    said = checks.told(detector, checks.joined(checks.calm(n), checks.shifted(n)))
    loud = [each.verdict == BREACH for each in said]
    assert sum(now and not before for before, now in pairwise([False, *loud])) == 1


@pytest.mark.parametrize("mode", ["up", "down", "both"])
def test_page_hinkley_looks_where_it_is_told(mode: str) -> None:
    for readings, sign in ((checks.shifted(60), "up"), (checks.calm(60, level=0.4), "down")):
        said = checks.told(load("page_hinkley", {"mode": mode}), [*checks.calm(100), *readings])
        assert any(each.verdict == BREACH for each in said) == (mode in (sign, "both"))
