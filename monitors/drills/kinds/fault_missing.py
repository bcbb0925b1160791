"""A feed is lost: an important input is missing in a share of the records."""

from __future__ import annotations

import numpy as np

from monitors.drills import Record, Shadow

FAMILIES = ("fault", "drift")
MEANING = "an input goes missing"
NEEDS = "numbers that vary"
METRICS = ("feature.",)
GAPS = "a value that stands in for a missing one, such as 0, is not tried"
SHARE = (0.1, 0.3, 1.0)


def inject(shadow: Shadow, strength: int, rng: np.random.Generator) -> list[Record] | None:
    if not shadow.numbers:
        return None
    name = shadow.numbers[0]

    def change(record: Record) -> Record:
        if rng.random() >= SHARE[strength]:
            return record
        return {**record, "features": {k: v for k, v in record["features"].items() if k != name}}

    return shadow.changed(change)
