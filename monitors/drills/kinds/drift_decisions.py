"""A release in silence: the model answers the same inputs with the opposite decision for a share of them."""

from __future__ import annotations

import numpy as np

from monitors.drills import Record, Shadow

FAMILIES = ("drift",)
MEANING = "decisions change without the inputs"
NEEDS = "two different answers"
METRICS = ("output.",)
GAPS = "a change that keeps how often each answer is given is not tried"
SHARE = (0.05, 0.15, 0.4)


def inject(shadow: Shadow, strength: int, rng: np.random.Generator) -> list[Record] | None:
    rarest = sorted({str(r["prediction"]) for r in shadow.records if r.get("prediction", "") != ""})
    counts = {p: sum(str(r.get("prediction")) == p for r in shadow.records) for p in rarest}
    wanted = min(counts, key=lambda p: (counts[p], p))
    highest = max(
        (r.get("score", 0.0) or 0.0 for r in shadow.records if str(r.get("prediction")) == wanted), default=0.0
    )

    def change(record: Record) -> Record:
        if rng.random() >= SHARE[strength]:
            return record
        return {**record, "prediction": wanted, **({"score": highest} if "score" in record else {})}

    return shadow.changed(change)
