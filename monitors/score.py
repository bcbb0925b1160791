"""Half-space scores and flags for many views at once: models with equally many features share one walk of the trees."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable

import numpy as np

from monitors.halfspace import score_groups
from monitors.prepared import MISSING, UNSEEN, Prepared
from monitors.view import View
from schemas.events import ANOMALOUS, MISSING_FEATURE, OUT_OF_RANGE, UNSEEN_CATEGORY, Floats

Scored = tuple[View, Prepared]


def score_views(views: list[View]) -> None:
    """Fill `anomaly` and `flags` of every view that has a baseline."""
    scored = [(view, view.prepared) for view in views if view.prepared is not None]
    for same in _alike(scored, lambda view, prepared: (view.num.shape[1], view.cat.shape[1])):
        flag(same)
    for same in _alike(scored, lambda view, prepared: _trees(prepared)):
        _score(same)


def flag(same: list[Scored]) -> None:
    """Missing features, values outside the baseline's range, categories it never saw; of views of one width."""
    sizes = [len(view.rows) for view, _ in same]
    num, cat = (np.concatenate([getattr(view, kind) for view, _ in same]) for kind in ("num", "cat"))
    with np.errstate(invalid="ignore"):
        low, high = (_each([getattr(prepared, end) for _, prepared in same], sizes) for end in ("low", "high"))
        outside = ((num < low) | (num > high)).any(axis=1)
    missing = np.isnan(num).any(axis=1) | (cat == MISSING).any(axis=1)
    unseen = (cat == UNSEEN).any(axis=1)
    flags = (outside * OUT_OF_RANGE + missing * MISSING_FEATURE + unseen * UNSEEN_CATEGORY).astype(np.uint16)
    for (view, _), part in zip(same, np.split(flags, np.cumsum(sizes)[:-1]), strict=True):
        view.flags = part


def _score(same: list[Scored]) -> None:
    sizes = [len(view.rows) for view, _ in same]
    x = np.concatenate([prepared.scaled(view.num) for view, prepared in same])
    scores = score_groups([prepared.frozen for _, prepared in same if prepared.frozen is not None], x, sizes)
    limit = np.repeat([prepared.threshold for _, prepared in same], sizes)
    unusual = np.where(scores > limit, ANOMALOUS, 0).astype(np.uint16)
    ends = np.cumsum(sizes)[:-1]
    for (view, _), part, beyond in zip(same, np.split(scores, ends), np.split(unusual, ends), strict=True):
        view.anomaly = part
        view.flags |= beyond


def _alike(scored: Iterable[Scored], key: Callable[[View, Prepared], Hashable]) -> Iterable[list[Scored]]:
    """Those of one key together; None is left out."""
    found: dict[Hashable, list[Scored]] = {}
    for each in scored:
        found.setdefault(key(*each), []).append(each)
    found.pop(None, None)
    return found.values()


def _each(rows: list[Floats], sizes: list[int]) -> Floats:
    """A row for each event, of its own model; one row for all where there is but one model."""
    return rows[0][None] if len(rows) == 1 else np.repeat(np.stack(rows), sizes, axis=0)


def _trees(prepared: Prepared) -> tuple[int, int, int, int] | None:
    forest = prepared.baseline.forest
    return None if forest is None else (len(prepared.num_names), forest.n_trees, forest.height, forest.seed)
