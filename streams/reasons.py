"""Why records were rejected, counted by reason, in bounded memory: a hostile file gives a different one every time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from schemas.events import Reject

MOST = 100  # different reasons kept apart; all others are counted together
SHOWN = 3
OTHERS = "other reasons"


class Reasons:
    """`total` rejects so far; `str()` names the reasons met most often, each with its count; empty without any."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, rejects: Iterable[Reject]) -> None:
        for reject in rejects:
            known = reject.reason in self._counts or len(self._counts) < MOST
            self._counts[reject.reason if known else OTHERS] += 1

    @property
    def total(self) -> int:
        return self._counts.total()

    def __str__(self) -> str:
        ranked = sorted(self._counts.items(), key=lambda item: (-item[1], item[0]))[:SHOWN]
        return "; ".join(f"{count:,} × {reason}" for reason, count in ranked)
