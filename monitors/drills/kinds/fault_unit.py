"""A producer changes a unit: an input comes a hundred times as large in a share of the records."""

from __future__ import annotations

import numpy as np

from monitors.drills import Record, Shadow

FAMILIES = ("fault", "drift", "anomaly")
MEANING = "an input comes in another unit"
NEEDS = "numbers that vary"
METRICS = ("feature.",)
GAPS = "a unit that differs by little is not tried"
SHARE = (0.1, 0.3, 1.0)


def inject(shadow: Shadow, strength: int, rng: np.random.Generator) -> list[Record] | None:
    if not shadow.numbers:
        return None
    name = shadow.numbers[0]

    def change(record: Record) -> Record:
        value = record["features"].get(name)
        if rng.random() >= SHARE[strength] or not isinstance(value, (int, float)):
            return record
        return {**record, "features": {**record["features"], name: 100.0 * value}}

    return shadow.changed(change)
