"""Texts with labels for measuring, from the shared data; absent data skip a test with the reason."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from monitors.text import Finding, find

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
# Folds of the sources that are measured on and never trained on.
HELD_OUT = {"neuralchemy": 0, "hackat-hard-negatives": 1, "goodwiins-trigger-benign": 3, "arbanking77-train": 4}
# What the generated leaks and Presidio's call what we call so; other kinds are not looked for.
NAMES = {
    "CARD": "pii.card", "CREDIT_CARD": "pii.card", "IBAN": "pii.iban", "IBAN_CODE": "pii.iban", "QID": "pii.qid",
    "SSN": "pii.ssn",
    "US_SSN": "pii.ssn", "EMAIL": "pii.email", "EMAIL_ADDRESS": "pii.email", "IP": "pii.ip", "IP_ADDRESS": "pii.ip",
    "PHONE": "pii.phone", "PHONE_NUMBER": "pii.phone", "PASSPORT": "pii.passport", "DOB": "pii.birth_date",
}  # fmt: skip


def read(path: Path) -> Iterator[dict[str, Any]]:
    if not path.exists():
        pytest.skip(f"needs {path.name}; to get it: put the shared data beside the checkout")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def prompts() -> list[dict[str, Any]]:
    return list(read(DATA / "prompts" / "prompts_dev.jsonl.gz"))


def rows_of_leaks(name: str) -> list[dict[str, Any]]:
    return list(read(DATA / "leaks" / f"{name}.jsonl.gz"))


def kinds_of_leaks(
    rows: Iterable[dict[str, Any]], finder: Callable[[str], list[Finding]] = find
) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Found, missed, and found where nothing is, by kind; all secrets are one kind, and a part counts as found."""
    hit, missed, false = Counter[str](), Counter[str](), Counter[str]()
    for row in rows:
        got = [one for one in finder(row["text"]) if not one.kind.startswith("injection")]
        used: set[Finding] = set()
        for start, end, name in row["spans"]:
            kind = "secret" if name.startswith("SECRET") else NAMES.get(name)
            if kind is None:
                continue
            here = {one for one in got if one.kind.startswith(kind) and one.start < end and one.end > start}
            used |= here
            (hit if here else missed)[kind] += 1
        false.update(one.kind if one.kind.startswith("pii") else "secret" for one in got if one not in used)
    return hit, missed, false
