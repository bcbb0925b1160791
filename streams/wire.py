"""Progress messages on the wire: MessagePack, one shard of models per message, small enough for the broker."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from schemas.events import name_hash
from schemas.summaries import Progress, WireSummary

LARGEST = 512 * 1024  # bytes; larger messages are split
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Progress)


def shard_of(model: str, shards: int) -> int:
    """The partition of the summaries topic that judges a model."""
    return name_hash(model) % shards


def encode(progress: Progress, shards: int) -> list[tuple[int, bytes]]:
    """(shard, message) for every shard: each shard's summaries, and the watermark for all."""
    on_time: list[list[WireSummary]] = [[] for _ in range(shards)]
    late: list[list[WireSummary]] = [[] for _ in range(shards)]
    for parts, summaries in ((on_time, progress.summaries), (late, progress.late)):
        for summary in summaries:
            parts[shard_of(summary.key.model, shards)].append(summary)
    messages = []
    for shard in range(shards):
        for data in _split(progress, on_time[shard], late[shard], last_part=True):
            messages.append((shard, data))
    return messages


def _split(
    progress: Progress, on_time: Sequence[WireSummary], late: Sequence[WireSummary], last_part: bool
) -> list[bytes]:
    """Halve until every message is small enough; only the last one carries the watermark's weight."""
    message = msgspec.structs.replace(progress, summaries=list(on_time), late=list(late), last_part=last_part)
    data = _encoder.encode(message)
    if len(data) <= LARGEST or len(on_time) + len(late) <= 1:
        return [data]
    a, b = len(on_time) // 2, len(late) // 2
    if len(on_time) == 1:
        a, b = 1, 0
    return _split(progress, on_time[:a], late[:b], False) + _split(progress, on_time[a:], late[b:], last_part)


def decode(data: bytes) -> Progress:
    """One message. Raises msgspec.MsgspecError for what Mirqab did not write."""
    return _decoder.decode(data)
