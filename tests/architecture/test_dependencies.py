"""Each dependency has a reason, is pinned with hashes, and is really imported; the pins name no address."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REASONS = (ROOT / "docs" / "decisions" / "0001-dependencies.md").read_text()
PINS = (ROOT / "constraints.txt").read_text()


def name_of(requirement: str) -> str:
    return re.split(r"[\s<>=!~;\[]", requirement)[0].lower()


def reasons(section: str) -> list[str]:
    text = REASONS.partition(f"## {section}\n")[2].partition("\n## ")[0]
    return re.findall(r"^- ([\w.-]+): \S", text, re.MULTILINE)


def test_every_dependency_has_one_line_of_reason() -> None:
    assert reasons("At run time") == [name_of(r) for r in PROJECT["dependencies"]]
    assert reasons("To develop") == [name_of(r) for r in PROJECT["optional-dependencies"]["dev"]]


def test_every_dependency_is_pinned_with_hashes() -> None:
    pinned = set(re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==", PINS, re.MULTILINE))
    wanted = {name_of(r) for r in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]}
    assert wanted - pinned == set()
    entries = re.split(r"\n(?=\S)", PINS.strip())
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_pins_name_no_address() -> None:
    assert re.findall(r"https?:|file:|--index|--find-links|/", PINS) == []
