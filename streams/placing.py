"""Which partition a record belongs to: by its model, the same for `mirqab send` and for a replay of the file."""

from __future__ import annotations

from functools import lru_cache

import msgspec
from aiokafka.partitioner import DefaultPartitioner

from schemas.events import RawRecord, Source
from schemas.formats import Limits, load
from streams.recognised import Recognised


class _Keyed(msgspec.Struct):
    model: str


PLAIN = "json_lines"
NOWHERE = Source("", "", 0)
_decoder = msgspec.json.Decoder(_Keyed)
_choose = DefaultPartitioner()


def key_of(line: bytes, format: str = PLAIN, seen: Recognised | None = None) -> bytes | None:
    """The record's model as a key, of several inferences the first one's; None where it cannot be read.

    `seen` is told what a record of another format than the plain one was.
    """
    if format != PLAIN:
        batch = load(format)([RawRecord(0, line, 0)], NOWHERE, Limits())
        if seen is not None:
            seen.add(batch)
        return batch.model[0].encode("utf-8", "replace") if batch.model else None
    try:
        return _decoder.decode(line).model.encode()
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


@lru_cache(maxsize=100_000)
def partition_of(key: bytes | None, partitions: int) -> int:
    """Where Kafka's own clients would put the key among so many partitions; what has no key goes to the first one."""
    if key is None or partitions == 1:
        return 0
    everywhere = list(range(partitions))
    return int(_choose(key, everywhere, everywhere))
