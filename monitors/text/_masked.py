"""An excerpt of a text in which nothing that was found can be read: what alerts and pages may show.

Personal data and secrets become their kind; of numbers that no monitor named, all digits but two become `#`. Marks say
where the reasons are, in code points of the excerpt. What is private without looking so (a name, a story) stays: who
may see no text at all turns excerpts off.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from monitors.text import Finding

HIDDEN = ("pii.", "secret.", "leak.")  # kinds whose text is never shown
AROUND = 40  # characters before the first reason
NUMBER = re.compile(r"\d[\d .-]{3,}\d")
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")


class Excerpt(NamedTuple):
    """`marks` are (start, end, kind)."""

    text: str
    marks: tuple[tuple[int, int, str], ...]


def excerpt(text: str, findings: Sequence[Finding], most: int) -> Excerpt:
    """At most about `most` characters around the first reason; nothing if `most` is 0."""
    if not most:
        return Excerpt("", ())
    ordered = sorted(findings, key=lambda one: one.start)
    since = max(0, ordered[0].start - AROUND) if ordered else 0
    until = min(len(text), since + most)
    parts, marks, length, at = [], [], 0, since
    if since:
        parts, length = ["…"], 1
    for kind, start, end in ordered:
        if start < at or start >= until:
            continue
        private = kind.startswith(HIDDEN)
        before = _plain(text[at:start])
        shown = f"[{kind}]" if private else _plain(text[start : min(end, until)])
        parts += [before, shown]
        length += len(before)
        marks.append((length, length + len(shown), kind))
        length += len(shown)
        at = end if private else min(end, until)
    parts.append(_plain(text[at:until]))
    if max(at, until) < len(text):
        parts.append("…")
    return Excerpt("".join(parts), tuple(marks))


def _plain(text: str) -> str:
    """Digits of long numbers hidden, characters that are not seen shown as a mark."""
    return UNSEEN.sub("·", NUMBER.sub(lambda m: re.sub(r"\d", "#", m[0][:-2]) + m[0][-2:], text))
