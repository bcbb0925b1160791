"""Every feature against the baseline: PSI with its p-value, and the shares missing, out of range and never seen.

A numeric feature counts its baseline bins, then missing, below, above; a categorical one its vocabulary, then unseen,
missing. Blind to changes that keep every marginal distribution (pairs of features are another family).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from monitors.pane import Pane
from monitors.prepared import MISSING, UNSEEN
from monitors.readings_kit import psi_reading, share_reading
from monitors.view import View
from schemas.baselines import Categorical, Numeric
from schemas.events import Ints
from schemas.readings import Reading


def summarise(view: View) -> dict[str, Ints]:
    """`num:<feature>` and `cat:<feature>`; nothing without a baseline."""
    if view.prepared is None:
        return {}
    result: dict[str, Ints] = {}
    for j, feature in enumerate(view.prepared.baseline.numeric):
        values, width = view.num[:, j], len(feature.counts)
        missing = np.isnan(values)
        bins = np.searchsorted(view.prepared.edges[j], values, side="right")
        bins[missing] = width
        counts = view.counts(bins, width + 3)
        if view.flags.any():
            with np.errstate(invalid="ignore"):
                counts[:, width + 1] = view.sums(values < feature.low)[:, 0]
                counts[:, width + 2] = view.sums(values > feature.high)[:, 0]
        result[f"num:{feature.name}"] = counts
    for j, category in enumerate(view.prepared.baseline.categorical):
        codes, width = view.cat[:, j], len(category.vocabulary)
        bins = np.where(codes == MISSING, width + 1, np.where(codes == UNSEEN, width, codes))
        result[f"cat:{category.name}"] = view.counts(bins, width + 2)
    return result


def read(pane: Pane) -> Iterable[Reading]:
    """Readings per feature."""
    if pane.prepared is None or pane.scored is None:
        return
    for feature in pane.prepared.baseline.numeric:
        counts = pane.scored.vectors.get(f"num:{feature.name}")
        if counts is not None:
            yield from _numeric(pane, feature, counts)
    for category in pane.prepared.baseline.categorical:
        counts = pane.scored.vectors.get(f"cat:{category.name}")
        if counts is not None:
            yield from _categorical(pane, category, counts)


def _numeric(pane: Pane, feature: Numeric, counts: Ints) -> Iterable[Reading]:
    width = len(feature.counts)
    reference, inside = np.array(feature.counts, dtype=np.int64), counts[:width]
    yield from psi_reading(pane, "feature.psi", feature.name, reference, inside, lambda: _bins(feature))
    rows, present = sum(feature.counts), int(inside.sum())
    yield from _missing(pane, feature.name, (feature.missing, feature.missing + rows), int(counts[width]), present)
    if present:
        outside = int(counts[width + 1]) + int(counts[width + 2])
        # By construction nothing of the reference lies outside its own range.
        yield share_reading(pane, "feature.out_of_range", outside, present, (0, rows), feature=feature.name)


def _bins(feature: Numeric) -> list[str]:
    edges = [f"{edge:.4g}" for edge in feature.edges]
    if not edges:
        return ["all"]
    return [f"< {edges[0]}", *(f"{a} – {b}" for a, b in pairwise(edges)), f"≥ {edges[-1]}"]


def _categorical(pane: Pane, category: Categorical, counts: Ints) -> Iterable[Reading]:
    width = len(category.vocabulary)
    reference, inside = np.array([*category.counts, category.other], dtype=np.int64), counts[: width + 1]
    names = [*category.vocabulary, "(others)"]
    yield from psi_reading(pane, "feature.psi", category.name, reference, inside, lambda: names)
    rows, present = int(reference.sum()), int(inside.sum())
    yield from _missing(pane, category.name, (category.missing, category.missing + rows), int(counts[width + 1]), present)
    if present:
        unseen = int(counts[width])
        yield share_reading(pane, "feature.unseen", unseen, present, (category.other, rows), feature=category.name)


def _missing(pane: Pane, name: str, before: tuple[int, int], now: int, present: int) -> Iterable[Reading]:
    if now + present:
        yield share_reading(pane, "feature.missing", now, now + present, before, feature=name)
