"""A boundary attack on single cases: binary searches towards the decision's boundary, along random directions.

After Brendel et al., "Decision-based adversarial attacks", ICLR 2018, without its step along the boundary. Categories
are kept as they are.
"""

from __future__ import annotations

import numpy as np

from monitors.drills import Record, Shadow
from monitors.drills.kinds._asking import scales, shifted

FAMILIES = ("evasion", "extraction", "inversion", "membership")
MEANING = "somebody searches for an input that is misread"
NEEDS = "numbers that vary"
METRICS = ("attack.",)
GAPS = "a search spread over many accounts is not tried"
QUERIES = (100, 400, 1500)
DIRECTIONS = 12  # searches from one case
STEPS = 10  # of one search
FAR = 4.0  # standard deviations, the longest step


def inject(shadow: Shadow, strength: int, rng: np.random.Generator) -> list[Record] | None:
    if not shadow.numbers:
        return None
    names, scale = scales(shadow)
    chains = -(-QUERIES[strength] // STEPS)
    cases = [case for case in shadow.cases(rng, -(-chains // DIRECTIONS)) for _ in range(DIRECTIONS)][:chains]
    ways = rng.normal(size=(chains, len(names)))
    ways *= scale / np.linalg.norm(ways, axis=1, keepdims=True)
    usual = [answer["prediction"] for answer in shadow.surrogate.answers(cases)]
    near, far = np.zeros(chains), np.full(chains, FAR)
    asked: list[list[Record]] = [[] for _ in cases]
    for _ in range(STEPS):
        middle = (near + far) / 2
        queries = [shifted(case, names, way * m) for case, way, m in zip(cases, ways, middle, strict=True)]
        for i, answer in enumerate(shadow.surrogate.answers(queries)):
            asked[i].append(queries[i])
            side = near if answer["prediction"] == usual[i] else far
            side[i] = middle[i]
    return shadow.asked([query for chain in asked for query in chain][: QUERIES[strength]])
