"""Bounded query signatures: what attack monitors may know of single queries, per (model, version, minute, principal).

A signature is a fixed-size record: the hash of the query's identity, its time, a hash of all its features, of its
prediction, its largest score, and per feature a fingerprint of the exact value and the code of its rank. Raw values are
not kept. Which queries and principals are kept is decided by hashes alone, so however the records are split and merged
the same ones stay.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from schemas.events import name_hash

Records = NDArray[np.void]
MOST_BYTES = 655_360  # of one minute: the broker takes 1 MiB, and the rest of a summary needs room too
FEATURES = 64  # per query; of more the ones with the smallest hash of their name, the others only through `whole`
HEAD: list[tuple[Any, ...]] = [("hash", "<u8"), ("time", "<i8"), ("whole", "<u4"), ("label", "<u4"), ("top", "<u2")]


class Queries(msgspec.Struct, array_like=True, frozen=True):
    """Signatures of one minute: `of` maps a principal to packed records; `turn` is the hour, `width` features each."""

    turn: int = 0
    width: int = 0
    of: dict[str, bytes] = {}


NONE = Queries()


@cache
def layout(width: int) -> np.dtype[np.void]:
    """The record of a query of `width` features. `prints` are hashes of exact values, `codes` ranks within 0 to 40."""
    return np.dtype([*HEAD, ("prints", "u1", (width,)), ("codes", "u1", (width,))])


def records(packed: bytes, width: int) -> Records:
    """Packed signatures as an array, in order of their hash."""
    return np.frombuffer(packed, dtype=layout(width))


def turn_hash(turn: int, principal: str) -> int:
    """Orders principals where there are too many: anew every hour, so that nobody is out of sight for ever."""
    return name_hash(f"{turn}\x1f{principal}")


def room(max_principals: int, max_queries: int, width: int) -> int:
    """Of how many principals so many queries of so many features fit into a minute."""
    return min(max_principals, max(1, MOST_BYTES // (max(1, max_queries) * layout(width).itemsize)))


def merge_queries(parts: Iterable[Queries], max_principals: int, max_queries: int) -> Queries:
    """Those of the same minute together, within the limits. Associative and commutative."""
    found: dict[str, list[bytes]] = {}
    turn = width = 0
    for part in parts:
        if part.width < width or not part.of:
            continue  # a minute has one width; what claims another is not ours
        if part.width > width:
            found, width = {}, part.width
        turn = part.turn
        for who, packed in part.of.items():
            found.setdefault(who, []).append(packed)
    if not found or not max_principals:
        return NONE
    names: Iterable[str] = found
    max_principals = room(max_principals, max_queries, width)
    if len(found) > max_principals:
        names = sorted(found, key=lambda who: turn_hash(turn, who))[:max_principals]
    return Queries(turn, width, _smallest({who: found[who] for who in sorted(names)}, width, max_queries))


def _smallest(found: dict[str, list[bytes]], width: int, limit: int) -> dict[str, bytes]:
    """Of each principal the records with the smallest hash, in order of it; those of all are put in order at once."""
    size = layout(width).itemsize
    whole = {who: parts[0] for who, parts in found.items() if len(parts) == 1 and len(parts[0]) <= limit * size}
    if len(whole) == len(found):
        return whole
    others = [b"".join(parts) for who, parts in found.items() if who not in whole]
    rows = records(b"".join(others), width)
    of = np.repeat(np.arange(len(others)), [len(each) // size for each in others])
    hashes = rows["hash"]
    order = np.lexsort((hashes, of))
    of, hashes = of[order], hashes[order]
    new = np.append(True, (of[1:] != of[:-1]) | (hashes[1:] != hashes[:-1]))
    order, of = order[new], of[new]
    starts = np.searchsorted(of, np.arange(len(others) + 1))
    ends = np.minimum(starts[:-1] + limit, starts[1:])
    packed = rows[order].tobytes()
    kept = iter([packed[a:b] for a, b in zip((starts[:-1] * size).tolist(), (ends * size).tolist())])
    return {who: whole[who] if who in whole else next(kept) for who in found}
