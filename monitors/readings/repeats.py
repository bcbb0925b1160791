"""Numeric features that stand still: one value repeated much more often than in the baseline, or nothing else at all.

Values are counted in eight buckets by a hash of the value, so equal values meet and near ones do not.
`feature.repeated` is the share of the bucket that rose most, and its effect the rise: 0.3 means that about 30 % of the
events carry a value stuck or filled in. p is the exact share test of that bucket, times the buckets in use; below a
rise of `WORTH` it is not worked out and given as 1. `constant` in the evidence: all events fell into one bucket, the
baseline's did not.

Blind to categories and to features of so few values that each is a bin of its own, such as a yes or no: there a value
that comes more often is another mix, which `feature.psi` sees and names. Blind also to features that had next to one
value before, and to coordinates of embeddings. A feature that follows the clock, such as the hour, stands still by
nature.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitors.abreast import Abreast
from monitors.coordinates import coordinates
from monitors.counted import Counted
from monitors.pane import Pane
from monitors.readings_kit import reference_of
from monitors.sample import Sample
from monitors.statistics import share_p
from schemas.baselines import Baseline, Numeric
from schemas.events import Floats, Ints
from schemas.readings import Reading

ABREAST = True
WHOLE = True
BUCKETS = 8
WORTH = 0.05
MIX = np.uint32(0x9E3779B1)  # 2^32 over the golden ratio, odd: every bit moves the upper ones


def buckets(values: Floats) -> NDArray[np.uint32]:
    """Each number's bucket; any fixed function of the value alone will do."""
    with np.errstate(over="ignore", invalid="ignore"):
        bits = np.add(values, 0.0, dtype=np.float32, casting="unsafe").view(np.uint32)  # -0.0 becomes 0.0
    return np.asarray((bits * MIX) >> np.uint32(29), dtype=np.uint32)


def watched(baseline: Baseline) -> Ints:
    """Positions of the numeric features that are looked at."""
    names = [feature.name for feature in baseline.numeric]
    inside = set(coordinates(names))
    return np.array([j for j in range(len(names)) if j not in inside], dtype=np.int64)


def reference(sample: Sample) -> dict[str, Ints]:
    """`ref:repeats`: the buckets of the baseline's rows; nothing but zeros for a feature that PSI sees wholly."""
    chosen = watched(sample.baseline)
    values = sample.x[:, chosen]
    if not values.shape[1]:
        return {}
    counts = np.zeros((len(chosen), BUCKETS), dtype=np.int64)
    for i, j in enumerate(chosen.tolist()):
        if not _told_apart(values[:, i], sample.baseline.numeric[j]):
            counts[i] = np.bincount(buckets(values[:, i][~np.isnan(values[:, i])]), minlength=BUCKETS)
    return {"ref:repeats": counts.ravel()}


def _told_apart(values: Floats, feature: Numeric) -> bool:
    """Whether each value is a bin of its own."""
    return len(np.unique(values[~np.isnan(values)])) <= len(feature.counts)


def summarise(abreast: Abreast) -> Iterator[tuple[int, Counted]]:
    """`repeats`: buckets of all watched features; nothing where a baseline has none."""
    if not abreast.known:
        return
    whole, place = abreast.whole, abreast.lines(lambda prepared: prepared.made("places of repeats", _places))
    columns = np.flatnonzero((place >= 0).any(axis=0))
    widths = (place >= 0).sum(axis=1) * BUCKETS
    values, at = whole.num[:, columns], abreast.by_row(place[:, columns])
    seen = ~np.isnan(values) & (at >= 0)
    flat = buckets(values) + at * BUCKETS + abreast.starts(widths)[whole.group][:, None]
    counts = abreast.counted([flat.ravel() if seen.all() else flat[seen]], widths)
    there = np.bincount(whole.group[seen.any(axis=1)], minlength=whole.groups)[:, None] > 0
    first, everywhere = 0, bool(there.all())
    for model, (view, width) in enumerate(zip(abreast.views, widths.tolist(), strict=True)):
        some = there[first : first + view.groups]
        first += view.groups
        if width:
            yield model, Counted(("repeats",), (width,), counts[model], None if everywhere else some)


def _places(baseline: Baseline) -> Ints:
    """Of each numeric feature its place among those that are looked at, -1 for none."""
    places = np.full(len(baseline.numeric), -1, dtype=np.int64)
    if "ref:repeats" in baseline.vectors:
        chosen = watched(baseline)
        places[chosen] = np.arange(len(chosen))
    return places


def read(pane: Pane) -> Iterable[Reading]:
    """`feature.repeated` of every feature that had more than one value."""
    if pane.prepared is None or pane.scored is None:
        return
    chosen = pane.prepared.made("repeats", watched)
    before = reference_of(pane, "ref:repeats", len(chosen) * BUCKETS)
    now = pane.scored.vectors.get("repeats")
    if before is None or now is None or len(now) != len(before):
        return
    before, now = before.reshape(-1, BUCKETS), now.reshape(-1, BUCKETS)
    n_before, n_now = before.sum(axis=1), now.sum(axis=1)
    rise = now / np.maximum(n_now, 1)[:, None] - before / np.maximum(n_before, 1)[:, None]
    top = rise.argmax(axis=1).tolist()
    used = ((before > 0) | (now > 0)).sum(axis=1).tolist()
    varied = ((before > 0).sum(axis=1) > 1) & (n_now > 0)
    numeric = pane.prepared.baseline.numeric
    for i in np.flatnonzero(varied).tolist():
        hits, n, effect = int(now[i, top[i]]), int(n_now[i]), float(rise[i, top[i]])
        p = 1.0
        if effect >= WORTH:
            chance = share_p(hits, n, int(before[i, top[i]]), int(n_before[i]))
            p = min(1.0, pane.independent(chance, n, int(n_before[i])) * used[i])
        usual = float(before[i, top[i]] / n_before[i])
        evidence = partial(_evidence, numeric[chosen[i]].name, hits == n, effect)
        yield pane.reading(
            "feature.repeated",
            n,
            hits / n,
            feature=numeric[chosen[i]].name,
            expected=usual,
            p=p,
            effect=effect,
            evidence=evidence,
        )


def _evidence(name: str, constant: bool, rise: float) -> dict[str, Any]:
    return {"constant": constant, "contributors": [{"name": f"{name}: one value again and again", "share": rise}]}
