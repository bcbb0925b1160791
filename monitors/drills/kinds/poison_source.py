"""One source of labels lies: of the labels in the records, a share comes from it and says the opposite."""

from __future__ import annotations

import numpy as np

from monitors.drills import SOURCE, Record, Shadow

FAMILIES = ("poisoning", "drift")
MEANING = "one source of labels lies"
NEEDS = "two different labels in the records"
METRICS = ("poisoning.",)
GAPS = "lies of many sources, few of each, are not tried"
SHARE = (0.05, 0.15, 0.4)


def inject(shadow: Shadow, strength: int, rng: np.random.Generator) -> list[Record] | None:
    labels = sorted({str(r["label"]) for r in shadow.records if r.get("label", "") != ""})
    if len(labels) != 2:
        return None
    other = {labels[0]: labels[1], labels[1]: labels[0]}

    def change(record: Record) -> Record:
        if record.get("label", "") == "" or rng.random() >= SHARE[strength]:
            return record
        return {**record, "label": other[str(record["label"])], "label_source": SOURCE}

    return shadow.changed(change)
