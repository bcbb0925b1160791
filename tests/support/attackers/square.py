"""Square: random search that sets whole patches to the edge of what is allowed and keeps what lowers the score.

On an image a patch is a square, in a table a run of fields.

Andriushchenko, Croce, Flammarion and Hein: Square Attack: a query-efficient black-box adversarial attack via random
search. ECCV 2020.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tests.support.attackers._kit import Ask, Kind, Known, Moved, margin, origins

ALLOWED = 0.25  # the most a field may move
STEPS = 150


def attack(ask: Ask, known: Known, rng: np.random.Generator) -> Iterator[Moved]:
    for origin in origins(known, rng):
        label = int(ask(origin[None])[0].argmax())
        row = np.clip(origin + ALLOWED * rng.choice([-1.0, 1.0], known.fields), 0, 1)
        lowest = margin(ask(row[None]), label)[0]
        first = row
        for step in range(STEPS):
            if lowest < 0:
                break
            patch = _patch(known, rng, 0.5 * 0.5 ** (5 * step / STEPS))
            trial = row.copy()
            trial[patch] = np.clip(origin[patch] + ALLOWED * rng.choice([-1.0, 1.0]), 0, 1)
            found = margin(ask(trial[None]), label)[0]
            if found < lowest:
                row, lowest = trial, found
        yield Moved(origin, first, row)


def _patch(known: Known, rng: np.random.Generator, share: float) -> NDArray[np.bool_]:
    """Which fields to set; about `share` of them."""
    if known.shape is None:
        size = max(1, round(share * known.fields))
        start = rng.integers(known.fields - size + 1)
        places = np.arange(known.fields)
        run: NDArray[np.bool_] = (places >= start) & (places < start + size)
        return run
    side = max(1, round((share * known.fields) ** 0.5))
    mask = np.zeros(known.shape, dtype=bool)
    y, x = (int(rng.integers(length - side + 1)) for length in known.shape)
    mask[y : y + side, x : x + side] = True
    return mask.ravel()


KIND = Kind("square", "evasion", attack)
