"""Extraction by Jacobian-based augmentation: a few honest rows, each pushed along the copy's gradient, round by round.

Papernot et al.: Practical Black-Box Attacks against Machine Learning. AsiaCCS 2017; in the form of Juuti, Szyller,
Marchal and Asokan: PRADA: Protecting against DNN Model Stealing Attacks. EuroS&P 2019.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.support.attackers._kit import Ask, Copied, Kind, Known, labels
from tests.support.attackers._surrogate import Surrogate

SEEDS = 60
LENGTH = 0.1
MOST = 400  # rows pushed in one round


def attack(ask: Ask, known: Known, rng: np.random.Generator) -> Iterator[Copied]:
    while True:
        rows = known.own[rng.permutation(len(known.own))[:SEEDS]]
        found = labels(ask, rows)
        for sign in (1.0, -1.0, 1.0, -1.0, 1.0, -1.0):  # periodic steps: towards the label, then away from it
            copy = Surrogate(rows, found, int(rng.integers(2**31)))
            yield Copied(copy.predict)
            chosen = rng.permutation(len(rows))[:MOST]
            push = np.maximum(LENGTH, known.step) * np.sign(copy.gradient(rows[chosen], found[chosen]))
            new = np.clip(rows[chosen] + sign * push, 0, 1)
            found = np.concatenate([found, labels(ask, new)])
            rows = np.concatenate([rows, new])


KIND = Kind("extract_jbda", "extraction", attack)
