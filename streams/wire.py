"""Progress messages on the wire: MessagePack, one shard of models per message, small enough for the broker.

Summaries travel without their vectors. Those of the same names travel together, as the counts that are not 0: most are.
Messages that older versions wrote, with vectors in each summary, are read as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
from msgspec.structs import replace

from schemas.events import Ints, name_hash
from schemas.summaries import Keyed, Progress, Said, WireSummary, from_wire, to_wire
from schemas.vectors import Vectors, shape_of

LARGEST = 512 * 1024  # bytes; larger messages are split


class Counts(msgspec.Struct, array_like=True):
    """Vectors of the summaries numbered `of` (late ones after the others), which all have these names.

    Of the matrix (summaries, counts) `some` counts are not 0: `gaps` says how far each is from the one before, `values`
    what it is. Both are signed and little-endian, of as few bytes each as hold them all.
    """

    names: tuple[str, ...]
    widths: tuple[int, ...]
    of: list[int]
    some: int
    gaps: bytes
    values: bytes


class Message(Said, frozen=True):
    """A `Progress` as it travels."""

    summaries: list[WireSummary] = msgspec.field(default_factory=list)
    late: list[WireSummary] = msgspec.field(default_factory=list)
    counts: list[Counts] = msgspec.field(default_factory=list)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Message)


def shard_of(model: str, shards: int) -> int:
    """The partition of the summaries topic that judges a model."""
    return name_hash(model) % shards


def encode(progress: Progress, shards: int) -> list[tuple[int, bytes]]:
    """(shard, message) for every shard: each shard's summaries, and the watermark for all."""
    on_time: list[list[Keyed]] = [[] for _ in range(shards)]
    late: list[list[Keyed]] = [[] for _ in range(shards)]
    for parts, summaries in ((on_time, progress.summaries), (late, progress.late)):
        for keyed in summaries:
            parts[shard_of(keyed[0].model, shards)].append(keyed)
    messages = []
    for shard in range(shards):
        part = replace(progress, summaries=on_time[shard], late=late[shard])
        messages += [(shard, data) for data in _split(part)]
    return messages


def _split(part: Progress) -> list[bytes]:
    """Halve until every message is small enough; only the last one carries the watermark's weight."""
    data = _encoder.encode(_message(part))
    if len(data) <= LARGEST or len(part.summaries) + len(part.late) <= 1:
        return [data]
    a, b = len(part.summaries) // 2, len(part.late) // 2
    if len(part.summaries) == 1:
        a, b = 1, 0
    first = replace(part, summaries=part.summaries[:a], late=part.late[:b], last_part=False)
    return _split(first) + _split(replace(part, summaries=part.summaries[a:], late=part.late[b:]))


def _message(progress: Progress) -> Message:
    own = {name: getattr(progress, name) for name in Said.__struct_fields__}
    every = [*progress.summaries, *progress.late]
    wires = [to_wire(key, summary, {}) for key, summary in every]
    many = len(progress.summaries)
    counts = list(_counts([Vectors.of(summary.vectors) for _, summary in every]))
    return Message(**own, summaries=wires[:many], late=wires[many:], counts=counts)


def _counts(rows: Sequence[Vectors]) -> Iterable[Counts]:
    same: dict[tuple[tuple[str, ...], tuple[int, ...]], list[int]] = {}
    for i, row in enumerate(rows):
        same.setdefault((row.shape.names, row.shape.widths), []).append(i)
    for (names, widths), of in same.items():
        flat = np.concatenate([rows[i].flat for i in of])
        at = np.flatnonzero(flat)
        yield Counts(names, widths, of, len(at), _packed(np.diff(at, prepend=0)), _packed(flat[at]))


def _packed(values: Ints) -> bytes:
    low, high = int(values.min(initial=0)), int(values.max(initial=0))
    size = next(size for size in (1, 2, 4, 8) if -(1 << 8 * size - 1) <= low and high < 1 << 8 * size - 1)
    return values.astype(f"<i{size}").tobytes()


def _rows(counts: Counts) -> list[Vectors]:
    gaps, values = (
        np.frombuffer(data, f"<i{len(data) // max(1, counts.some)}") if counts.some else np.empty(0, dtype=np.int64)
        for data in (counts.gaps, counts.values)
    )
    shape = shape_of(counts.names, counts.widths)
    matrix = np.zeros((len(counts.of), shape.total), dtype=np.int64)
    matrix.ravel()[np.cumsum(gaps)] = values
    return [Vectors(shape, row) for row in matrix]


def decode(data: bytes) -> Progress:
    """One message. Raises msgspec.MsgspecError for what Mirqab did not write."""
    message = _decoder.decode(data)
    every = [(wire.key, from_wire(wire)) for wire in (*message.summaries, *message.late)]
    for counts in message.counts:
        try:
            rows = _rows(counts)
            for i, row in zip(counts.of, rows, strict=True):
                every[i][1].vectors = row
        except (ValueError, IndexError, TypeError) as e:  # TypeError: numbers of three bytes
            raise msgspec.ValidationError(f"counts do not fit their summaries: {e}") from e
    own = {name: getattr(message, name) for name in Said.__struct_fields__}
    many = len(message.summaries)
    return Progress(**own, summaries=every[:many], late=every[many:])
