"""Which segment a change of the whole model comes from. It only explains: nothing is tested, no budget is spent.

PSI adds up over segment times bin: with o and r the observed and the usual shares of all events that fall into segment
s and bin b, sum over s and b of (o_sb - r_sb) ln(o_b / r_b) is the model's PSI. A share (missing values, errors, wrong
answers) is a histogram of two bins. What is usual for a segment are its reference counts once they are complete, until
then those of the whole model; how much of the traffic it has is the baseline's. A segment that is much of the traffic
carries much of any change, so "most of it" is said only of one that carries far more than it has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from monitors.binnames import bin_names
from monitors.parts import Part
from monitors.prepared import Prepared
from monitors.segments import Dimension
from monitors.truth import KINDS, WRONG
from schemas.baselines import Baseline
from schemas.events import Floats, Ints
from schemas.summaries import Summary

MOST = 0.5  # of the change
BEYOND = 1.5  # times its share of the traffic
TOP = 5
FEWEST = 30  # events of a segment, below which it is not named


def _row(summary: Summary, feature: str) -> tuple[Ints, bool] | None:
    """Counts of a feature, and whether it is a category."""
    for kind in ("num", "cat"):
        if f"{kind}:{feature}" in summary.vectors:
            return summary.vectors[f"{kind}:{feature}"], kind == "cat"
    return None


def _psi(summary: Summary, feature: str, baseline: Baseline) -> Ints | None:
    found = _row(summary, feature)
    return None if found is None else found[0][:-1] if found[1] else found[0][:-3]


def _missing(summary: Summary, feature: str, baseline: Baseline) -> Ints | None:
    found = _row(summary, feature)
    if found is None:
        return None
    row, category = found
    return _shares(int(row[-1]), int(row.sum())) if category else _shares(int(row[-3]), int(row[:-2].sum()))


def _beyond(summary: Summary, feature: str, baseline: Baseline) -> Ints | None:
    row = summary.vectors.get(f"num:{feature}")
    return None if row is None else _shares(int(row[-2:].sum()), int(row[:-3].sum()))


def _unseen(summary: Summary, feature: str, baseline: Baseline) -> Ints | None:
    row = summary.vectors.get(f"cat:{feature}")
    return None if row is None else _shares(int(row[-2]), int(row[:-1].sum()))


def _score(summary: Summary, feature: str, baseline: Baseline) -> Ints | None:
    return summary.vectors.get("score")


def _decision(summary: Summary, feature: str, baseline: Baseline) -> Ints | None:
    counts = summary.vectors.get("score")
    if counts is None or not counts.any():
        return None
    return _shares(int(counts[len(counts) // 2 :].sum()), int(counts.sum()))


def _predictions(summary: Summary, feature: str, baseline: Baseline) -> Ints | None:
    known = [summary.predictions.get(name, 0) for name in sorted(baseline.predictions)]
    return np.array([*known, sum(summary.predictions.values()) - sum(known)], dtype=np.int64)


def _failed(summary: Summary, feature: str, baseline: Baseline) -> Ints | None:
    return _shares(int(summary.vectors["failed"][0]), summary.n)


def _unusual(summary: Summary, feature: str, baseline: Baseline) -> Ints | None:
    row = summary.vectors.get("unusual")
    return None if row is None else _shares(int(row[1]), int(row[0]))


def _wrong(summary: Summary, feature: str, baseline: Baseline) -> Ints | None:
    """Of all labels, or of those that the reading is about: missed positives, false alarms."""
    kind = next((name for prefix, name in KINDS if prefix and feature.startswith(prefix)), "label_judged")
    counts = summary.vectors.get(kind)
    if counts is None:
        return None
    n, nothing = int(counts.sum()), counts * 0
    if kind in WRONG:
        return _shares(int(summary.vectors.get(WRONG[kind], nothing).sum()), n)
    return _shares(n - int(summary.vectors.get("label_agree", nothing).sum()), n)


def _shares(hits: int, n: int) -> Ints:
    return np.array([n - hits, hits], dtype=np.int64)


Counted = Callable[[Summary, str, Baseline], Ints | None]
COUNTS: Mapping[str, Counted] = {
    "feature.psi": _psi,
    "feature.missing": _missing,
    "feature.out_of_range": _beyond,
    "feature.unseen": _unseen,
    "output.score_psi": _score,
    "output.score_mean": _score,
    "output.decision_share": _decision,
    "output.prediction_psi": _predictions,
    "errors.share": _failed,
    "anomaly.share": _unusual,
    "labels.errors": _wrong,
}


def worst(
    metric: str,
    feature: str,
    expected: float | None,
    prepared: Prepared,
    parts: Mapping[str, Part],
    dimensions: tuple[Dimension, ...],
) -> list[dict[str, Any]]:
    """Segments of the key that tells most: name, share of the change, share of the traffic, bin; the largest first.

    Empty where the metric is not one of counts, or nothing is counted by segment. `expected` is the usual share.
    """
    count = COUNTS.get(metric)
    if count is None:
        return []
    found = [
        _ranked(of_key)
        for dimension in dimensions
        if dimension.key != feature
        and (of_key := split(count, metric, feature, expected, prepared, parts, dimension)) is not None
    ]
    return max(found, key=lambda told: told[0]["share"] - told[0]["traffic"] if told else 0.0, default=[])


class Split(NamedTuple):
    """A change taken apart: what each segment's bin adds to the PSI, shape (segments, bins), and their names."""

    parts: Floats
    segments: list[str]
    events: list[int]
    bins: list[str]  # as many as have a name


