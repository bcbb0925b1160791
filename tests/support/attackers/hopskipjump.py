"""HopSkipJump: a decision-based attack that estimates the boundary's direction from labels alone.

Chen, Jordan and Wainwright: HopSkipJumpAttack: A Query-Efficient Decision-Based Attack. IEEE S&P 2020.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from schemas.events import Floats
from tests.support.attackers._kit import Ask, Kind, Known, Moved, approach, begun, labels

PROBES = 40  # of the first estimate; the t-th takes sqrt(t) times as many
ROUNDS = 10


def attack(ask: Ask, known: Known, rng: np.random.Generator) -> Iterator[Moved]:
    for origin, label, start in begun(ask, known, rng):
        row = first = approach(ask, origin, start, label)
        for t in range(1, ROUNDS + 1):
            distance = float(np.linalg.norm(row - origin))
            direction = _direction(ask, row, label, rng, distance, int(PROBES * t**0.5))
            length = distance / t**0.5
            while length > 1e-3:
                trial = np.clip(row + length * direction, 0, 1)
                if labels(ask, trial[None])[0] != label:
                    nearer = approach(ask, origin, trial, label)
                    if np.linalg.norm(nearer - origin) < distance:
                        row = nearer
                    break
                length /= 2
        yield Moved(origin, first, row)


def _direction(ask: Ask, row: Floats, label: int, rng: np.random.Generator, distance: float, n: int) -> Floats:
    """Unit vector into the misread side. Fields of whole values need a probe that is wide enough to move them."""
    steps = rng.normal(size=(n, len(row)))
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    probes = np.clip(row + max(distance / len(row) ** 0.5, 0.05) * steps, 0, 1)
    sign = np.where(labels(ask, probes) != label, 1.0, -1.0)
    # The mean is taken off to lower the variance, unless all probes gave the same answer.
    weight = sign - sign.mean() if abs(sign.mean()) < 1 else sign
    direction: Floats = weight @ (probes - row)
    return direction / max(float(np.linalg.norm(direction)), 1e-12)


KIND = Kind("hopskipjump", "evasion", attack)
