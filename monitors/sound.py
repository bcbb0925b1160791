"""Whether a baseline that somebody gives can be used at all: its parts fit together and its numbers are numbers.

A worker would fail on one that is not sound, and go on failing, because baselines are kept. It does not say whether
the baseline is a good one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import isfinite

from monitors.quiet import silence
from schemas.baselines import Baseline, Categorical, Forest, Numeric
from schemas.events import OTHER
from schemas.values import MAX_NAME

LARGEST = 1 << 53  # of a count; sums of such counts stay within 64 bits
DEEPEST, MOST_TREES = 14, 1000


def faults(baseline: Baseline) -> list[str]:
    """What keeps it from being used, a sentence each; none if it is sound."""
    return list(_faults(baseline))


def _faults(baseline: Baseline) -> Iterator[str]:
    if not 0 < len(baseline.model) <= MAX_NAME or baseline.model == OTHER or len(baseline.version) > MAX_NAME:
        yield f"model {baseline.model[:40]!r}, version {baseline.version[:40]!r} cannot be the name of a model version"
    counts = (baseline.events, baseline.rows, baseline.minutes, *baseline.predictions.values())
    if baseline.number < 1 or not _counts(counts):
        yield "number, events, rows, minutes and predictions must be counts"
    if not 0 <= baseline.learnt_from_ns <= baseline.learnt_to_ns < 1 << 63:
        yield "learnt_from_ns and learnt_to_ns must be times in order"
    names = [numeric.name for numeric in baseline.numeric] + [category.name for category in baseline.categorical]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"feature {name!r} is there more than once"
    for numeric in baseline.numeric:
        yield from _numeric(numeric)
    for category in baseline.categorical:
        yield from _categorical(category)
    yield from _vectors(baseline)
    if baseline.forest is not None:
        yield from _forest(baseline.forest, len(baseline.numeric))


def _numeric(feature: Numeric) -> Iterator[str]:
    where = f"numeric feature {feature.name!r}"
    if len(feature.counts) != len(feature.edges) + 1 or not _counts((*feature.counts, feature.missing)):
        yield f"{where} has {len(feature.edges)} edges and so needs {len(feature.edges) + 1} counts"
    if not _rises(feature.edges, strictly=True):
        yield f"{where}: edges must rise"
    if not feature.knots or not _rises(feature.knots) or not _rises((feature.low, feature.high)):
        yield f"{where}: knots, and low and high, must be finite and must not fall"


def _categorical(feature: Categorical) -> Iterator[str]:
    vocabulary, counts = feature.vocabulary, (*feature.counts, feature.other, feature.missing)
    if len(feature.counts) != len(vocabulary) or len(set(vocabulary)) != len(vocabulary) or not _counts(counts):
        yield f"categorical feature {feature.name!r} needs one count for each of its different categories"


def _vectors(baseline: Baseline) -> Iterator[str]:
    widths = {name: len(counts) for name, counts in silence().vectors.items()}
    for name, values in baseline.vectors.items():
        if len(values) != widths.get(name, len(values)) or any(abs(value) > 1 << 62 for value in values):
            yield f"vector {name!r} must have {widths.get(name, len(values))} whole numbers"
    if any(len(row) != 3 or not _counts(row) for row in baseline.principals.values()):
        yield "a principal needs three counts: events, anomalous, failed"


def _forest(forest: Forest, features: int) -> Iterator[str]:
    if not (1 <= forest.n_trees <= MOST_TREES and 1 <= forest.height <= DEEPEST and forest.window > 0 and features):
        yield f"a forest needs trees, a height of at most {DEEPEST}, a window and numeric features"
        return
    nodes = forest.n_trees * (2 ** (forest.height + 1) - 1)
    if len(forest.masses) != nodes or not _counts(forest.masses) or not forest.masses[0]:
        yield f"a forest of {forest.n_trees} trees of height {forest.height} needs {nodes} masses, the first above 0"
    if not forest.calibration or not _rises(forest.calibration):
        yield "the calibration scores of the forest must be there and must not fall"


def _counts(values: Iterable[int]) -> bool:
    return all(0 <= value <= LARGEST for value in values)


def _rises(values: tuple[float, ...], *, strictly: bool = False) -> bool:
    return all(isfinite(v) for v in values) and all(a < b or (a == b and not strictly) for a, b in pairwise(values))
