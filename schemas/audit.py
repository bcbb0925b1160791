"""The audit chain: one `Entry` per act or decision, each with the hash of the one before, so that none can be changed.

Whoever changes, removes or inserts an entry breaks every hash after it. Cutting off the end is only seen by whoever
knows how long the chain was: the evidence pack and the export write down its last hash.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

FIRST = "0" * 64  # what the first entry takes for the hash before it


@dataclass(frozen=True, slots=True)
class Entry:
    """One link. `source` is the table it comes from, `subject` the row's identity, `digest` the hash of its content."""

    seq: int
    at_ns: int
    source: str
    subject: str
    actor: str
    what: str
    digest: str
    previous: str

    @property
    def hash(self) -> str:
        """SHA-256 over all of it."""
        parts = (self.seq, self.at_ns, self.source, self.subject, self.actor, self.what, self.digest, self.previous)
        return sha256(json.dumps(parts, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


def digest(row: Mapping[str, Any]) -> str:
    """Hash of a row's content: JSON with sorted keys."""
    text = json.dumps(row, sort_keys=True, ensure_ascii=False, default=str)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def link(last: Entry | None, news: Iterable[Entry]) -> Iterator[Entry]:
    """The entries with their numbers and the hash of the one before; in the order given."""
    seq, previous = (0, FIRST) if last is None else (last.seq + 1, last.hash)
    for entry in news:
        linked = Entry(seq, entry.at_ns, entry.source, entry.subject, entry.actor, entry.what, entry.digest, previous)
        yield linked
        seq, previous = seq + 1, linked.hash


def faults(entries: Sequence[Entry], stored: Sequence[str]) -> Iterator[str]:
    """What is wrong with a chain, one sentence each. `entries` by number; `stored` are the hashes kept beside them."""
    previous = FIRST
    for place, (entry, kept) in enumerate(zip(entries, stored, strict=True)):
        if entry.seq != place:
            yield f"entry {place} is missing or there twice: found number {entry.seq}"
            return
        if entry.previous != previous:
            yield f"entry {entry.seq} ({entry.what}) does not follow the one before it"
        if entry.hash != kept:
            yield f"entry {entry.seq} ({entry.what}) was changed: its hash is not the one it was stored with"
        previous = kept
