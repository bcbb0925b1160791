"""What was recognised in a log, and what of it nobody reads: counts, and the sentences that say it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from schemas.events import OTHER, EventBatch

MOST_NAMES = 1000
SHOWN = 12


@dataclass(slots=True)
class Recognised:
    """Records by format, where `auto` told it, and fields that were not read, by name."""

    formats: Counter[str] = field(default_factory=Counter)
    unread: Counter[str] = field(default_factory=Counter)

    def add(self, batch: EventBatch) -> None:
        """What a batch says of itself."""
        self.formats.update(batch.formats)
        for name, count in batch.unknown_keys.items():
            self.unread[name if name in self.unread or len(self.unread) < MOST_NAMES else OTHER] += count

    def sentences(self) -> list[str]:
        """For a person: which formats, and which fields had no use, the commonest first; none if there is nothing."""
        said = []
        if self.formats:
            said.append("recognised: " + ", ".join(f"{name} ({n:,} records)" for name, n in self.formats.most_common()))
        if self.unread:
            shown = ", ".join(f"{name} ({n:,})" for name, n in self.unread.most_common(SHOWN))
            more = f", and {len(self.unread) - SHOWN:,} more" if len(self.unread) > SHOWN else ""
            said.append(f"not used: {shown}{more}")
        return said
