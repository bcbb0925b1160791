"""Which partition a record belongs to: by its model, the same for `mirqab send` and for a replay of the file."""

from __future__ import annotations

from functools import lru_cache

import msgspec
from aiokafka.partitioner import DefaultPartitioner


class _Keyed(msgspec.Struct):
    model: str


_decoder = msgspec.json.Decoder(_Keyed)
_choose = DefaultPartitioner()


def key_of(line: bytes) -> bytes | None:
    """The record's model as a key; None where it cannot be read."""
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
