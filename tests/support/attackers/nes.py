"""NES: the score's gradient from random probes on both sides, followed in signed steps inside a box.

Ilyas, Engstrom, Athalye and Lin: Black-box Adversarial Attacks with Limited Queries and Information. ICML 2018.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from schemas.events import Floats
from tests.support.attackers._kit import Ask, Kind, Known, Moved, margin, origins, slope

ALLOWED = 0.25  # the most a field may move
PROBES = 20
STEPS = 20
RATE = 0.04


def attack(ask: Ask, known: Known, rng: np.random.Generator) -> Iterator[Moved]:
    for origin in origins(known, rng):
        label = int(ask(origin[None])[0].argmax())
        row = origin
        pull: Floats = np.zeros(known.fields)
        for _ in range(STEPS):
            pull = 0.5 * pull + slope(ask, row, partial(margin, label=label), rng, PROBES)
            moved = row - np.maximum(RATE, known.step) * np.sign(pull)
            row = np.clip(np.clip(moved, origin - ALLOWED, origin + ALLOWED), 0, 1)
            if margin(ask(row[None]), label)[0] < 0:
                break
        yield Moved(origin, origin, row)


KIND = Kind("nes", "evasion", attack)
