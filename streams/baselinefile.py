"""Files of baselines, and baselines from log files. One JSON object a line, plain or .gz.

A line of baselines is the baseline itself, as `baseline set --output` writes it, or a row of the table `baselines`, as
`replay --output` does. What cannot be used is an error that names the line; nothing here stores anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from monitors.gather import BATCH, Gathering
from monitors.observe import Bounds
from monitors.sound import faults
from schemas.baselines import Baseline, decode, encode
from schemas.errors import UsageError
from schemas.events import RawRecord, Source
from schemas.formats import Limits, load
from schemas.formats._record import LATEST
from schemas.settings import Settings
from streams.onefile import Assign, feeds, lines
from streams.reasons import Reasons
from streams.recognised import Recognised
from streams.ruleset import read_rules

LAST_NS = int(LATEST) * 1_000_000_000  # a file has no broker's clock that its records could be ahead of


def is_baselines(path: Path) -> bool:
    """Whether the first line is a baseline and not a record. Raises UsageError for a file that cannot be read."""
    row = next((_object(line) for line in islice(lines(path), 1)), None)
    return row is not None and ("content" in row or {"numeric", "categorical", "number"} <= set(row))


def read_baselines(path: Path) -> list[Baseline]:
    """Every baseline of a file. Raises UsageError that names the line and what is wrong with it."""
    found = [_baseline(line, f"{path}, line {number}") for number, line in enumerate(lines(path), 1)]
    if not found:
        raise UsageError(f"{path}: there is no line in it; one baseline a line is wanted")
    return found


def _baseline(line: bytes, where: str) -> Baseline:
    row = _object(line)
    if row is None:
        raise UsageError(
            f"{where}: no JSON object; give a file that `replay --output` or `baseline set --output` wrote"
        )
    try:
        baseline = decode(row["content"] if isinstance(row.get("content"), str) else line)
    except msgspec.MsgspecError as e:
        raise UsageError(f"{where}: no baseline: {e}") from e
    wrong = faults(baseline)
    if wrong:
        raise UsageError(f"{where}: a baseline that cannot be used: {'; '.join(wrong[:3])}")
    return baseline


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        return msgspec.json.decode(line, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def write_baselines(path: Path, baselines: Iterable[Baseline]) -> None:
    """One baseline a line; a file of that name is overwritten. Raises UsageError if it cannot be."""
    try:
        path.write_bytes(b"".join(encode(baseline) + b"\n" for baseline in baselines))
    except OSError as e:
        raise UsageError(f"cannot write {path}: {e.strerror}; give a file that can be written") from e


def as_records() -> Assign:
    """The places of a file's lines, of which none lies ahead of any clock."""
    return Assign("file", None, 1, LAST_NS)


class Gatherer:
    """Reads log files into a `Gathering`. `rejects` counts broken lines, `recognised` what the others were."""

    def __init__(self, settings: Settings, wanted: Callable[[str, str], bool]) -> None:
        line = settings.line
        self.settings = settings
        self.limits = Limits(line.max_record_bytes, line.future_seconds * 1_000_000_000)
        bounds = Bounds.of(settings, read_rules(settings))
        self.gathering = Gathering(bounds, settings.judge.baseline_events, line.max_models, wanted)
        self.rejects, self.recognised = Reasons(), Recognised()
        self.size = BATCH  # records taken together; fewer once wide ones were met

    def read(self, path: Path, seen: Callable[[], None]) -> None:
        """Read a file to its end, calling `seen` after each batch. Raises UsageError if it cannot be read."""
        for source, records in feeds([path], as_records(), BATCH):
            self.take(source, records)
            seen()

    def take(self, source: Source, records: list[RawRecord]) -> None:
        """Records of one source, in order of offset."""
        size = self.size  # it may shrink meanwhile
        for at in range(0, len(records), size):
            self._take(source, records[at : at + size])

    def _take(self, source: Source, records: list[RawRecord]) -> None:
        batch = load(self.settings.format(source.topic))(records, source, self.limits)
        self.recognised.add(batch)
        if not self.gathering.add(batch):
            self.size = min(self.size, max(1, len(records) // 2))
            self.take(source, records)
            return
        self.rejects.add(batch.rejects, batch.source)
