"""Why records were rejected, counted by reason, in bounded memory: a hostile file gives a different one every time.

Of each reason the first record met is remembered, so that a person can look at it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from schemas.events import Reject, Source

MOST = 100  # different reasons kept apart; all others are counted together
SHOWN = 3
OTHERS = "other reasons"

Place = tuple[Source, int]  # and offset


class Reasons:
    """`total` rejects so far; `str()` names the reasons met most often, each with its count; empty without any."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._first: dict[str, Place] = {}

    def add(self, rejects: Iterable[Reject], source: Source) -> None:
        for reject in rejects:
            known = reject.reason in self._counts or len(self._counts) < MOST
            reason = reject.reason if known else OTHERS
            self._counts[reason] += 1
            self._first.setdefault(reason, (source, reject.offset))

    @property
    def total(self) -> int:
        return self._counts.total()

    @property
    def first(self) -> set[Place]:
        """The first record of each reason."""
        return {*self._first.values()}

    def ranked(self, lines: Mapping[Place, str]) -> list[dict[str, Any]]:
        """`reason`, `count` and `first` (its line, None if `lines` does not know), those met most often first."""
        ranked = sorted(self._counts.items(), key=lambda item: (-item[1], item[0]))
        return [{"reason": why, "count": n, "first": lines.get(self._first[why])} for why, n in ranked]

    def told(self, lines: Mapping[Place, str]) -> str:
        """As `str()`, with the line of the first record of each reason."""
        ranked = self.ranked(lines)
        shown = [
            f"{each['count']:,} × {each['reason']}" + (f" (first in {each['first']})" if each["first"] else "")
            for each in ranked[:SHOWN]
        ]
        more = len(ranked) - SHOWN
        return "; ".join([*shown, *([f"and {more} more reason{'s' if more > 1 else ''}"] if more > 0 else [])])

    def __str__(self) -> str:
        return self.told({})
