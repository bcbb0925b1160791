"""The log falls silent: nine tenths, 99 of 100, and all records no longer come."""

from __future__ import annotations

import numpy as np

from monitors.drills import Record, Shadow

FAMILIES = ("blindness", "drift", "fault")
MEANING = "the log falls silent"
NEEDS = "a day and an hour of the model's past before it begins"
METRICS = ("volume.", "principal.")
GAPS = "a model that pauses at such hours anyhow is not missed"
SHARE = (0.9, 0.99, 1.0)
CLOCK = "drill-clock"
KNOWN = 25 * 3600.0  # seconds; before a day, nobody knows at which hours a model pauses (monitors.activity)


def inject(shadow: Shadow, strength: int, rng: np.random.Generator) -> list[Record] | None:
    if shadow.start - shadow.known < KNOWN:
        return None
    kept = shadow.changed(lambda record: record if rng.random() >= SHARE[strength] else None)
    last = shadow.records[-1]["ts"]
    # Another model goes on once a minute, so that time does: the shadow has no clock of its own.
    beats = [{"ts": float(ts), "model": CLOCK} for ts in np.arange(shadow.start, last + 60, 60)]
    return sorted([*kept, *beats], key=lambda record: float(record["ts"]))
