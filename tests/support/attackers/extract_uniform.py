"""Extraction by retraining on uniformly random rows.

Tramèr, Zhang, Juels, Reiter and Ristenpart: Stealing Machine Learning Models via Prediction APIs. USENIX Security 2016.
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
    while True:
        asked = rng.random((ROUND, known.fields))
        rows, found = np.concatenate([rows, asked]), np.concatenate([found, labels(ask, asked)])
        if len(rows) >= retrain:
            retrain *= 2
            yield Copied(Surrogate(rows, found, int(rng.integers(2**31))).predict)


KIND = Kind("extract_uniform", "extraction", attack)
