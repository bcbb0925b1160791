"""Which numeric features are coordinates of one vector (an embedding) and mean nothing one by one.

Told by their names: one prefix and numbers that run on, at least `FEWEST` of them, as a bare array is named (f000,
f001, …) or as people name them (emb_0, emb_1, …). A table of that many columns named so is taken for one, too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

FEWEST = 32
NUMBERED = re.compile(r"(.*?)(\d{1,6})")


def coordinates(names: Sequence[str]) -> list[int]:
    """Positions of the largest vector's coordinates, in the order of their numbers; none is []."""
    groups: dict[str, list[tuple[int, int]]] = {}
    for position, name in enumerate(names):
        match = NUMBERED.fullmatch(name)
        if match:
            groups.setdefault(match[1], []).append((int(match[2]), position))
    # A tenth may be missing: coordinates that were never there are no features of the baseline.
    vectors = [sorted(g) for g in groups.values() if len(g) >= FEWEST and len(g) >= 0.9 * (max(g)[0] - min(g)[0] + 1)]
    largest = max(vectors, key=lambda g: (len(g), [-position for _, position in g]), default=[])
    return [position for _, position in largest]
