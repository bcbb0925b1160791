"""Query signatures of a batch: for each (minute, principal) the queries with the smallest hash, in columns.

Works on the few rows that are kept, so a busy model costs no more per event than a quiet one, and on those of all
models with equally many features at once. Fingerprints are salted anew every week from the deployment's secret; without
a secret they are as good as unsalted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from monitors.ladder import Ladder
from monitors.prepared import MISSING, UNSEEN, Prepared
from monitors.view import Names, View, together
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


def codes_of(prepared: Prepared, num: Floats, cat: Ints) -> Bytes:
    """Shape (rows, features chosen): between which knots a number lies, which category it is; what is absent is 0."""
    numeric, categorical = prepared.made("queries.chosen", chosen)
    mine = num[:, numeric]
    codes = np.zeros((len(num), len(numeric) + len(categorical)), dtype=np.uint8)
    ladder, last = prepared.made("queries.steps", steps)
    codes[:, : len(numeric)] = ladder.below(mine)
    codes[:, : len(numeric)] += mine > last
    codes[:, : len(numeric)][np.isnan(mine)] = 0
    places = cat[:, categorical]
    known = np.where(places == MISSING, 0, np.minimum(places + 1, OTHER))
    codes[:, len(numeric) :] = np.where(places == UNSEEN, OTHER, known)
    return codes


@lru_cache(maxsize=64)
def salt(secret: bytes, week: int) -> int:
    """64 bits that only the deployment knows, others every week."""
    return int.from_bytes(blake2b(f"queries {week}".encode(), key=secret[:64], digest_size=8).digest(), "big")


@dataclass(frozen=True, slots=True)
class Asked:
    """Views whose baselines have equally many features, side by side; `width` of a query's are chosen.

    `minute` is each group's, in minutes since 1970; `ends` where the groups of each view end.
    """

    views: Sequence[View]
    whole: View
    minute: Ints
    ends: Ints
    width: int

    @staticmethod
    def of(views: Sequence[View], minutes: Sequence[Ints]) -> Asked:
        assert views[0].prepared is not None
        width = sum(map(len, views[0].prepared.made("queries.chosen", chosen)))
        ends = np.cumsum([view.groups for view in views])
        return Asked(views, together(views), np.concatenate(minutes), ends, width)


def queries_of(
    views: Sequence[View],
    minutes: Sequence[Ints],
    hashes: Hashes,
    names: Names,
    limits: tuple[int, int],
    secret: bytes,
) -> list[list[Queries]]:
    """Signatures of each view's groups; `minutes` are those of its groups, in minutes since 1970."""
    result = [[NONE] * view.groups for view in views]
    alike: dict[tuple[int, ...], list[int]] = {}
    for i, view in enumerate(views):
        if view.prepared is not None and limits[1]:
            few = view.prepared.made("queries.chosen", chosen)
            alike.setdefault((view.num.shape[1], view.cat.shape[1], *map(len, few)), []).append(i)
    for same in alike.values():
        asked = Asked.of([views[i] for i in same], [minutes[i] for i in same])
        for g, queries in _signed(asked, hashes, names, limits, secret):
            at = int(np.searchsorted(asked.ends, g, side="right"))
            result[same[at]][g - int(asked.ends[at]) + asked.views[at].groups] = queries
    return result


def _signed(
    asked: Asked, hashes: Hashes, names: Names, limits: tuple[int, int], secret: bytes
) -> Iterator[tuple[int, Queries]]:
    """The groups that have signatures, by number."""
    (principals, who), (_, label) = names.principal, names.prediction
    view, width = asked.whole, asked.width
    rows = _kept(view, hashes, asked.minute, names, (room(*limits, width), limits[1]))
    if not len(rows):
        return
    at, group = view.rows[rows], view.group[rows]
    made = np.zeros(len(rows), layout(width))
    weeks = (asked.minute[group] * MINUTE_NS - MONDAY_NS) // WEEK_NS
    salts = np.zeros(len(rows), dtype=np.uint64)
    for week in set(weeks.tolist()):
        salts[weeks == week] = salt(secret, week)
    made["hash"], made["time"] = hashes[at], view.batch.ts_ns[at]
    made["label"] = names.marks[label[at]]
    made["top"] = _top(view, at)
    _features(made, asked, rows, salts)
    size = made.dtype.itemsize
    pair = group * len(principals) + who[at]
    starts = np.append(0, np.flatnonzero(np.diff(pair)) + 1)
    packed, found = made.tobytes(), dict[int, dict[str, bytes]]()
    ends = [*starts[1:].tolist(), len(pair)]
    for g, code, first, end in zip(
        group[starts].tolist(), who[at[starts]].tolist(), starts.tolist(), ends, strict=True
    ):
        found.setdefault(g, {})[principals[code]] = packed[first * size : end * size]
    for g, of in found.items():
        yield g, Queries(int(asked.minute[g]) // HOUR_MINUTES, width, dict(sorted(of.items())))


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


def _features(made: NDArray[np.void], asked: Asked, rows: Ints, salts: Hashes) -> None:
    """Of each chosen feature its code and eight bits of its exact value, and 32 bits of all features together."""
    num, cat = (np.concatenate([getattr(view, kind) for view in asked.views])[rows] for kind in ("num", "cat"))
    # Rows are in order of their groups, so those of a view follow each other.
    ends = np.searchsorted(asked.whole.group[rows], asked.ends).tolist()
    places = np.empty((len(rows), asked.width), dtype=np.int64)
    for view, first, end in zip(asked.views, [0, *ends], ends):
        assert view.prepared is not None
        numeric, categorical = view.prepared.made("queries.chosen", chosen)
        places[first:end] = np.concatenate([numeric, categorical + num.shape[1]])
        made["codes"][first:end] = codes_of(view.prepared, num[first:end], cat[first:end])
    bits = (num + 0.0).view(np.uint64)  # -0.0 is 0.0
    salted = (np.concatenate([bits, cat.astype(np.uint64)], axis=1) ^ salts[:, None]) * _ODD
    salted = (salted ^ (salted >> np.uint64(29))) * _ODD
    made["prints"] = np.take_along_axis((salted >> np.uint64(56)).astype(np.uint8), places, axis=1)
    turns = np.arange(1, salted.shape[1] + 1, dtype=np.uint64) * _ODD
    made["whole"] = ((salted ^ turns) * (turns | np.uint64(1))).sum(axis=1, dtype=np.uint64) >> np.uint64(32)
