"""Model inversion: the input that a class is surest of, climbed to by estimated gradients of its confidence.

Fredrikson, Jha and Ristenpart: Model Inversion Attacks that Exploit Confidence Information and Basic Countermeasures.
CCS 2015; without the model's own gradients, which are estimated as Ilyas et al. (ICML 2018) do.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from schemas.events import Floats
from tests.support.attackers._kit import Ask, Kind, Known, Moved, slope

PROBES = 20
STEPS = 20
RATE = 0.06


def attack(ask: Ask, known: Known, rng: np.random.Generator) -> Iterator[Moved]:
    middle = known.own.mean(axis=0)
    classes = ask(middle[None]).shape[1]
    while True:
        for wanted in rng.permutation(classes).tolist():
            row = start = np.clip(middle + rng.normal(0, 0.1, known.fields), 0, 1)
            pull: Floats = np.zeros(known.fields)
            for _ in range(STEPS):
                found = slope(ask, row, partial(_surety, wanted=wanted), rng, PROBES)
                pull = 0.7 * pull + found
                size = float(np.abs(pull).max())
                row = np.clip(row + np.maximum(RATE, known.step) * pull / max(size, 1e-12), 0, 1)
            ask(row[None])
            yield Moved(start, start, row, wanted)


def _surety(scores: Floats, wanted: int) -> Floats:
    """Log probability of the wanted class (n,)."""
    found: Floats = np.log(np.maximum(scores[:, wanted], 1e-9))
    return found


KIND = Kind("inversion_nes", "inversion", attack)
