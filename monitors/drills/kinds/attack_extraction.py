"""Extraction: uniform queries over the whole range of every number, to train a copy on the answers.

After Tramèr et al., "Stealing machine learning models via prediction APIs", USENIX Security 2016.
"""

from __future__ import annotations

import numpy as np

from monitors.drills import Record, Shadow
from monitors.drills.kinds._asking import scales

FAMILIES = ("extraction", "evasion", "inversion", "membership", "anomaly")
MEANING = "somebody copies the model by its answers"
NEEDS = "numbers that vary"
METRICS = ("attack.",)
GAPS = "uniform queries over a few numbers that do not depend on one another are not seen: each looks like a customer's"
QUERIES = (100, 400, 1500)


def inject(shadow: Shadow, strength: int, rng: np.random.Generator) -> list[Record] | None:
    if not shadow.numbers:
        return None
    names, _ = scales(shadow)
    ends = {name: (float(shadow.spread(name)[0]), float(shadow.spread(name)[-1])) for name in names}
    queries = []
    for case in shadow.cases(rng, QUERIES[strength]):
        queries.append({**case, **{name: float(rng.uniform(*ends[name])) for name in names if name in case}})
    return shadow.asked(queries)
