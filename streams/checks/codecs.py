"""The compressions a topic may have, for both of our Kafka clients."""

from __future__ import annotations

from collections.abc import Iterator

import aiokafka.codec
import kafka.codec

from schemas.settings import Settings
from streams.checks import FAILED, OK, Finding

CODECS = ("gzip", "snappy", "lz4", "zstd")


def check(settings: Settings, config: str | None) -> Iterator[Finding]:
    """A missing one would stop the worker at the first record that uses it."""
    clients = {"aiokafka": aiokafka.codec, "kafka-python": kafka.codec}
    missing = [
        f"{codec} ({client})"
        for client, module in clients.items()
        for codec in CODECS
        if not getattr(module, f"has_{codec}")()
    ]
    if missing:
        remedy = "pip install cramjam python-snappy lz4 zstandard"
        yield Finding("codecs", FAILED, f"cannot be read: {', '.join(missing)}", remedy)
    else:
        yield Finding("codecs", OK, ", ".join(CODECS))
