"""Half-space scores and flags for many views at once: models with equally many features share one walk of the trees."""

from __future__ import annotations

import numpy as np

from monitors.halfspace import score_groups
from monitors.prepared import MISSING, UNSEEN, Prepared
from monitors.view import View
from schemas.baselines import Forest
from schemas.events import ANOMALOUS, MISSING_FEATURE, OUT_OF_RANGE, UNSEEN_CATEGORY


def score_views(views: list[View]) -> None:
    """Fill `anomaly` and `flags` of every view that has a baseline."""
    shapes: dict[tuple[int, int, int, int], list[View]] = {}
    for view in views:
        if view.prepared is None:
            continue
        flag(view)
        forest = view.prepared.baseline.forest
        if forest is not None:
            shapes.setdefault(_shape(view.prepared, forest), []).append(view)
    for same in shapes.values():
        prepared = [view.prepared for view in same if view.prepared is not None]
        sizes = [len(view.rows) for view in same]
        x = np.concatenate([p.scaled(view.num) for p, view in zip(prepared, same, strict=True)])
        scores = score_groups([p.frozen for p in prepared if p.frozen is not None], x, sizes)
        for view, p, part in zip(same, prepared, np.split(scores, np.cumsum(sizes)[:-1]), strict=True):
            view.anomaly = part
            view.flags |= np.where(part > p.threshold, ANOMALOUS, 0).astype(np.uint16)


def flag(view: View) -> None:
    """Missing features, values outside the baseline's range, categories it never saw."""
    assert view.prepared is not None
    with np.errstate(invalid="ignore"):
        outside = ((view.num < view.prepared.low) | (view.num > view.prepared.high)).any(axis=1)
    missing = np.isnan(view.num).any(axis=1) | (view.cat == MISSING).any(axis=1)
    unseen = (view.cat == UNSEEN).any(axis=1)
    view.flags = (outside * OUT_OF_RANGE + missing * MISSING_FEATURE + unseen * UNSEEN_CATEGORY).astype(np.uint16)


def _shape(prepared: Prepared, forest: Forest) -> tuple[int, int, int, int]:
    return len(prepared.num_names), forest.n_trees, forest.height, forest.seed
