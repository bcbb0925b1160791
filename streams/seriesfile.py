"""A plain series as text: its lines, its header, and what a line says.

Columns are separated by commas; `timestamp` and `value` are found by name, others are carried along. A line is never
changed and never an exception: what cannot be read in it is None.
"""

from __future__ import annotations

import csv
import gzip
import math
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, cast

from schemas.errors import UsageError

STDIN = "-"
GZIP = b"\x1f\x8b"
# Bytes that are no UTF-8 go through unchanged.
ENCODING, BROKEN = "utf-8", "surrogateescape"


@dataclass(frozen=True, slots=True)
class Row:
    """What a line says: seconds since 1970, and a finite number."""

    time: float | None
    value: float | None


@dataclass(frozen=True, slots=True)
class Columns:
    """Where timestamp and value stand in a line."""

    time: int
    value: int

    def read(self, line: str) -> Row:
        cells = split(line)
        time, value = (cells[i] if i < len(cells) else "" for i in (self.time, self.value))
        return Row(moment(time), number(value))


def header(line: str) -> Columns:
    """The columns named by the first line. Raises UsageError."""
    names = [name.strip().lower() for name in split(line)]
    shown = ascii(line[:80])
    if "timestamp" not in names or "value" not in names:
        found = f"not {shown}" if line else "and the file is empty"
        raise UsageError(f"the first line must name the columns `timestamp,value`, {found}")
    if "score" in names:
        raise UsageError(f"there is a column score already: {shown}")
    return Columns(names.index("timestamp"), names.index("value"))


def split(line: str) -> list[str]:
    """The cells of one line; a line that is no CSV has none."""
    if '"' not in line:
        return line.split(",")
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        return []


def number(text: str) -> float | None:
    """A finite number, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def moment(text: str) -> float | None:
    """Seconds, or ISO 8601 (UTC where no zone is named); None if it is neither."""
    seconds = number(text)
    if seconds is not None:
        return seconds
    try:
        when = datetime.fromisoformat(text.strip())
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def lines(name: str) -> Iterator[str]:
    """Lines of a file or of stdin, gzipped or not, without their ends; empty ones are left out. Raises UsageError."""
    try:
        with open(sys.stdin.fileno() if name == STDIN else name, "rb", closefd=name != STDIN) as raw:
            packed = raw.peek(2)[:2] == GZIP
            stream = cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if packed else raw
            first = True
            for line in stream:
                text = line.decode(ENCODING, BROKEN).rstrip("\r\n")
                text = text.removeprefix("\ufeff") if first else text
                first = False
                if text:
                    yield text
    except (EOFError, zlib.error, gzip.BadGzipFile) as e:
        raise UsageError(f"{name} is damaged, the rows before were scored: {e}") from e
    except OSError as e:
        raise UsageError(f"cannot read {name}: {e.strerror or e}") from e
