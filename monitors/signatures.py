"""Query signatures of a batch: for each (minute, principal) the queries with the smallest hash, in columns.

Works on the few rows that are kept, so a busy model costs no more per event than a quiet one, and on those of all
models with equally many features at once. Fingerprints are salted anew every week from the deployment's secret; without
a secret they are as good as unsalted.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from monitors.abreast import Abreast
from monitors.querycodes import chosen_of, codes_of
from monitors.view import Names, View
from monitors.week import MONDAY_NS, WEEK_NS
from schemas.events import MINUTE_NS, Ints
from schemas.queries import NONE, Queries, layout, room, turn_hash

HOUR_MINUTES = 60
_ODD = np.uint64(0x9E3779B97F4A7C15)
Hashes = NDArray[np.uint64]


@lru_cache(maxsize=64)
def salt(secret: bytes, week: int) -> int:
    """64 bits that only the deployment knows, others every week."""
    return int.from_bytes(blake2b(f"queries {week}".encode(), key=secret[:64], digest_size=8).digest(), "big")


def queries_of(
    abreast: Abreast, minute: Ints, hashes: Hashes, names: Names, limits: tuple[int, int], secret: bytes
) -> list[Queries]:
    """Signatures of each group; `minute` is the groups', in minutes since 1970. None without a baseline."""
    result = [NONE] * abreast.whole.groups
    if abreast.known and limits[1]:
        for g, queries in _signed(abreast, minute, hashes, names, limits, secret):
            result[g] = queries
    return result


def _signed(
    abreast: Abreast, minute: Ints, hashes: Hashes, names: Names, limits: tuple[int, int], secret: bytes
) -> Iterator[tuple[int, Queries]]:
    """The groups that have signatures, by number."""
    (principals, who), (_, label) = names.principal, names.prediction
    view, width = abreast.whole, sum(each.shape[1] for each in chosen_of(abreast.known))
    rows = _kept(view, hashes, minute, names, (room(*limits, width), limits[1]))
    if not len(rows):
        return
    at, group = view.rows[rows], view.group[rows]
    made = np.zeros(len(rows), layout(width))
    weeks = (minute[group] * MINUTE_NS - MONDAY_NS) // WEEK_NS
    salts = np.zeros(len(rows), dtype=np.uint64)
    for week in set(weeks.tolist()):
        salts[weeks == week] = salt(secret, week)
    made["hash"], made["time"] = hashes[at], view.batch.ts_ns[at]
    made["label"] = names.marks[label[at]]
    made["top"] = _top(view, at)
    _features(made, abreast, rows, salts)
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
        yield g, Queries(int(minute[g]) // HOUR_MINUTES, width, dict(sorted(of.items())))


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


def _features(made: NDArray[np.void], abreast: Abreast, rows: Ints, salts: Hashes) -> None:
    """Of each chosen feature its code and eight bits of its exact value, and 32 bits of all features together."""
    num, cat, which = abreast.whole.num[rows], abreast.whole.cat[rows], abreast.which[rows]
    made["codes"] = codes_of(abreast.known, which, num, cat)
    bits = (num + 0.0).view(np.uint64)  # -0.0 is 0.0
    salted = (np.concatenate([bits, cat.astype(np.uint64)], axis=1) ^ salts[:, None]) * _ODD
    salted = (salted ^ (salted >> np.uint64(29))) * _ODD
    numeric, categorical = chosen_of(abreast.known)
    places = np.concatenate([numeric, categorical + num.shape[1]], axis=1)[which]
    made["prints"] = np.take_along_axis((salted >> np.uint64(56)).astype(np.uint8), places, axis=1)
    turns = np.arange(1, salted.shape[1] + 1, dtype=np.uint64) * _ODD
    made["whole"] = ((salted ^ turns) * (turns | np.uint64(1))).sum(axis=1, dtype=np.uint64) >> np.uint64(32)
