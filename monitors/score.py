"""Half-space scores and flags of models side by side."""

from __future__ import annotations

from operator import attrgetter

import numpy as np

from monitors.abreast import Abreast
from monitors.halfspace import score_groups
from monitors.prepared import MISSING, UNSEEN
from monitors.scale import scaled
from schemas.events import ANOMALOUS, MISSING_FEATURE, OUT_OF_RANGE, UNSEEN_CATEGORY


def score(abreast: Abreast) -> None:
    """Fill in `anomaly` and `flags`, where the models have baselines."""
    whole, which, known = abreast.whole, abreast.which, abreast.known
    if not known:
        return
    low, high = (abreast.by_row(abreast.lines(attrgetter(end))) for end in ("low", "high"))
    with np.errstate(invalid="ignore"):
        outside = ((whole.num < low) | (whole.num > high)).any(axis=1)
    missing = np.isnan(whole.num).any(axis=1) | (whole.cat == MISSING).any(axis=1)
    unseen = (whole.cat == UNSEEN).any(axis=1)
    flags = outside * OUT_OF_RANGE + missing * MISSING_FEATURE + unseen * UNSEEN_CATEGORY
    frozen = [prepared.frozen for prepared in known if prepared.frozen is not None]
    if frozen:  # all have the same trees, or none has any
        x = scaled([prepared.scale for prepared in known], which, whole.num)
        whole.anomaly = score_groups(frozen, which, x)
        limit = np.array([prepared.threshold for prepared in known])
        flags |= np.where(whole.anomaly > limit[which], ANOMALOUS, 0)
    whole.flags = flags.astype(np.uint16)
