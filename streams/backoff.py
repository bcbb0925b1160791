"""How long to wait between attempts: doubling pauses with jitter, so that many workers do not come back at once."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

LONGEST = 15.0  # seconds; a store that comes back is noticed at most this late


def pauses(first: float, random: Random, longest: float = LONGEST) -> Iterator[float]:
    """Endless pauses in seconds: each between half and all of a bound that doubles from `first` to `longest`."""
    bound = first
    while True:
        bound = min(bound, longest)
        yield bound * (0.5 + random.random() / 2)
        bound *= 2
