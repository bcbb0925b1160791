"""What must be documented is, what is made from the code is up to date, and what is shown to be typed can be typed."""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from dashboards.console import words
from docs import build_reference
from docs.pages.log_record import FIELDS
from docs.pages.readings import family_modules
from docs.pages.rules import shipped_rules
from monitors import detectors, readings
from schemas import tables
from schemas.events import RawRecord, Source
from schemas.formats import Limits
from schemas.formats._record import Record
from schemas.formats.json_lines import decode, unknown_keys
from schemas.rules import load_rule
from schemas.settings import SECTIONS, load_settings
from streams import cli
from streams.telemetry import METRICS

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(path: Path, language: str) -> list[str]:
    """The fenced blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def each_block(language: str) -> Iterator[object]:
    for path in PAGES:
        for number, text in enumerate(blocks(path, language), 1):
            yield pytest.param(path, text, id=f"{named(path)}:{number}")


def test_the_reference_says_what_the_code_says() -> None:
    assert build_reference.stale() == [], "run `python -m docs.build_reference`"


def test_no_page_of_the_reference_is_left_over() -> None:
    assert {path.name for path in build_reference.FOLDER.iterdir()} == set(build_reference.makers())


def test_every_setting_has_a_line_of_help() -> None:
    silent = [
        f"{name}.{f.name}"
        for name, section in SECTIONS.items()
        for f in dataclasses.fields(section)
        if len(f.metadata["help"]) < 5
    ]
    assert silent == []
    assert [name for name, section in SECTIONS.items() if not inspect.getdoc(section)] == []


def test_every_metric_of_the_worker_is_described() -> None:
    assert [kind.name for kind in METRICS.values() if len(kind.help) < 10] == []


def test_every_table_and_column_is_described() -> None:
    assert [table.name for table in tables.TABLES if not table.doc] == []
    assert [f"{table.name}.{c.name}" for table in tables.TABLES for c in table.columns if len(c.doc) < 3] == []


def test_every_reading_has_a_name_for_a_person() -> None:
    found = {m for module in family_modules().values() for m in readings.metrics_of(module)}
    assert found == set(words.METRICS)


def test_every_rule_watches_a_reading_and_says_what_to_do() -> None:
    for rule, _ in shipped_rules():
        assert rule.metric in words.METRICS
        for text in (rule.title, rule.meaning, rule.false_positives, rule.gaps, rule.triage, rule.runbook):
            assert len(text) > 5, rule.id


def test_every_detector_says_when_it_does_not_work() -> None:
    for name in detectors.names():
        text = inspect.getdoc(detectors.kind(name)) or ""
        assert all(part in text for part in ("When it does not work", ">>>", "Reference:")), name


def parsers(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command and every verb of a command."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, sub in action.choices.items():
                yield name, sub
                yield from parsers(sub)


def test_every_option_of_the_command_is_described() -> None:
    for name, sub in parsers(cli.parser(cli.commands())):
        assert len(sub.description or "") > 20, name
        assert [a.dest for a in sub._actions if not a.help] == [], name


def test_every_field_of_the_log_record_is_described() -> None:
    assert list(FIELDS) == list(Record.__struct_fields__)


def test_the_readme_lists_every_command() -> None:
    listed = set(re.findall(r"^\| `mirqab ([a-z-]+)", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE))
    assert listed == set(cli.commands())


def test_the_readme_shows_every_field_of_the_log_record() -> None:
    shown = [msgspec.json.decode(text) for text in blocks(ROOT / "README.md", "json") if '"ts"' in text]
    # The others are read only where these are not there.
    assert {key for record in shown for key in record} == set(Record.__struct_fields__) - {"request_id", "source"}


@pytest.mark.parametrize(("path", "text"), list(each_block("json")))
def test_json_that_is_shown_is_a_record_that_is_read(path: Path, text: str) -> None:
    raw = json.dumps(json.loads(text)).encode()
    batch = decode([RawRecord(0, raw, None)], Source("log", "inference", 0), Limits())
    assert [reject.reason for reject in batch.rejects] == []
    assert unknown_keys(raw) == []


@pytest.mark.parametrize(("path", "text"), list(each_block("toml")))
def test_toml_that_is_shown_loads(path: Path, text: str, tmp_path: Path) -> None:
    given = tomllib.loads(text)
    file = tmp_path / f"{given.get('id', 'settings')}.toml"
    for name in re.findall(r'_file = "([^"]+)"', text):
        # Names of files that only the reader has.
        (tmp_path / Path(name).name).write_text("secret")
        text = text.replace(name, str(tmp_path / Path(name).name))
    file.write_text(text)
    if "id" in given:
        load_rule(file)
    else:
        load_settings(file, environ={})


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_every_link_to_a_file_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text("utf-8"))
    gone = [link for link in links if "://" not in link and not (path.parent / link).exists()]
    assert gone == []


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_every_command_that_is_shown_is_understood(path: Path) -> None:
    """Only parsed here; that they do what they say is told by the other tests."""
    parser = cli.parser(cli.commands())
    for text in [*blocks(path, "sh"), *blocks(path, "console")]:
        for line in text.splitlines():
            found = re.match(r"(?:\$ )?(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?mirqab ([^#|>]*)", line)
            if found and found[1].strip() != "--version":
                parser.parse_args(found[1].split())


def test_a_decision_says_what_why_and_what_it_costs() -> None:
    for path in sorted((ROOT / "docs" / "decisions").glob("*.md")):
        text = path.read_text("utf-8")
        assert text.startswith(f"# {path.stem[:4]} "), path.name
        assert "cost" in text, path.name


def test_every_decision_has_a_number_of_its_own() -> None:
    numbers = [file.name[:4] for file in sorted((ROOT / "docs" / "decisions").glob("*.md"))]
    assert numbers == [f"{i:04}" for i in range(1, len(numbers) + 1)]
    for file in (ROOT / "docs" / "decisions").glob("*.md"):
        assert file.read_text("utf-8").startswith(f"# {file.name[:4]} "), file.name
