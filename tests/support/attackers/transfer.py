"""Transfer probing: adversarial rows made on a model of one's own are tried on the target, a little further each time.

Papernot, McDaniel, Goodfellow, Jha, Celik and Swami: Practical Black-Box Attacks against Machine Learning.
AsiaCCS 2017.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.support.attackers._kit import Ask, Kind, Known, Moved, labels, origins
from tests.support.attackers._surrogate import Surrogate

LENGTHS = (0.05, 0.1, 0.15, 0.2, 0.3)
SEEDS = 100


def attack(ask: Ask, known: Known, rng: np.random.Generator) -> Iterator[Moved]:
    seeds = known.own[:SEEDS]
    mine = Surrogate(seeds, labels(ask, seeds), int(rng.integers(2**31)))
    for origin in origins(known, rng):
        label = int(labels(ask, origin[None])[0])
        # Away from the label: the sign of the own model's gradient.
        away = -np.sign(mine.gradient(origin[None], np.array([label]))[0])
        for length in LENGTHS:
            row = np.clip(origin + np.maximum(length, known.step) * away, 0, 1)
            if labels(ask, row[None])[0] != label:
                break
        yield Moved(origin, origin, row)


KIND = Kind("transfer", "evasion", attack)
