"""How rare is a number among those of its kind that came before?"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque


class Rarity:
    """Minus log10 of the share of earlier numbers that are at least as large, the new one counted among them.

    A number beyond all earlier ones adds log10 of how many times larger it is than the largest: a tail that falls like
    1/x, heavy enough for anything that is measured. Only ranks count, so no scale or distribution is assumed.

    When it does not work: ranks of neighbouring values depend on each other, so this is a p-value only for numbers that
    could have come in any order. Of n numbers the n-th can be no rarer than 1/n unless it is larger than all.

    >>> rarity = Rarity()
    >>> [round(rarity.update(x), 2) for x in (1.0, 1.0, 1.0, 2.0, 20.0, 1.0)]
    [0.0, 0.0, 0.0, 0.9, 1.7, 0.0]

    Source: conformal p-value, Vovk, Gammerman & Shafer 2005.
    """

    def __init__(self, memory: int = 32_768) -> None:
        self.memory = memory
        self._order: deque[float] = deque()
        self._sorted: list[float] = []

    def update(self, x: float) -> float:
        """`x` is finite and not negative."""
        earlier = self._sorted
        above = len(earlier) - bisect_left(earlier, x)
        rare = math.log10((len(earlier) + 1) / (above + 1))
        if earlier and above == 0 and earlier[-1] > 0:
            rare += math.log10(x / earlier[-1])
        self._order.append(x)
        insort(earlier, x)
        if len(earlier) > self.memory:
            del earlier[bisect_left(earlier, self._order.popleft())]
        return rare
