"""Log files as a source: records with a place (topic, partition, offset), taken from the record or assigned.

A line with `topic`, `partition` and `offset` (and `log_id`, `timestamp_ms`) beside `value` is a dump of Kafka and
keeps its place. Any other line gets the place `mirqab send` would give it: by model, in the order of the file. What the
broker's timestamp is to a topic, the injected clock is to a file: a record far ahead of it is flagged, not judged.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

import msgspec

from schemas.errors import UsageError
from schemas.events import RawRecord, Source
from streams.placing import key_of, partition_of

LONGEST_LINE = 16 << 20


class Dumped(msgspec.Struct):
    """One line of a dump."""

    topic: str
    partition: int
    offset: int
    value: str
    log_id: str = "file"
    timestamp_ms: int | None = None


_dumped = msgspec.json.Decoder(Dumped)


@dataclass(slots=True)
class Assign:
    """Where lines without a place of their own belong."""

    log_id: str
    topic: str | None
    partitions: int
    now_ns: int
    format: Callable[[str], str] = lambda topic: "json_lines"  # of a topic
    counts: dict[tuple[str, int], int] = field(default_factory=dict)

    def place(self, path: Path, line: bytes) -> tuple[Source, RawRecord]:
        """The source and the record of one line."""
        if line.startswith(b'{"') and b'"offset"' in line and b'"value"' in line:
            try:
                dumped = _dumped.decode(line)
            except msgspec.MsgspecError:
                pass
            else:
                stamp = self.now_ns if dumped.timestamp_ms is None else dumped.timestamp_ms * 1_000_000
                source = Source(dumped.log_id, dumped.topic, dumped.partition)
                return source, RawRecord(dumped.offset, dumped.value.encode(), stamp)
        topic = self.topic or _stem(path)
        partition = 0 if self.partitions == 1 else partition_of(key_of(line, self.format(topic)), self.partitions)
        offset = self.counts.get((topic, partition), 0)
        self.counts[topic, partition] = offset + 1
        return Source(self.log_id, topic, partition), RawRecord(offset, line, self.now_ns)


def partitions_of(paths: Iterable[Path], assign: Assign) -> list[tuple[str, int]]:
    """Every (topic, partition) the files have a record of: no minute may close before all of them were heard.

    Reads the files through once. Raises UsageError for a file that cannot be read.
    """
    scout = replace(assign, counts={})
    places = (scout.place(path, line)[0] for path in paths for line in lines(path))
    return sorted({(source.topic, source.partition) for source in places})


def _stem(path: Path) -> str:
    return path.name.removesuffix(".gz").rsplit(".", 1)[0] or path.name


def feeds(paths: Iterable[Path], assign: Assign, size: int) -> Iterator[tuple[Source, list[RawRecord]]]:
    """Batches of at most `size` records of one source. Partitions take turns, as a consumer would see them."""
    for path in paths:
        waiting: dict[Source, list[RawRecord]] = {}
        for line in lines(path):
            source, record = assign.place(path, line)
            batch = waiting.setdefault(source, [])
            batch.append(record)
            if len(batch) >= size:
                # All of them, so that no partition's time runs ahead of another's by more than a batch.
                yield from waiting.items()
                waiting = {}
        yield from waiting.items()


def lines_of(places: Set[tuple[Source, int]], paths: Iterable[Path], assign: Assign) -> dict[tuple[Source, int], str]:
    """Where in the files the records of these places stand, as "line 7 of log.jsonl"; reads up to the last of them."""
    scout, found, left = replace(assign, counts={}), dict[tuple[Source, int], str](), len(places)
    for path in paths:
        for number, line in numbered(path):
            if not left:
                return found
            source, record = scout.place(path, line)
            if (source, record.offset) in places and (source, record.offset) not in found:
                found[source, record.offset] = f"line {number} of {path.name}"
                left -= 1
    return found


def lines(path: Path) -> Iterator[bytes]:
    """Lines as `numbered` gives them."""
    return (line for _, line in numbered(path))


def numbered(path: Path) -> Iterator[tuple[int, bytes]]:
    """Lines from 1 on, without their ends; empty ones are left out, what is beyond 16 MiB of one is cut off.

    Raises UsageError for a file that cannot be read.
    """
    try:
        with _open(path) as file:
            number, whole = 0, True
            while line := file.readline(LONGEST_LINE):
                begins, whole = whole, line.endswith(b"\n")
                line = line.rstrip(b"\r\n")
                number += begins
                if line and begins:
                    yield number, line
    except (OSError, EOFError, zlib.error) as e:
        raise UsageError(f"cannot read {path}: {getattr(e, 'strerror', None) or e}") from e


def _open(path: Path) -> IO[bytes]:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]
