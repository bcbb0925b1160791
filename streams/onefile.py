"""Log files as a source: records with a place (topic, partition, offset), taken from the record or assigned.

A line with `topic`, `partition` and `offset` (and `log_id`, `timestamp_ms`) beside `value` is a dump of Kafka and
keeps its place. Any other line gets the place `mirqab send` would give it: by model, in the order of the file.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import msgspec

from schemas.errors import UsageError
from schemas.events import RawRecord, Source
from streams.placing import partition_of

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
    counts: dict[tuple[str, int], int] = field(default_factory=dict)

    def topics(self, paths: Sequence[Path]) -> list[str]:
        """The topics the files' records are taken to come from."""
        return [self.topic] if self.topic else sorted({_stem(path) for path in paths})

    def place(self, path: Path, line: bytes) -> tuple[Source, RawRecord]:
        """The source and the record of one line."""
        if line.startswith(b'{"') and b'"offset"' in line and b'"value"' in line:
            try:
                dumped = _dumped.decode(line)
            except msgspec.MsgspecError:
                pass
            else:
                stamp = None if dumped.timestamp_ms is None else dumped.timestamp_ms * 1_000_000
                source = Source(dumped.log_id, dumped.topic, dumped.partition)
                return source, RawRecord(dumped.offset, dumped.value.encode(), stamp)
        topic = self.topic or _stem(path)
        partition = partition_of(line, self.partitions)
        offset = self.counts.get((topic, partition), 0)
        self.counts[topic, partition] = offset + 1
        return Source(self.log_id, topic, partition), RawRecord(offset, line, None)


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


def lines(path: Path) -> Iterator[bytes]:
    """Lines without their ends; empty ones are left out. Raises UsageError for a file that cannot be read."""
    try:
        with _open(path) as file:
            while line := file.readline(LONGEST_LINE):
                line = line.rstrip(b"\r\n")
                if line:
                    yield line
    except (OSError, EOFError) as e:
        raise UsageError(f"cannot read {path}: {e}") from e


def _open(path: Path) -> IO[bytes]:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]
