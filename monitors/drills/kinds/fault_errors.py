"""Answers fail: a share of the records has the status 500."""

from __future__ import annotations

import numpy as np

from monitors.drills import Record, Shadow

FAMILIES = ("fault",)
MEANING = "answers fail"
NEEDS = "records"
METRICS = ("errors.",)
GAPS = "failures that the log's `status` does not tell are not tried"
SHARE = (0.02, 0.1, 0.5)


def inject(shadow: Shadow, strength: int, rng: np.random.Generator) -> list[Record] | None:
    return shadow.changed(lambda record: {**record, "status": "500"} if rng.random() < SHARE[strength] else record)
