"""Query signatures of a batch: for each (minute, principal) the queries with the smallest hash, in columns.

Works on the few rows that are kept, so a busy model costs no more per event than a quiet one. Fingerprints are salted
anew every week from the deployment's secret; without a secret they are as good as unsalted.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from monitors.ladder import Ladder
from monitors.prepared import MISSING, UNSEEN, Prepared
from monitors.view import Names, View
from monitors.week import MONDAY_NS, WEEK_NS
from schemas.baselines import Baseline
from schemas.events import MINUTE_NS, Floats, Ints, name_hash
from schemas.queries import FEATURES, NONE, Queries, layout, room, turn_hash

CODES = 40  # a number has at most 35: 33 knots, below and above them
RANKS = 33
KNOTS = "ref:query_knots"
OTHER = CODES - 1  # of categories that are not among the baseline's, or too rare to have a code of their own
HOUR_MINUTES = 60
_ODD = np.uint64(0x9E3779B97F4A7C15)
Bytes = NDArray[np.uint8]
Hashes = NDArray[np.uint64]


def chosen(baseline: Baseline) -> tuple[Ints, Ints]:
    """Places of the numeric and of the categorical features a signature has."""
    names = [f.name for f in baseline.numeric] + [f.name for f in baseline.categorical]
    kept = np.sort(np.array(sorted(range(len(names)), key=lambda j: name_hash(names[j]))[:FEATURES], dtype=np.int64))
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
    return [np.unique(row) for row in bits.view(np.float64).reshape(len(numeric), -1)]


def largest(baseline: Baseline) -> Floats:
    """The last knot of each number chosen."""
    return np.array([steps[-1] for steps in scales(baseline)], dtype=np.float64)


def knots_of(x: Floats) -> tuple[int, ...]:
    """What `scales` reads of a baseline's vectors, of columns of numbers; vectors are integers, so halves of bits."""
    ranks = np.linspace(0, 1, RANKS)
    columns = [np.nanquantile(column, ranks, method="inverted_cdf") for column in x.T]
    return tuple(np.concatenate(columns).view(np.uint32).tolist()) if columns else ()


def codes_of(prepared: Prepared, num: Floats, cat: Ints) -> Bytes:
    """Shape (rows, features chosen): between which knots a number lies, which category it is; what is absent is 0."""
    numeric, categorical = prepared.made("queries.chosen", chosen)
    mine = num[:, numeric]
    codes = np.zeros((len(num), len(numeric) + len(categorical)), dtype=np.uint8)
    codes[:, : len(numeric)] = prepared.made("queries.ladder", lambda baseline: Ladder(scales(baseline))).below(mine)
    codes[:, : len(numeric)] += mine > prepared.made("queries.largest", largest)
    codes[:, : len(numeric)][np.isnan(mine)] = 0
    places = cat[:, categorical]
    known = np.where(places == MISSING, 0, np.minimum(places + 1, OTHER))
    codes[:, len(numeric) :] = np.where(places == UNSEEN, OTHER, known)
    return codes


@lru_cache(maxsize=64)
def salt(secret: bytes, week: int) -> int:
    """64 bits that only the deployment knows, others every week."""
    return int.from_bytes(blake2b(f"queries {week}".encode(), key=secret[:64], digest_size=8).digest(), "big")


