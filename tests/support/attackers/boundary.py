"""The Boundary attack: a random walk along the boundary that keeps the wrong label and comes nearer.

Brendel, Rauber and Bethge: Decision-Based Adversarial Attacks: Reliable Attacks Against Black-Box Machine Learning
Models. ICLR 2018.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from schemas.events import Floats
from tests.support.attackers._kit import Ask, Kind, Known, Moved, begun, labels

STEPS = 250


def attack(ask: Ask, known: Known, rng: np.random.Generator) -> Iterator[Moved]:
    for origin, label, start in begun(ask, known, rng):
        row, across, towards = start, 0.1, 0.1
        for _ in range(STEPS):
            sideways = _sideways(row, origin, across, rng)
            if labels(ask, sideways[None])[0] == label:
                across *= 0.9  # about half of the sideways steps should keep the wrong label
                continue
            across = min(across * 1.1, 0.5)
            nearer = sideways + towards * (origin - sideways)
            if labels(ask, nearer[None])[0] == label:
                towards *= 0.85
                row = sideways
            else:
                row, towards = nearer, min(towards * 1.2, 0.5)
        yield Moved(origin, start, row)


def _sideways(row: Floats, origin: Floats, size: float, rng: np.random.Generator) -> Floats:
    """A random step on the sphere about the origin."""
    away = row - origin
    radius = float(np.linalg.norm(away))
    step = rng.normal(size=len(row))
    step *= size * radius / np.linalg.norm(step)
    step -= away * (step @ away) / max(radius * radius, 1e-12)
    moved = away + step
    found: Floats = np.clip(origin + moved * radius / np.linalg.norm(moved), 0, 1)
    return found


KIND = Kind("boundary", "evasion", attack)
