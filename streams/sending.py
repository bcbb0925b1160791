"""Lines into a topic, in large batches: what `mirqab send` does.

A line's key is its model, so that the records of a model keep their order; a line that cannot be read goes through
without a key, because the worker must be seen to reject it. Nothing is checked or changed.
"""

from __future__ import annotations

import asyncio
import gzip
import sys
import zlib
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, cast

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from schemas.errors import BrokerUnavailable, UsageError
from schemas.settings import Kafka
from streams.kafka import aio_arguments
from streams.placing import key_of, partition_of
from streams.recognised import Recognised

BATCH_BYTES = 256 * 1024
CHUNK_BYTES = 1 << 18
LONGEST_LINE = 64 << 20
WAITING = 64  # batches on their way; more would only take memory
TICKS = 20  # times a second that a limited rate is kept


class _Readable(Protocol):
    def read1(self, size: int) -> bytes: ...


@dataclass(slots=True)
class Sent:
    """Lines the broker has, and lines it would refuse because they are larger than the topic takes."""

    sent: int = 0
    refused: int = 0
    recognised: Recognised = field(default_factory=Recognised)


@dataclass(slots=True)
class _Waiting:
    future: asyncio.Future[Any]
    lines: int


class Sender:
    """Sends lines to one topic. `partition` pins all of them; else the key decides.

    Batches larger than `most` bytes are not tried: a refusal by the broker would cost an idempotent producer its order.
    """

    def __init__(
        self, producer: AIOKafkaProducer, topic: str, partitions: int, partition: int | None, most: int, format: str
    ) -> None:
        self.producer, self.topic, self.partitions, self.partition = producer, topic, partitions, partition
        self.most, self.format = most, format
        self.done = Sent()
        self._open: dict[int, Any] = {}
        self._waiting: deque[_Waiting] = deque()

    async def add(self, line: bytes) -> None:
        """Put one line into its partition's batch, and send the batch if it is full."""
        key = key_of(line, self.format, self.done.recognised)
        partition = partition_of(key, self.partitions) if self.partition is None else self.partition
        batch = self._open.get(partition)
        if batch is None or batch.append(key=key, value=line, timestamp=None) is None:
            if batch is not None:
                await self._send(partition)
            batch = self._open[partition] = self.producer.create_batch()
            # The first record of a batch is always taken, whatever its size.
            batch.append(key=key, value=line, timestamp=None)

    async def flush(self, *, wait: bool = False) -> None:
        """Send the open batches; with `wait` return when the broker has everything."""
        for partition in list(self._open):
            await self._send(partition)
        while wait and self._waiting:
            await self._settle()

    async def _send(self, partition: int) -> None:
        batch = self._open.pop(partition)
        lines = batch.record_count()
        batch.close()
        if batch.size() > self.most:  # batches are closed before they grow so large, so this is one very long line
            self.done.refused += lines
            return
        future = await self.producer.send_batch(batch, self.topic, partition=partition)
        self._waiting.append(_Waiting(future, lines))
        while self._waiting and (len(self._waiting) > WAITING or self._waiting[0].future.done()):
            await self._settle()

    async def _settle(self) -> None:
        waiting = self._waiting.popleft()
        await waiting.future
        self.done.sent += waiting.lines


async def send(
    settings: Kafka,
    files: list[str],
    topic: str,
    partitions: int,
    *,
    partition: int | None,
    most: int,
    format: str,
    rate: float | None,
    progress: Callable[[Sent], None],
) -> Sent:
    """Send the lines of the files in order. `rate` is lines a second, `most` bytes a batch at most.

    Raises UsageError for a file that cannot be read, BrokerUnavailable if the broker stops taking records.
    """
    producer = AIOKafkaProducer(
        **aio_arguments(settings),
        acks="all",
        enable_idempotence=settings.idempotent,
        max_batch_size=min(BATCH_BYTES, most),
    )
    sender = Sender(producer, topic, partitions, partition, most, format)
    try:
        await producer.start()
        await _send_all(sender, files, rate, progress)
        await sender.flush(wait=True)
    except MessageSizeTooLargeError as e:
        raise UsageError(f"{topic} refused a batch: its max.message.bytes is below {most}") from e
    except KafkaError as e:
        said = f"{settings.brokers} took {sender.done.sent} lines and then no more: {e}"
        cure = "; a broker that knows no idempotent producers needs kafka.idempotent = false"
        raise BrokerUnavailable(said + cure if settings.idempotent else said) from e
    finally:
        await producer.stop()
    return sender.done


async def _send_all(sender: Sender, files: list[str], rate: float | None, progress: Callable[[Sent], None]) -> None:
    loop = asyncio.get_running_loop()
    start, count = loop.time(), 0
    step = max(1, int(rate / TICKS)) if rate else 0
    async for lines, live in _chunks(files):
        for line in lines:
            await sender.add(line)
            count += 1
            if rate and count % step == 0:
                await sender.flush()
                progress(sender.done)
                await asyncio.sleep(max(0.0, start + count / rate - loop.time()))
        if live:
            await sender.flush()
        progress(sender.done)


async def _chunks(files: list[str]) -> AsyncIterator[tuple[list[bytes], bool]]:
    """Lines as they can be read, and whether more may be long in coming. Empty lines are left out."""
    for name in files:
        with _opened(name) as stream:
            rest = b""
            while True:
                with _told(name):
                    data = await asyncio.to_thread(stream.read1, CHUNK_BYTES)
                *lines, rest = (rest + data).split(b"\n")
                if not data and rest:
                    lines, rest = [rest], b""
                if len(rest) > LONGEST_LINE:
                    raise UsageError(f"{name}: no end of line within {LONGEST_LINE >> 20} MiB; is it JSON lines?")
                yield [stripped for line in lines if (stripped := line.removesuffix(b"\r")).strip()], name == "-"
                if not data:
                    break


@contextmanager
def _opened(name: str) -> Iterator[_Readable]:
    if name == "-":
        yield cast(_Readable, sys.stdin.buffer)
        return
    with _told(name):
        file = gzip.open(name) if name.endswith(".gz") else Path(name).open("rb")  # noqa: SIM115  # closed below
    with file:
        yield cast(_Readable, file)


@contextmanager
def _told(name: str) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error) as e:
        text = getattr(e, "strerror", None) or str(e)
        raise UsageError(f"cannot read {name}: {text}") from e
