"""Attribute inference: everything of a record is known but one field, which is asked at every value.

The value is kept that the model likes best for what came true, weighed by how common it is.

Fredrikson, Lantz, Jha, Lin, Page and Ristenpart: Privacy in Pharmacogenetics. USENIX Security 2014; and Yeom,
Giacomelli, Fredrikson and Jha: Privacy Risk in Machine Learning. CSF 2018.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from schemas.events import Floats
from tests.support.attackers._kit import Ask, Guessed, Kind, Known

VALUES = 20  # of a field that is not whole


def attack(ask: Ask, known: Known, rng: np.random.Generator) -> Iterator[Guessed]:
    field = int(rng.integers(known.fields))
    while True:
        for i in rng.permutation(len(known.suspects)).tolist():
            row = known.suspects[i]
            values = _values(known, field)
            rows = np.repeat(row[None], len(values), axis=0)
            rows[:, field] = values
            scores = ask(rows)
            common = np.exp(-(((values[:, None] - known.own[:, field]) / 0.1) ** 2)).mean(axis=1)
            best = int((scores[:, known.labels[i]] * common).argmax())
            yield Guessed(row, field, float(values[best]))


def _values(known: Known, field: int) -> Floats:
    step = float(known.step[field])
    n = VALUES if step == 0 else min(VALUES, round(1 / step) + 1)
    return np.linspace(0, 1, n)


KIND = Kind("attribute", "inversion", attack, on=("cards", "limits", "tumours"))
