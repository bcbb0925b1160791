"""Text for a person at a terminal: tables, times, and what a log says without what would move the cursor.

Data go to stdout and are the caller's; only `Progress` prints, to stderr.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence

SILENT_SECONDS = 2.0


def plain(text: str) -> str:
    """What a log says, without what would move a terminal's cursor or hide behind a direction mark."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def some(names: Sequence[str], most: int) -> str:
    """The first of them, and how many more there are.

    >>> some(["ada", "bob", "eve"], 2)
    'ada, bob and 1 more'
    """
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def grid(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table: numbers to the right, texts to the left, two spaces between, nothing at the ends of lines."""
    cells = [list(heads), *([plain(str(value)) for value in row] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(heads))]
    right = [bool(rows) and all(isinstance(row[i], (int, float)) for row in rows) for i in range(len(heads))]
    lines = []
    for line in cells:
        parts = [c.rjust(w) if r else c.ljust(w) for c, w, r in zip(line, widths, right, strict=True)]
        lines.append("  ".join(parts).rstrip())
    return "\n".join(lines)


def moment_of(ns: int) -> str:
    """A time as people write it, UTC, to the minute."""
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(ns // 1_000_000_000))


def iso(ns: int) -> str:
    """A time as programs read it: ISO 8601, UTC, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ns // 1_000_000_000))


class Progress:
    """Says on stderr how far something is: first after two seconds, then every two seconds."""

    def __init__(self, command: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.command, self.clock = command, clock
        self.said = clock()

    def say(self, text: Callable[[], str]) -> None:
        """`text` is only asked for when it is time to say it."""
        now = self.clock()
        if now - self.said >= SILENT_SECONDS:
            self.said = now
            print(f"mirqab {self.command}: {text()}", file=sys.stderr, flush=True)
