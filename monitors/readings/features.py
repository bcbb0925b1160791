"""Every feature against the baseline: PSI with its p-value, and the shares missing, out of range and never seen.

A numeric feature counts its baseline bins, then missing, below, above; a categorical one its vocabulary, then unseen,
missing. `feature.js` is the Jensen-Shannon distance, 0 to 1, and `feature.wasserstein`, of numbers, how far values
moved on average, in the feature's unit, with values beyond the baseline's range taken as at its end; both are of the
same bins as PSI, have no p beside its, and are left out for coordinates of vectors. `feature.vanished` counts
categories that no longer come. Blind to changes that keep every marginal distribution (pairs of features are another
family).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from math import isfinite
from operator import attrgetter
from typing import Any

import numpy as np

from monitors.abreast import Abreast
from monitors.binnames import bin_names
from monitors.coordinates import coordinates
from monitors.counted import Counted
from monitors.pane import Pane
from monitors.prepared import MISSING, UNSEEN, Prepared, padded
from monitors.readings_kit import TOP, known_psi, psi_reading, reference_of, share_reading
from monitors.statistics import js, js_rows, psi_rows, share_p, wasserstein_rows
from monitors.view import View
from schemas.baselines import Baseline, Categorical
from schemas.events import OUT_OF_RANGE, Floats, Ints
from schemas.readings import Reading
from schemas.summaries import Summary

ABREAST = True
WITHOUT_P = ("feature.js", "feature.wasserstein")
DISTANCES = (*WITHOUT_P, "feature.psi")


def summarise(abreast: Abreast) -> Iterator[tuple[int, Counted]]:
    """`num:<feature>` and `cat:<feature>`; nothing without a baseline."""
    if not abreast.known:
        return
    numbers = _numbers(abreast)
    for model, view in enumerate(abreast.views):
        prepared = abreast.known[model]
        found = [Counted(*prepared.made("features", _named), numbers[model])] if prepared.num_names else []
        if prepared.cat_names:
            found.append(Counted.of(_categories(view, prepared.baseline.categorical)))
        if found:
            yield model, Counted.joined(found)


def _named(baseline: Baseline) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The vectors of numeric features, and their widths."""
    features = baseline.numeric
    return tuple(f"num:{f.name}" for f in features), tuple(len(f.counts) + 3 for f in features)


def _categories(view: View, categories: Iterable[Categorical]) -> dict[str, Ints]:
    result: dict[str, Ints] = {}
    for j, category in enumerate(categories):
        codes, width = view.cat[:, j], len(category.vocabulary)
        bins = np.where(codes == MISSING, width + 1, np.where(codes == UNSEEN, width, codes))
        result[f"cat:{category.name}"] = view.counts(bins, width + 2)
    return result


def _numbers(abreast: Abreast) -> list[Ints]:
    """Of each model one histogram of its numeric features side by side, and those of all models in one count."""
    whole = abreast.whole
    widths = abreast.lines(attrgetter("widths")) + 3
    ends, total = np.cumsum(widths, axis=1), widths.sum(axis=1)
    start = abreast.starts(total)[whole.group]
    places = [(whole.bins + abreast.by_row(ends - widths) + start[:, None]).ravel()]
    rows = np.flatnonzero(whole.flags & OUT_OF_RANGE)
    if len(rows):
        num, mine = whole.num[rows], abreast.which[rows]
        low, high = (abreast.lines(attrgetter(end))[mine] for end in ("low", "high"))
        with np.errstate(invalid="ignore"):
            for back, beyond in ((2, num < low), (1, num > high)):
                row, column = np.nonzero(beyond)
                places.append(start[rows[row]] + ends[mine[row], column] - back)
    return abreast.counted(places, total)


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
    apart = js_rows(prepared.reference, inside).tolist() if pane.asks("feature.js") else []
    far = cache(lambda: wasserstein_rows(prepared.made("widths of bins", _widths), prepared.reference, inside).tolist())
    vector = prepared.made("coordinates", lambda baseline: frozenset(coordinates([f.name for f in baseline.numeric])))
    present = inside.sum(axis=1).astype(np.int64).tolist()
    for i, feature in enumerate(features):
        width, n = len(feature.counts), present[i]
        if width > 1 and any(feature.counts):
            if n:
                pair = (prepared.reference[i, :width].astype(np.int64), counts[i][:width])
                found = (float(values[i]), parts[i, :width])
                more = partial(_far, far, i)
                yield known_psi(pane, "feature.psi", feature.name, pair, found, partial(bin_names, feature), more)
                if i not in vector and apart:
                    yield pane.reading("feature.js", n, apart[i], feature=feature.name, expected=0.0)
                if i not in vector and pane.asks("feature.wasserstein") and more():
                    yield pane.reading("feature.wasserstein", n, far()[i], feature=feature.name, expected=0.0)
            else:
                yield pane.reading("feature.psi", 0, None, feature=feature.name)
        missing, below, above = counts[i][width:].tolist()
        rows = prepared.baseline.rows
        yield from _missing(pane, feature.name, (feature.missing, rows), missing, n)
        if n and pane.asks("feature.out_of_range"):
            # Beyond the smallest or the largest of some rows is as rare as beyond the second largest: one of them was.
            before = (1, rows - feature.missing)
            own = reference_of(pane, f"num:{feature.name}", width + 3)  # a segment's, counted
            if own is not None:
                before = (int(own[-2:].sum()), rows - feature.missing)
            yield share_reading(pane, "feature.out_of_range", below + above, n, before, feature=feature.name)


