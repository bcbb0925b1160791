"""The input that the answers hang on most moves by a half, one and two standard deviations, answers with it."""

from __future__ import annotations

import numpy as np

from monitors.drills import Record, Shadow

FAMILIES = ("drift", "anomaly")
MEANING = "an important input moves"
NEEDS = "numbers that vary"
METRICS = ("feature.", "output.")
GAPS = "several inputs that move by little each are not tried"
BY = (0.5, 1.0, 2.0)


def inject(shadow: Shadow, strength: int, rng: np.random.Generator) -> list[Record] | None:
    if not shadow.numbers:
        return None
    name = shadow.numbers[0]
    by = BY[strength] * float(shadow.spread(name).std())

    def change(record: Record) -> Record:
        if not isinstance(record["features"].get(name), (int, float)):
            return record
        return {**record, "features": {**record["features"], name: record["features"][name] + by}}

    return shadow.answered(shadow.changed(change))
