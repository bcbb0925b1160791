"""What a query signature says of each feature: a code for where its value lies, in one byte.

Numbers are told apart by the baseline's knots, categories by its vocabulary; of more than `FEATURES` features those
with the smallest hash of their name are chosen.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from monitors.ladder import Ladder, below
from monitors.prepared import MISSING, UNSEEN, Prepared
from schemas.baselines import Baseline
from schemas.events import Floats, Ints, name_hash
from schemas.queries import FEATURES

CODES = 40  # a number has at most 35: 33 knots, below and above them
RANKS = 33
KNOTS = "ref:query_knots"
OTHER = CODES - 1  # of categories that are not among the baseline's, or too rare to have a code of their own
Bytes = NDArray[np.uint8]


def chosen(baseline: Baseline) -> tuple[Ints, Ints]:
    """Places of the numeric and of the categorical features a signature has."""
    names = [f.name for f in baseline.numeric] + [f.name for f in baseline.categorical]
    kept = np.arange(len(names))
    if len(names) > FEATURES:
        kept = np.sort(np.array(sorted(range(len(names)), key=lambda j: name_hash(names[j]))[:FEATURES]))
    numeric = len(baseline.numeric)
    return kept[kept < numeric], kept[kept >= numeric] - numeric


def scales(baseline: Baseline) -> list[Floats]:
    """The different knots of each number chosen: of a discrete one its values, so that neighbours are one step apart.

    Ranks would put the two values of a flag half the range apart, and hide that a query moved in small steps.
    """
    numeric, _ = chosen(baseline)
    bits = np.array(baseline.vectors.get(KNOTS, ()), dtype=np.int64).astype(np.uint32)
    if len(bits) != len(numeric) * RANKS * 2 or not len(bits):
        return [np.unique(baseline.numeric[j].knots) for j in numeric.tolist()]
    knots = np.sort(bits.view(np.float64).reshape(len(numeric), RANKS), axis=1)
    new = np.append(np.ones((len(knots), 1), dtype=bool), knots[:, 1:] != knots[:, :-1], axis=1)
    return [row[first] for row, first in zip(knots, new, strict=True)]


def steps(baseline: Baseline) -> tuple[Ladder, Floats]:
    """The knots of the numbers chosen, and the last one of each."""
    knots = scales(baseline)
    return Ladder(knots), np.array([each[-1] for each in knots], dtype=np.float64)


def knots_of(x: Floats) -> tuple[int, ...]:
    """What `scales` reads of a baseline's vectors, of columns of numbers; vectors are integers, so halves of bits."""
    ranks = np.linspace(0, 1, RANKS)
    columns = [np.nanquantile(column, ranks, method="inverted_cdf") for column in x.T]
    return tuple(np.concatenate(columns).view(np.uint32).tolist()) if columns else ()


def chosen_of(known: Sequence[Prepared]) -> tuple[Ints, Ints]:
    """`chosen` of each, all of which have equally many: two arrays of shape (baselines, features)."""
    both = zip(*(prepared.made("queries.chosen", chosen) for prepared in known), strict=True)
    numeric, categorical = (np.concatenate(each).reshape(len(known), -1) for each in both)
    return numeric, categorical


def codes_of(known: Sequence[Prepared], which: Ints, num: Floats, cat: Ints) -> Bytes:
    """Shape (rows, features chosen): between which knots a number lies, which category it is; what is absent is 0.

    Row by row by the baseline `which`; all have equally many features, and equally many chosen.
    """
    numeric, categorical = chosen_of(known)
    mine: Floats = np.take_along_axis(num, numeric[which], axis=1)
    places: Ints = np.take_along_axis(cat, categorical[which], axis=1)
    made = [prepared.made("queries.steps", steps) for prepared in known]
    last = np.concatenate([of for _, of in made]).reshape(len(known), -1)
    codes = np.empty((len(num), mine.shape[1] + places.shape[1]), dtype=np.uint8)
    numbers, categories = np.split(codes, [mine.shape[1]], axis=1)
    numbers[:] = below([ladder for ladder, _ in made], which, mine)
    numbers += mine > last[which]
    numbers[np.isnan(mine)] = 0
    shown = np.where(places == MISSING, 0, np.minimum(places + 1, OTHER))
    categories[:] = np.where(places == UNSEEN, OTHER, shown)
    return codes
