"""Knockoff extraction with rows that are not natural: every field is plausible, their combination is nobody's.

Orekondy, Schiele and Fritz: Knockoff Nets: Stealing Functionality of Black-Box Models. CVPR 2019 (its random strategy).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.support.attackers._kit import Ask, Copied, Kind, Known, labels
from tests.support.attackers._surrogate import Surrogate

ROUND = 50


def attack(ask: Ask, known: Known, rng: np.random.Generator) -> Iterator[Copied]:
    rows, found = np.empty((0, known.fields)), np.empty(0, dtype=np.int64)
    retrain = 100
    columns = np.arange(known.fields)
    while True:
        asked = known.own[rng.integers(len(known.own), size=(ROUND, known.fields)), columns]
        rows, found = np.concatenate([rows, asked]), np.concatenate([found, labels(ask, asked)])
        if len(rows) >= retrain:
            retrain *= 2
            yield Copied(Surrogate(rows, found, int(rng.integers(2**31))).predict)


KIND = Kind("extract_knockoff", "extraction", attack)
