"""The picture of one principal's queries of a model: how near each lies to those before it, and who asks alike.

Made of stored signatures (`schemas/queries.py`), which hold ranks and no values. Pure.

A distance is the sum over features of the difference of ranks. Queries of different baselines have different ranks and
are not compared: the newest baseline counts.
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.queries import Records, layout, records

WIDTH, HEIGHT = 300.0, 80.0
MOST = 256  # queries drawn, the newest
SHARED = 0.25  # share of its queries from which another principal is called similar
SIMILAR = 8
FAR = 32_767


@dataclass(frozen=True, slots=True)
class Chain:
    """`dots` are (x, y, flip) in a 300 x 80 box: y the distance, 0 at the bottom; flip: answered otherwise."""

    dots: tuple[tuple[float, float, bool], ...]
    queries: int
    from_ns: int
    until_ns: int
    farthest: int
    repeats: int
    flips: int
    baseline: str


def chain(rows: Sequence[Mapping[str, Any]]) -> Chain | None:
    """Of rows of `principal_minutes`, the newest first; None where there are fewer than three different queries."""
    found = newest(rows)
    if found is None:
        return None
    kept, baseline = found
    nearest, which = _nearest_earlier(kept)
    different = nearest > 0
    different[0] = False
    if different.sum() < 2:
        return None
    top = int(nearest[different].max())
    flips = different & (kept["label"] != kept["label"][which])
    step = WIDTH / len(kept)
    dots = [
        (round((i + 0.5) * step, 1), round(HEIGHT - 4 - (HEIGHT - 8) * float(nearest[i]) / top, 1), bool(flips[i]))
        for i in np.flatnonzero(different).tolist()
    ]
    time = kept["time"]
    repeats = int((nearest[1:] == 0).sum())
    return Chain(tuple(dots), len(kept), int(time[0]), int(time[-1]), top, repeats, int(flips.sum()), baseline)


def similar(rows: Sequence[Mapping[str, Any]], others: Iterable[Mapping[str, Any]]) -> list[tuple[str, float]]:
    """Principals with the share of this one's queries that lie as near to one of theirs as to as many of its own."""
    found = newest(rows)
    if found is None or len(found[0]) < 3:
        return []
    mine, baseline = found
    theirs: dict[str, list[Records]] = {}
    for row in others:
        some = _read(row)
        if row["baseline"] == baseline and some is not None and some.dtype == mine.dtype:
            theirs.setdefault(str(row["principal"]), []).append(some)
    own = _distances(mine["codes"], mine["codes"])
    np.fill_diagonal(own, FAR)
    shares = []
    for name, parts in theirs.items():
        codes = np.concatenate(parts)["codes"]
        as_many = np.unique(np.linspace(0, len(mine) - 1, min(len(codes), len(mine))).astype(np.int64))
        apart = _distances(mine["codes"], codes).min(axis=1)
        shares.append((name, float((apart <= own[:, as_many].min(axis=1)).mean())))
    return sorted((each for each in shares if each[1] >= SHARED), key=lambda each: (-each[1], each[0]))[:SIMILAR]


def newest(rows: Sequence[Mapping[str, Any]]) -> tuple[Records, str] | None:
    """The newest queries of the newest baseline in order of time, and its id."""
    if not rows:
        return None
    first = rows[0]
    parts = [_read(row) for row in rows if row["baseline"] == first["baseline"] and row["width"] == first["width"]]
    kept = [part for part in parts if part is not None]
    if not kept:
        return None
    together = np.concatenate(kept)
    return together[np.lexsort((together["hash"], together["time"]))][-MOST:], str(first["baseline"])


def _read(row: Mapping[str, Any]) -> Records | None:
    """None where the row is not what we write."""
    try:
        packed, width = b64decode(row["queries"], validate=True), int(row["width"])
    except (Error, ValueError):
        return None
    if not 0 < width <= 64 or not packed or len(packed) % layout(width).itemsize:
        return None
    return records(packed, width)


def _distances(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> NDArray[np.int16]:
    return np.asarray(np.abs(a[:, None].astype(np.int16) - b[None]).sum(axis=2, dtype=np.int16))


def _nearest_earlier(kept: Records) -> tuple[NDArray[np.int16], NDArray[np.int64]]:
    """Distance of every query to the nearest before it, and which that is."""
    apart = _distances(kept["codes"], kept["codes"])
    apart[np.triu_indices(len(kept))] = FAR
    which = apart.argmin(axis=1)
    return apart[np.arange(len(kept)), which], which.astype(np.int64)
