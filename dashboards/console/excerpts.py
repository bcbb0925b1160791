"""Excerpts of texts as they were stored with an alert, cut at their marks so that a template can show the reasons.

What is private was masked before it was stored (`monitors.text`); nothing here unmasks. Malformed parts are left out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

MOST = 6
LONGEST = 2000  # characters


@dataclass(frozen=True, slots=True)
class Excerpt:
    """`parts` are (text, kind), kind "" where nothing was found. `who` asked, or was answered if `told`."""

    at_ns: int
    who: str
    told: bool
    score: float | None
    parts: tuple[tuple[str, str], ...]


def read(text: str) -> tuple[Excerpt, ...]:
    """Never raises. `text` is the evidence of an alert, JSON."""
    try:
        data = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return ()
    found = data.get("excerpts") if isinstance(data, dict) else None
    excerpts = [_excerpt(each) for each in found[:MOST]] if isinstance(found, list) else []
    return tuple(each for each in excerpts if each is not None)


def _excerpt(each: Any) -> Excerpt | None:
    if not isinstance(each, dict) or not isinstance(each.get("text"), str) or not isinstance(each.get("at"), int):
        return None
    told = "to" in each
    score = each.get("score")
    known = score if isinstance(score, float | int) and 0 <= score <= 1 else None
    who = str(each.get("to" if told else "by", ""))
    return Excerpt(each["at"], who, told, known, _parts(each["text"][:LONGEST], each.get("marks")))


def _parts(text: str, marks: Any) -> tuple[tuple[str, str], ...]:
    """The text cut at its marks; marks that overlap or lie outside are left out."""
    parts: list[tuple[str, str]] = []
    at = 0
    for mark in sorted((m for m in marks if _is_mark(m)), key=lambda m: m[0]) if isinstance(marks, list) else ():
        start, end, kind = mark
        if at <= start < end <= len(text):
            parts += [(text[at:start], ""), (text[start:end], kind)]
            at = end
    return tuple(part for part in [*parts, (text[at:], "")] if part[0])


def _is_mark(mark: Any) -> bool:
    return isinstance(mark, list) and [type(each) for each in mark] == [int, int, str]