def queries_of(
    view: View,
    hashes: Hashes,
    minute: Ints,
    names: Names,
    limits: tuple[int, int],
    secret: bytes,
) -> list[Queries]:
    """Per group of the view its signatures; `minute` is each group's, in minutes since 1970."""
    result = [NONE] * view.groups
    (principals, who), (_, label) = names.principal, names.prediction
    if view.prepared is None or not limits[1]:
        return result
    width = sum(map(len, view.prepared.made("queries.chosen", chosen)))
    limits = room(*limits, width), limits[1]
    rows = _kept(view, hashes, minute, names, limits)
    if not len(rows):
        return result
    at = view.rows[rows]
    made = np.zeros(len(rows), layout(width))
    weeks = (minute[view.group[rows]] * MINUTE_NS - MONDAY_NS) // WEEK_NS
    salts = np.zeros(len(rows), dtype=np.uint64)
    for week in set(weeks.tolist()):
        salts[weeks == week] = salt(secret, week)
    made["hash"], made["time"] = hashes[at], view.batch.ts_ns[at]
    made["label"] = names.marks[label[at]]
    made["top"] = _top(view, at)
    made["codes"] = codes_of(view.prepared, view.num[rows], view.cat[rows])
    _fingerprints(made, view, rows, salts)
    size = made.dtype.itemsize
    pair = view.group[rows] * len(principals) + who[at]
    starts = [0, *(np.flatnonzero(np.diff(pair)) + 1).tolist(), len(pair)]
    packed, of = made.tobytes(), [dict[str, bytes]() for _ in range(view.groups)]
    for first, last in pairwise(starts):
        of[int(view.group[rows[first]])][principals[who[at[first]]]] = packed[first * size : last * size]
    for g, found in enumerate(of):
        if found:
            result[g] = Queries(int(minute[g]) // HOUR_MINUTES, width, dict(sorted(found.items())))
    return result


def _kept(view: View, hashes: Hashes, minute: Ints, names: Names, limits: tuple[int, int]) -> Ints:
    """Rows of the view that are kept, by group, principal and hash."""
    principals, who = names.principal
    code, hash = who[view.rows], hashes[view.rows]
    order = np.lexsort((hash, code, view.group))
    pair = (view.group * len(principals) + code)[order]
    fresh = np.append(True, pair[1:] != pair[:-1])
    starts = np.flatnonzero(fresh)
    within = np.arange(len(pair)) - starts[np.cumsum(fresh) - 1]
    keep = (within < limits[1]) & names.given[view.rows[order]]
    counts = np.bincount(pair[starts] // len(principals), minlength=view.groups)
    for g in np.flatnonzero(counts > limits[0]).tolist():
        here = np.unique(code[view.group == g]).tolist()
        turn = int(minute[g]) // HOUR_MINUTES
        some = sorted((c for c in here if principals[c]), key=lambda c: turn_hash(turn, principals[c]))[: limits[0]]
        keep &= (view.group[order] != g) | np.isin(code[order], some)
    return np.asarray(order[keep])


def _top(view: View, at: Ints) -> NDArray[np.uint16]:
    """The largest class probability in 65535ths; of a lone score its own or the other class's; 0 where unknown."""
    score = view.batch.score[at]
    top = np.maximum(score, 1.0 - score)
    if view.places.tops is not None:
        top = np.where(view.places.tops.listed[at], view.places.tops.top[at], top)
    with np.errstate(invalid="ignore"):
        known = (top >= 0) & (top <= 1)
    return (np.where(known, top, 0.0) * 65535).astype(np.uint16)


def _fingerprints(made: NDArray[np.void], view: View, rows: Ints, salts: Hashes) -> None:
    """Eight bits of each chosen feature's exact value, and 32 of all features together."""
    assert view.prepared is not None
    numeric, categorical = view.prepared.made("queries.chosen", chosen)
    bits = (view.num[rows] + 0.0).view(np.uint64)  # -0.0 is 0.0
    salted = (np.concatenate([bits, view.cat[rows].astype(np.uint64)], axis=1) ^ salts[:, None]) * _ODD
    salted = (salted ^ (salted >> np.uint64(29))) * _ODD
    prints = (salted >> np.uint64(56)).astype(np.uint8)
    made["prints"] = prints[:, np.concatenate([numeric, categorical + view.num.shape[1]])]
    places = np.arange(1, salted.shape[1] + 1, dtype=np.uint64) * _ODD
    made["whole"] = ((salted ^ places) * (places | np.uint64(1))).sum(axis=1, dtype=np.uint64) >> np.uint64(32)
