"""The questions: every `.sql` file in `dashboards/queries`, loaded by name.

A file starts with comment lines that say the question. Parameters are bound by the server as {name:Type}; nothing is
ever formatted into the text. This module asks nobody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from schemas.errors import UsageError, unknown

FOLDER = Path(__file__).parent / "queries"
PARAMETER = re.compile(r"\{(\w+):\s*([^}]+)\}")


@dataclass(frozen=True, slots=True)
class Question:
    """One SQL question. `meaning` is its header comment, `parameters` name -> ClickHouse type."""

    name: str
    meaning: str
    sql: str
    parameters: dict[str, str]


@cache
def questions() -> dict[str, Question]:
    """All questions by name."""
    return {path.stem: _load(path) for path in sorted(FOLDER.glob("*.sql"))}


def question(name: str) -> Question:
    """One question. Raises UsageError that names the nearest known ones."""
    known = questions()
    if name not in known:
        raise UsageError(unknown("question", name, known))
    return known[name]


def _load(path: Path) -> Question:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    header = [line.removeprefix("--").strip() for line in lines if line.startswith("--")]
    sql = "\n".join(line for line in lines if not line.startswith("--")).strip().rstrip(";")
    return Question(path.stem, " ".join(header), sql, dict(PARAMETER.findall(sql)))
