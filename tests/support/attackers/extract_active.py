"""Extraction by active learning on synthetic rows: ask what the copy is least sure of.

Chandrasekaran, Chaudhuri, Giacomelli, Jha and Yan: Exploring Connections Between Active Learning and Model Extraction.
USENIX Security 2020. Tramèr et al. (2016) call it adaptive retraining.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.support.attackers._kit import Ask, Copied, Kind, Known, labels
from tests.support.attackers._surrogate import Surrogate

POOL = 1500
ROUND = 60


def attack(ask: Ask, known: Known, rng: np.random.Generator) -> Iterator[Copied]:
    rows = np.concatenate([known.own[:30], rng.random((30, known.fields))])
    found = labels(ask, rows)
    while True:
        copy = Surrogate(rows, found, int(rng.integers(2**31)))
        yield Copied(copy.predict)
        a, b = (known.own[rng.integers(len(known.own), size=POOL)] for _ in range(2))
        pool = np.clip(a + rng.random((POOL, 1)) * (b - a) + rng.normal(0, 0.1, a.shape), 0, 1)
        scores = np.sort(copy.scores(pool), axis=1)
        unsure = scores[:, -1] - scores[:, -2] if scores.shape[1] > 1 else rng.random(POOL)
        asked = pool[np.argsort(unsure, kind="stable")[:ROUND]]
        rows, found = np.concatenate([rows, asked]), np.concatenate([found, labels(ask, asked)])


KIND = Kind("extract_active", "extraction", attack)
