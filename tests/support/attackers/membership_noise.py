"""Label-only membership inference: how much noise a record bears before its true label turns.

Choquette-Choo, Tramèr, Carlini and Papernot: Label-Only Membership Inference Attacks. ICML 2021; Li and Zhang:
Membership Leakage in Label-Only Exposures. CCS 2021.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.support.attackers._kit import Ask, Judged, Kind, Known, labels

COPIES = 24
WIDTH = 0.08


def attack(ask: Ask, known: Known, rng: np.random.Generator) -> Iterator[Judged]:
    while True:
        for i in rng.permutation(len(known.suspects)).tolist():
            row = known.suspects[i]
            noise = rng.normal(0, WIDTH, (COPIES, known.fields))
            found = labels(ask, np.concatenate([row[None], np.clip(row + noise, 0, 1)]))
            yield Judged(row, float((found == known.labels[i]).mean()))


KIND = Kind("membership_noise", "membership", attack)
