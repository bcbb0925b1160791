"""JSON lines with a text in, the same lines with a score and findings out, and a count of what was wrong with them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from monitors.text import Finding, find, score
from monitors.text.injection import ATTACK
from schemas.errors import UsageError

ADDED = ("score", "findings")


@dataclass(slots=True)
class ScoredText:
    """A line is given back as it came, with two more fields; one that cannot be read is only these two."""

    rows: int = 0
    attacks: int = 0
    with_findings: int = 0
    without_text: int = 0
    not_json: int = 0
    kinds: Counter[str] = field(default_factory=Counter)

    def line(self, line: str) -> str:
        """The line with `score` (null without a text) and `findings`. Raises UsageError if it has them already."""
        self.rows += 1
        row = _row(line)
        if row is None:
            self.not_json += 1
            return f"{{{_fields(None, [])}}}"
        for name in ADDED:
            if name in row:
                raise UsageError(f"row {self.rows} has a field {name} already; take it out or rename it")
        text = row.get("text")
        if not isinstance(text, str):
            self.without_text += 1
            return _with(line, row, _fields(None, []))
        value, found = score(text), find(text)
        self.attacks += value >= ATTACK
        self.with_findings += bool(found)
        self.kinds.update({one.kind for one in found})
        return _with(line, row, _fields(value, found))

    def counts(self) -> dict[str, Any]:
        """The counts as JSON; `kinds` are rows with a finding of that kind."""
        names = ("rows", "attacks", "with_findings", "without_text", "not_json")
        return {name: getattr(self, name) for name in names} | {"kinds": dict(sorted(self.kinds.items()))}

    def sentence(self) -> str:
        """The counts for a person."""
        parts = [
            f"{self.rows:,} rows, {self.attacks:,} attacks (score {ATTACK} and above)",
            f"{self.with_findings:,} rows with findings",
        ]
        parts += [f"{count:,} rows with {kind}" for kind, count in sorted(self.kinds.items())]
        if self.without_text:
            parts.append(f"{self.without_text:,} rows have no text and no score")
        if self.not_json:
            parts.append(f"{self.not_json:,} rows are no JSON object and have no score")
        return "\n".join(parts)


def _row(line: str) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def _fields(value: float | None, found: Sequence[Finding]) -> str:
    shown = "null" if value is None else f"{value:.6f}"
    return f'"score": {shown}, "findings": {json.dumps([one._asdict() for one in found])}'


def _with(line: str, row: dict[str, Any], fields: str) -> str:
    """The line's own characters with the fields before its last bracket."""
    body = line.rstrip()[:-1].rstrip()
    return f"{body}{', ' if row else ''}{fields}}}"