def split(
    count: Counted,
    metric: str,
    feature: str,
    expected: float | None,
    prepared: Prepared,
    parts: Mapping[str, Part],
    dimension: Dimension,
) -> Split | None:
    """None where fewer than two segments can be compared, or nothing was counted."""
    baseline = prepared.baseline
    margin = _margin(metric, feature, expected, baseline)
    rows: list[Ints] = []
    usual: list[Floats] = []
    names: list[str] = []
    events: list[int] = []
    for label, weight in zip(dimension.labels, dimension.weights, strict=True):
        part = parts.get(label)
        if part is None or part.now is None:
            continue
        now = count(part.now, feature, baseline)
        own = count(part.reference, feature, baseline) if part.done and part.reference is not None else None
        like = margin if own is None or not own.any() else own.astype(np.float64)
        if now is None or like is None or len(like) != len(now):
            continue
        rows.append(now)
        usual.append((weight + 0.5) * (like + 0.5) / (like.sum() + 0.5 * len(like)))
        names.append(label)
        events.append(part.now.n)
    if len(rows) < 2 or not sum(int(row.sum()) for row in rows):
        return None
    counts, before = np.array(rows, dtype=np.float64), np.array(usual)
    observed, before = counts / counts.sum(), before / before.sum()
    all_bins = counts.sum(axis=0) + 0.5
    added = (observed - before) * np.log(all_bins / all_bins.sum() / before.sum(axis=0))
    return Split(added, names, events, _labels(metric, feature, baseline))


def _ranked(of_key: Split) -> list[dict[str, Any]]:
    by_segment = of_key.parts.sum(axis=1)
    total = by_segment[by_segment > 0].sum()
    if total <= 0:
        return []
    ranked = sorted(range(len(by_segment)), key=lambda s: (-by_segment[s], of_key.segments[s]))
    told = []
    for s in ranked[:TOP]:
        if by_segment[s] > 0 and of_key.events[s] >= FEWEST:
            at, traffic = int(of_key.parts[s].argmax()), of_key.events[s] / sum(of_key.events)
            fact = {"name": of_key.segments[s], "share": float(by_segment[s] / total), "traffic": traffic}
            told.append(fact | ({"bin": of_key.bins[at]} if at < len(of_key.bins) else {}))
    return told


def said(told: list[dict[str, Any]]) -> str:
    """In words, where one segment carries most of it; else ""."""
    if not told or told[0]["share"] < MOST or told[0]["share"] < BEYOND * told[0]["traffic"]:
        return ""
    return f"most of it from {told[0]['name']}: {told[0]['share']:.0%}".replace("%", " %")


def _margin(metric: str, feature: str, expected: float | None, baseline: Baseline) -> Floats | None:
    """What is usual for the whole model, in the same bins; None where the baseline does not tell."""
    if metric == "feature.psi":
        for number in baseline.numeric:
            if number.name == feature:
                return np.array(number.counts, dtype=np.float64)
        for words in baseline.categorical:
            if words.name == feature:
                return np.array([*words.counts, words.other], dtype=np.float64)
    if metric in ("output.score_psi", "output.score_mean") and "score" in baseline.vectors:
        return np.array(baseline.vectors["score"], dtype=np.float64)
    if metric == "output.prediction_psi":
        return np.array([*(n for _, n in sorted(baseline.predictions.items())), 0], dtype=np.float64)
    if expected is None or not 0 <= expected <= 1:
        return None
    return np.array([1 - expected, expected]) * max(1, baseline.rows)


def _labels(metric: str, feature: str, baseline: Baseline) -> list[str]:
    """Names of the bins, where they say something."""
    if metric != "feature.psi":
        return []
    for number in baseline.numeric:
        if number.name == feature:
            return bin_names(number)
    return next((list(words.vocabulary) for words in baseline.categorical if words.name == feature), [])
