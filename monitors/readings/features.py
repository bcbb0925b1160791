"""Every feature against the baseline: PSI with its p-value, and the shares missing, out of range and never seen.

A numeric feature counts its baseline bins, then missing, below, above; a categorical one its vocabulary, then unseen,
missing. Blind to changes that keep every marginal distribution (pairs of features are another family).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import pairwise

import numpy as np

from monitors.pane import Pane
from monitors.prepared import MISSING, UNSEEN, Prepared, padded
from monitors.readings_kit import known_psi, psi_reading, share_reading
from monitors.statistics import psi_rows
from monitors.view import View
from schemas.baselines import Categorical, Numeric
from schemas.events import Ints
from schemas.readings import Reading
from schemas.summaries import Summary


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
    yield from _numeric(pane, pane.prepared, pane.scored)
    for category in pane.prepared.baseline.categorical:
        counts = pane.scored.vectors.get(f"cat:{category.name}")
        if counts is not None:
            yield from _categorical(pane, category, counts)


def _numeric(pane: Pane, prepared: Prepared, scored: Summary) -> Iterable[Reading]:
    """All numeric features at once: one PSI of a matrix costs little more than one of a row."""
    features = prepared.baseline.numeric
    counts = [scored.vectors[f"num:{feature.name}"] for feature in features]
    inside = padded([row[:-3] for row in counts])
    if not len(inside):
        return
    values, parts = psi_rows(prepared.reference, inside)
    present = inside.sum(axis=1).astype(np.int64).tolist()
    for i, feature in enumerate(features):
        width, n = len(feature.counts), present[i]
        if width > 1:
            if n:
                pair = (prepared.reference[i, :width].astype(np.int64), counts[i][:width])
                found = (float(values[i]), parts[i, :width])
                yield known_psi(pane, "feature.psi", feature.name, pair, found, partial(_bins, feature))
            else:
                yield pane.reading("feature.psi", 0, None, feature=feature.name)
        missing, below, above = counts[i][width:].tolist()
        rows = prepared.baseline.rows
        yield from _missing(pane, feature.name, (feature.missing, rows), missing, n)
        if n:
            # By construction nothing of the reference lies outside its own range.
            yield share_reading(
                pane, "feature.out_of_range", below + above, n, (0, rows - feature.missing), feature=feature.name
            )


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
    yield from _missing(
        pane, category.name, (category.missing, category.missing + rows), int(counts[width + 1]), present
    )
    if present:
        unseen = int(counts[width])
        yield share_reading(pane, "feature.unseen", unseen, present, (category.other, rows), feature=category.name)


def _missing(pane: Pane, name: str, before: tuple[int, int], now: int, present: int) -> Iterable[Reading]:
    if now + present:
        yield share_reading(pane, "feature.missing", now, now + present, before, feature=name)
