"""What can be seen in a text: one module per threat, each `find(text)` giving where and what, never what it says.

A module here has `KINDS`, the names it may give, and `find(text, digits)`: `digits` is the same text with the digits of
every script as 0 to 9, so that places agree. Patterns are bounded, and of a long text only its two ends are looked at
(`MOST` characters each), so a hostile text costs no more than a long one.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from operator import attrgetter
from pkgutil import iter_modules
from typing import NamedTuple, Protocol, cast

MOST = 16_384  # characters looked at from either end


class Finding(NamedTuple):
    """What was found where: `start` and `end` in code points; `kind` as in `pii.card`. The text itself is not kept."""

    kind: str
    start: int
    end: int


class Monitor(Protocol):
    """A module of this package. `RANK` decides between findings that overlap: the lower one stays."""

    KINDS: tuple[str, ...]
    RANK: int
    find: Callable[[str, str], Sequence[Finding]]


@cache
def monitors() -> tuple[Monitor, ...]:
    """Every module here, the most certain first."""
    names = sorted(info.name for info in iter_modules(__path__) if not info.name.startswith("_"))
    found = [cast(Monitor, import_module(f"{__name__}.{name}")) for name in names]
    return tuple(sorted(found, key=lambda monitor: monitor.RANK))


# Digits of other scripts that people write card and account numbers in: Arabic, Persian, Devanagari, full width.
DIGITS = {first + n: str(n) for first in (0x0660, 0x06F0, 0x0966, 0xFF10) for n in range(10)}
OTHER_DIGIT = re.compile(f"[{''.join(map(chr, DIGITS))}]")


def find(text: str) -> list[Finding]:
    """All findings, in order of place, none overlapping another."""
    return _both_ends(text, monitors())


def leaks(reply: str) -> list[Finding]:
    """What is found in a reply: all but orders to a model, which a reply may quote."""
    return _both_ends(reply, _of_replies())


@cache
def _of_replies() -> tuple[Monitor, ...]:
    return tuple(monitor for monitor in monitors() if "injection.override" not in monitor.KINDS)


def _both_ends(text: str, among: Sequence[Monitor]) -> list[Finding]:
    if len(text) <= 2 * MOST:
        return _find(text, among)
    last = len(text) - MOST
    tail = [Finding(kind, start + last, end + last) for kind, start, end in _find(text[last:], among)]
    return _find(text[:MOST], among) + tail


def score(text: str) -> float:
    """How much a text looks like an attack on a language model, in [0, 1]; what leaks in it does not count."""
    from monitors.text.injection import score as judged

    if len(text) <= 2 * MOST:
        return judged(text)
    return max(judged(text[:MOST]), judged(text[-MOST:]))


def _find(text: str, among: Sequence[Monitor]) -> list[Finding]:
    digits = text if text.isascii() or not OTHER_DIGIT.search(text) else text.translate(DIGITS)
    kept: list[Finding] = []  # in order of place
    for monitor in among:
        for one in monitor.find(text, digits):
            at = bisect(kept, one.start, key=_start)
            before, after = kept[at - 1 : at], kept[at : at + 1]
            if not (before and before[0].end > one.start) and not (after and after[0].start < one.end):
                kept.insert(at, one)
    return kept


_start = attrgetter("start")
