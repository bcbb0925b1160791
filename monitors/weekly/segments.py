"""Parts of a week's traffic: how much each is, how its decisions differ from the rest, and where a change comes from.

A disparity of decisions is a reason to look, not a proof of unfairness: segments differ in more than what they are
called. Segments are the values of the records' `segment` object and of features that settings name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monitors.segments import parsed
from monitors.weekly.changes import ENOUGH, bins_of, words_of
from monitors.weekly.rows import BLOCKS, Rows
from monitors.weekly.worth import Effect, block_counts, design_effect, difference, histograms, holm
from schemas.baselines import Baseline

MOST = 24  # segments shown, the largest first
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Segment:
    """One part: its share of the traffic before and now, and its decisions against all other traffic of the week.

    `ratio` is its share of the decision over the others'. `p_all` is adjusted for all segments (Holm).
    """

    name: str
    n: int
    traffic: float
    traffic_before: float | None
    share: float
    rest: float
    disparity: Effect
    ratio: float | None
    p_all: float


def masks(rows: Rows, keys: Sequence[str]) -> dict[str, Mask]:
    """Rows of each "key=value", the commonest first, at most MOST."""
    texts, codes = np.unique(rows.segment, return_inverse=True)
    found: dict[str, Mask] = {}
    for i, text in enumerate(texts):
        for key, value in parsed(text).items() if text else ():
            name = f"{key}={value}"
            found[name] = found.get(name, np.zeros(len(rows), bool)) | (codes == i)
    for key in keys:
        if key in rows.cat:
            for value in np.unique(rows.cat[key]):
                if value:
                    found[f"{key}={value}"] = rows.cat[key] == value
    largest = sorted(found, key=lambda name: (-int(found[name].sum()), name))[:MOST]
    return {name: found[name] for name in largest}


def disparities(reference: Rows | None, week: Rows, keys: Sequence[str], decision: str) -> list[Segment]:
    """Each segment with enough events whose rest has enough too; the largest disparity first."""
    before = {} if reference is None or not len(reference) else masks(reference, keys)
    answered = week.prediction != ""
    hit = week.prediction == decision
    found = []
    for name, mask in masks(week, keys).items():
        inside, outside = mask & answered, ~mask & answered
        if min(inside.sum(), outside.sum()) < ENOUGH:
            continue
        counts = [block_counts(np.where(side, hit, -1), week.blocks, 2, BLOCKS) for side in (inside, outside)]
        share, rest = (float(c[:, 1].sum() / c.sum()) for c in counts)
        worth = [float(c.sum() / design_effect(c)) for c in counts]
        effect = difference(rest, worth[1], share, worth[0])
        was = float(before[name].mean()) if name in before else None
        ratio = share / rest if rest > 0 else None
        found.append(Segment(name, int(mask.sum()), float(mask.mean()), was, share, rest, effect, ratio, 1.0))
    adjusted = holm([each.disparity.p for each in found])
    found = [replace(each, p_all=p) for each, p in zip(found, adjusted)]
    return sorted(found, key=lambda each: (-abs(each.disparity.value), each.name))


def where_moved(
    baseline: Baseline, reference: Rows, week: Rows, keys: Sequence[str], feature: str
) -> Iterator[tuple[str, int, Effect]]:
    """Segment by segment: how far a feature moved inside it, against the same segment of the reference."""
    before, now = masks(reference, keys), masks(week, keys)
    for name in now:
        if name in before and min(before[name].sum(), now[name].sum()) >= ENOUGH:
            sides = [_coded(baseline, rows.where(mask), feature) for rows, mask in
                     ((reference, before[name]), (week, now[name]))]  # fmt: skip
            if all(side.any() for side in sides):
                yield name, int(now[name].sum()), histograms(*sides)


def _coded(baseline: Baseline, rows: Rows, feature: str) -> NDArray[np.int64]:
    for numeric in baseline.numeric:
        if numeric.name == feature:
            codes = bins_of(rows.num[feature], np.array(numeric.edges))
            return block_counts(codes, rows.blocks, len(numeric.edges) + 1, BLOCKS)
    (words,) = (each for each in baseline.categorical if each.name == feature)
    codes = words_of(rows.cat[feature], words.vocabulary)
    return block_counts(codes, rows.blocks, len(words.vocabulary) + 1, BLOCKS)
