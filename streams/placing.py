"""Which partition a record belongs to: by its model, the same for `mirqab send` and for a replay of the file."""

from __future__ import annotations

import msgspec

from schemas.events import name_hash


class _Model(msgspec.Struct):
    model: str


_decoder = msgspec.json.Decoder(_Model)


def model_of(line: bytes) -> str:
    """The record's model; "" where it cannot be read."""
    try:
        return _decoder.decode(line).model
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""


def partition_of(line: bytes, partitions: int) -> int:
    """The partition of a record among so many."""
    return name_hash(model_of(line)) % partitions if partitions > 1 else 0
