"""Records of a topic into columns, by the format that settings give the topic; logs once what `auto` recognised."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from schemas.events import EventBatch, RawRecord, Source
from schemas.formats import Decode, Limits, load
from schemas.settings import Settings

log = logging.getLogger("mirqab.formats")


class Decoding:
    """`decode(source, records)`, from any thread."""

    def __init__(self, settings: Settings) -> None:
        line = settings.line
        self.settings = settings
        self.limits = Limits(
            line.max_record_bytes, line.future_seconds * 1_000_000_000, 4096 if settings.privacy.keep_rejects else 0
        )
        self._lock = threading.Lock()  # a format may remember names, and is not made for threads
        self._decoders: dict[str, Decode] = {}
        self._told: set[tuple[str, str]] = set()

    def decode(self, source: Source, records: Sequence[RawRecord]) -> EventBatch:
        """Raises SettingError for a format that is not known."""
        with self._lock:
            found = self._decoders.get(source.topic)
            if found is None:
                found = self._decoders[source.topic] = load(self.settings.format(source.topic))
            batch = found(records, source, self.limits)
            for name in batch.formats:
                if (source.topic, name) not in self._told:
                    self._told.add((source.topic, name))
                    unread = ", ".join(list(batch.unknown_keys)[:12]) or "nothing"
                    log.info("%s: recognised %s; not used of it so far: %s", source.topic, name, unread)
        return batch
