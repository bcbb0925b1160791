"""A baseline from sampled rows and the counts of the time they came from. The only place that learns what is normal.

Rows are split by the parity of their hash: half-space masses learn from one half, the other calibrates them, so the
share of events beyond a calibration quantile is what it says. Deterministic: the same rows give the same baseline.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from monitors import segments
from monitors.halfspace import learn_masses, score_frozen, structure
from monitors.querylaw import query_law
from monitors.readings import references
from monitors.sample import Sample
from monitors.scale import rescale
from schemas.baselines import Baseline, Categorical, Forest, Numeric
from schemas.counts import BY
from schemas.errors import BaselineError
from schemas.events import Floats
from schemas.summaries import SampleRow, Summary
from schemas.values import text

BINS = 10  # deciles
DISCRETE = 12  # at most so many different values are bins of their own
KNOTS = 33
VOCABULARY = 256
TREES, HEIGHT, SEED = 25, 8, 1
MAX_FEATURES = 512  # those most rows have; a producer that invents names must not make a huge baseline
SMALLEST = 100  # rows; below this a quantile is a guess


@dataclass(frozen=True, slots=True)
class Learnt:
    """The time a baseline was learnt from: event time, ns, and how many minutes had events."""

    from_ns: int
    to_ns: int
    minutes: int


def learn(
    model: str,
    version: str,
    number: int,
    rows: Sequence[SampleRow],
    total: Summary,
    time: Learnt,
    origin: str = "learnt",
) -> Baseline:
    """Make a baseline.

    `rows` are a uniform sample; `total` counts all events of the time. Raises BaselineError below 100 rows.
    """
    if len(rows) < SMALLEST:
        raise BaselineError(f"{model} {version}: {len(rows)} events are too few for a baseline; at least {SMALLEST}")
    rows = sorted(rows, key=lambda row: row.hash)
    num_names, cat_names = _kinds(rows)
    x = np.array([[row.num.get(name, np.nan) for name in num_names] for row in rows]).reshape(len(rows), -1)
    keep = [j for j in range(len(num_names)) if not np.isnan(x[:, j]).all()]
    numeric = tuple(_numeric(num_names[j], x[:, j]) for j in keep)
    scaled = np.empty((len(rows), len(keep)))
    for column, feature in enumerate(numeric):
        scaled[:, column] = rescale(x[:, keep[column]], np.array(feature.knots))
    baseline = Baseline(
        model=model,
        version=version,
        number=number,
        learnt_from_ns=time.from_ns,
        learnt_to_ns=time.to_ns,
        minutes=time.minutes,
        events=total.n,
        rows=len(rows),
        numeric=numeric,
        categorical=tuple(_categorical(name, rows) for name in cat_names),
        predictions=total.predictions,
        vectors={name: tuple(c.tolist()) for name, c in sorted(total.vectors.items()) if not name.startswith(BY)},
        principals={name: tuple(counts) for name, counts in sorted(total.principals.items())},
        forest=_forest(scaled, np.array([row.hash & 1 for row in rows], dtype=bool)),
        origin=origin,
    )
    sample = Sample(baseline, rows, x[:, keep].reshape(len(rows), -1))
    more = references(sample) | segments.reference(rows) | query_law(sample)
    return msgspec.structs.replace(baseline, vectors=baseline.vectors | more)


def _kinds(rows: Sequence[SampleRow]) -> tuple[list[str], list[str]]:
    """A feature is what most of its values are; ties are categories."""
    as_number: Counter[str] = Counter(name for row in rows for name in row.num)
    as_text: Counter[str] = Counter(name for row in rows for name in row.cat)
    seen = as_number + as_text
    names = sorted(sorted(seen, key=lambda name: (-seen[name], name))[:MAX_FEATURES])
    categories = [name for name in names if as_text[name] and as_text[name] >= as_number[name]]
    return [name for name in names if name not in set(categories)], categories


def _numeric(name: str, values: Floats) -> Numeric:
    present = values[~np.isnan(values)]
    distinct = np.unique(present)
    if len(distinct) <= DISCRETE:
        edges = distinct[1:] / 2 + distinct[:-1] / 2  # halves first: a sum of two numbers may overflow
    else:
        quantiles = np.quantile(present, np.arange(1, BINS) / BINS, method="inverted_cdf")
        # An edge at the smallest value would make an empty first bin.
        edges = np.unique(quantiles[quantiles > distinct[0]])
    counts = np.bincount(np.searchsorted(edges, present, side="right"), minlength=len(edges) + 1)
    knots = np.quantile(present, np.linspace(0, 1, KNOTS), method="inverted_cdf")
    return Numeric(
        name=name,
        edges=tuple(edges.tolist()),
        counts=tuple(counts.tolist()),
        knots=tuple(knots.tolist()),
        low=float(distinct[0]),
        high=float(distinct[-1]),
        missing=len(values) - len(present),
    )


def _categorical(name: str, rows: Sequence[SampleRow]) -> Categorical:
    counts: Counter[str] = Counter()
    for row in rows:
        if name in row.cat:
            counts[row.cat[name]] += 1
        elif name in row.num:
            counts[text(row.num[name])] += 1
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    kept, rest = ranked[:VOCABULARY], ranked[VOCABULARY:]
    return Categorical(
        name=name,
        vocabulary=tuple(value for value, _ in kept),
        counts=tuple(count for _, count in kept),
        other=sum(count for _, count in rest),
        missing=len(rows) - sum(counts.values()),
    )


def _forest(scaled: Floats, calibrates: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Forest | None:
    """None where there is nothing to walk on: no numeric feature, or too few rows in a half."""
    learns, calibration = scaled[~calibrates], scaled[calibrates]
    if not scaled.shape[1] or len(learns) < SMALLEST // 4 or len(calibration) < SMALLEST // 4:
        return None
    trees = structure(scaled.shape[1], TREES, HEIGHT, SEED)
    masses = learn_masses(learns, trees, len(learns))
    scores = np.sort(score_frozen(masses, trees, calibration))
    return Forest(
        n_trees=TREES,
        height=HEIGHT,
        window=len(learns),
        seed=SEED,
        masses=tuple(int(m) for m in masses.ravel()),
        calibration=tuple(scores.tolist()),
    )
