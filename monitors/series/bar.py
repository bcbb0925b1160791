"""How rare must a moment be to be a detection, given how many there were lately?"""

from __future__ import annotations

import math


class Bar:
    """`base` decades; `step` more for each detection lately; and just after a detection nothing passes.

    Lately and just after are shares of the rows seen so far: `forget` (at most `memory` rows, in which a detection's
    step falls to a third) and `pause` (at most `longest` rows). So a series of a hundred rows may be detected again
    after three, and a series that has a spike every day is not news every day.

    When it does not work: a second, different event during the pause goes without a detection of its own, and one that
    comes after many false ones must be rarer than they were.

    >>> bar = Bar(pause=0.5)
    >>> [bar.passes(rarity) for rarity in (0.2, 0.2, 1.4, 0.3, 1.1, 1.4)]
    [False, False, True, False, False, True]
    """

    def __init__(
        self,
        base: float = 1.0,
        step: float = 0.25,
        forget: float = 0.3,
        memory: int = 4096,
        pause: float = 0.03,
        longest: int = 400,
    ) -> None:
        self.base = base
        self.step = step
        self.forget = forget
        self.memory = memory
        self.pause = pause
        self.longest = longest
        self._row = 0
        self._last = 0
        self._until = 0
        self._lately = 0.0

    @property
    def resting(self) -> bool:
        """True while nothing passes."""
        return self._row < self._until

    @property
    def height(self) -> float:
        """Decades the next row must reach."""
        return self.base + self.step * self._remembered()

    def passes(self, rarity: float) -> bool:
        """Count one row; True if it is a detection."""
        detected = not self.resting and rarity >= self.height
        if detected:
            self._lately = self._remembered() + 1.0
            self._last = self._row
            self._until = self._row + max(1, min(int(self.pause * self._row), self.longest))
        self._row += 1
        return detected

    def _remembered(self) -> float:
        age = self._row - self._last
        return self._lately * math.exp(-age / (1.0 + min(self.forget * self._row, self.memory)))