def _far(far: Callable[[], list[float]], i: int) -> dict[str, Any]:
    """For evidence, of the i-th feature; nothing where bins are too wide for a number."""
    return {"wasserstein": far()[i]} if isfinite(far()[i]) else {}


def _widths(baseline: Baseline) -> Floats:
    """How wide the bins are, the outer ones up to the baseline's range; beyond what a number holds, infinite."""
    with np.errstate(over="ignore", invalid="ignore"):
        return padded([np.diff([f.low, *f.edges, f.high])[: len(f.counts)] for f in baseline.numeric])


def _categorical(pane: Pane, category: Categorical, counts: Ints) -> Iterable[Reading]:
    width = len(category.vocabulary)
    reference, inside = np.array([*category.counts, category.other], dtype=np.int64), counts[: width + 1]
    names = [*category.vocabulary, "(others)"]
    yield from psi_reading(pane, "feature.psi", category.name, reference, inside, lambda: names)
    rows, present = int(reference.sum()), int(inside.sum())
    if rows and present and len(names) > 1 and pane.asks("feature.js"):
        yield pane.reading("feature.js", present, js(reference, inside), feature=category.name, expected=0.0)
    yield from _missing(
        pane, category.name, (category.missing, category.missing + rows), int(counts[width + 1]), present
    )
    if present and pane.asks("feature.unseen"):
        unseen = int(counts[width])
        # What came only once could as well have come later and been new then: so many are to be expected (Good-Turing).
        rare = category.other + sum(count == 1 for count in category.counts)
        yield share_reading(pane, "feature.unseen", unseen, present, (rare, rows), feature=category.name)
    if present and pane.asks("feature.vanished"):
        yield _vanished(pane, category, inside, present)


def _vanished(pane: Pane, category: Categorical, inside: Ints, n: int) -> Reading:
    """Categories of which nothing is left: the share they had, and p of the commonest of them times their number."""
    before, rows = np.array(category.counts, dtype=np.int64), sum(category.counts) + category.other
    gone = np.flatnonzero((inside[: len(before)] == 0) & (before > 0))
    if not len(gone):
        return pane.reading("feature.vanished", n, 0.0, feature=category.name, expected=0.0, p=1.0, effect=0.0)
    most, share = int(before[gone].max()), float(before[gone].sum() / rows)
    # A share that falls to nothing is the share of all others, risen to everything.
    p = pane.independent(share_p(n, n, rows - most, rows), n, rows) * int((before > 0).sum())

    def evidence() -> dict[str, Any]:
        first = sorted(gone.tolist(), key=lambda i: -before[i])[:TOP]
        return {"vanished": [{"name": category.vocabulary[i], "share": float(before[i] / rows)} for i in first]}

    return pane.reading(
        "feature.vanished",
        n,
        float(len(gone)),
        feature=category.name,
        expected=0.0,
        p=min(1.0, p),
        effect=share,
        evidence=evidence,
    )


def _missing(pane: Pane, name: str, before: tuple[int, int], now: int, present: int) -> Iterable[Reading]:
    if now + present and pane.asks("feature.missing"):
        yield share_reading(pane, "feature.missing", now, now + present, before, feature=name)
