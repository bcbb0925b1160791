"""What attacks share: the numbers they may change, their scale, and a case moved along a direction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from monitors.drills import Record, Shadow
from schemas.events import Floats


def scales(shadow: Shadow) -> tuple[list[str], Floats]:
    """Numeric features and their standard deviations."""
    names = shadow.numbers
    return names, np.array([float(shadow.spread(name).std()) for name in names])


def shifted(case: Record, names: Sequence[str], by: Floats) -> Record:
    """The case with its numbers moved; one that it lacks stays missing."""
    moved = {
        name: float(case[name]) + float(step)
        for name, step in zip(names, by)
        if isinstance(case.get(name), (int, float))
    }
    return {**case, **moved}
