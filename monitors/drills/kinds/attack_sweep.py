"""Attribute inference: one number of a known case is swept over its range while all else stays."""

from __future__ import annotations

import numpy as np

from monitors.drills import Record, Shadow

FAMILIES = ("inversion", "evasion", "extraction", "membership")
MEANING = "somebody tries out one input of a known case"
NEEDS = "numbers that vary"
METRICS = ("attack.",)
GAPS = "a case tried out over weeks, a few queries a day, is not tried"
QUERIES = (50, 200, 800)
STEPS = 25


def inject(shadow: Shadow, strength: int, rng: np.random.Generator) -> list[Record] | None:
    if not shadow.numbers:
        return None
    name = shadow.numbers[0]
    # Of a flag there are two: asking the same again would be no sweep.
    values = np.unique(np.quantile(shadow.spread(name), np.linspace(0, 1, STEPS)))
    cases = shadow.cases(rng, QUERIES[strength] // len(values))
    return shadow.asked([{**case, name: float(value)} for case in cases for value in values])
