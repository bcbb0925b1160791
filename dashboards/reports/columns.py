"""Rows of the store as columns of a `Sample`, features by name."""

from __future__ import annotations

import numpy as np

from dashboards.reader import Rows
from monitors.weekly.rows import Rows as Sample
from monitors.weekly.rows import Texts
from schemas.events import Floats


def sample(rows: Rows, names: Rows, from_ns: int, until_ns: int, drawn_from: int) -> Sample:
    """`names` say which features each feature set holds; a feature that a row's set lacks is missing there."""
    num: dict[str, Floats] = {}
    cat: dict[str, Texts] = {}
    sets = np.array([row["feature_set"] for row in rows], dtype=np.uint64)
    for known in names:
        at = np.flatnonzero(sets == np.uint64(known["id"])).tolist()
        for i, name in enumerate(known["num_names"]):
            column = num.setdefault(name, np.full(len(rows), np.nan))
            column[at] = [rows[k]["num"][i] if i < len(rows[k]["num"]) else np.nan for k in at]
        for i, name in enumerate(known["cat_names"]):
            words = cat.setdefault(name, np.full(len(rows), "", dtype=object))
            words[at] = [rows[k]["cat"][i] if i < len(rows[k]["cat"]) else "" for k in at]
    score = np.array([np.nan if row["score"] is None else row["score"] for row in rows], dtype=np.float64)
    return Sample(
        from_ns,
        until_ns,
        drawn_from,
        np.array([row["ts_ns"] for row in rows], dtype=np.int64),
        dict(sorted(num.items())),
        dict(sorted(cat.items())),
        score,
        *(
            np.array([row[name] for row in rows], dtype=object)
            for name in ("prediction", "label", "segment", "version")
        ),
    )
