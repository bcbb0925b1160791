"""What is observed of each query of a minute: how it lies to the earlier ones of whoever sent it.

A query that equals an earlier one in the window says nothing and is only counted: retries, load tests and nightly jobs
send the same records again. A query that differs from an earlier one in a single feature is what somebody does who
tries what would be; it counts only where many such lie around it.

Most principals of a model send few queries in a minute, so those of many are compared at once; what is observed of one
does not depend on who else asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from monitors.querylaw import FAR, WINDOW, Distances, QueryLaw, planes
from monitors.track import JUST, LATELY, MARKS, RECENT, STREAMS, Track
from schemas.events import Ints
from schemas.queries import Records, records

CROWD = 12  # earlier queries as near as few strangers are, in several features
# Earlier queries that differ in one or two features, or moves in one in a row: more than anybody tries with one case.
VARIANTS = 24
ENOUGH = 96  # earlier queries, of which the nearest is among the last `RECENT` for one customer in six
SOME = 40  # earlier queries, of which the nearest is among the last `JUST` for one customer in twenty
ANY = 5  # of the first so many streams any makes the last one
FEW = 16  # earlier queries, of which the nearest is the last one for one customer in sixteen
# So many nearest, of so many earlier queries at least; half of them are of the last quarter for one customer in 37.
AROUND, AMONG = 16, 64
UNSURE = int(0.55 * 65535)
AT_ONCE = 256  # rows that are compared together, which bounds memory; of one principal perhaps more
NOWHERE = 1 << 30  # place of what is no earlier query
Flags = NDArray[np.bool_]
Hashes = NDArray[np.uint64]
T = TypeVar("T", bound=np.generic)


def mark(
    tracks: Sequence[Track], rows: Records, who: Ints, shared: Flags, law: QueryLaw
) -> Iterator[tuple[Ints, NDArray[np.int8], Hashes]]:
    """Enter the queries of a minute into the tracks. `who` is each row's track, rising, and its rows in order of time.

    `shared`: which lie as near to one of another principal as hardly any do. Yields the places of rows that are new to
    their window, what was observed of each, shape (rows, streams): 1 yes, 0 no, -1 not asked, and the hash of the
    earlier query it comes from: the last it differs from in a single feature, else the nearest. Together all of them.
    """
    starts = np.searchsorted(who, np.arange(len(tracks) + 1))
    for one, other in pairwise(_cuts(starts.tolist())):
        part = slice(starts[one], starts[other])
        fresh, observed, origin = _mark(_laid(tracks[one:other], rows[part], who[part] - one), shared[part], law)
        yield fresh + starts[one], observed, origin


def _cuts(starts: list[int]) -> list[int]:
    """Where to cut the tracks, so that those between two cuts have some `AT_ONCE` rows together."""
    cuts = [0]
    for i, start in enumerate(starts[:-1]):
        if start > starts[cuts[-1]] and starts[i + 1] - starts[cuts[-1]] > AT_ONCE:
            cuts.append(i)
    return [*cuts, len(starts) - 1]


@dataclass(frozen=True, slots=True)
class Laid:
    """Windows of some tracks with the new rows behind: `all` one after the other, in a grid a track in each line."""

    tracks: Sequence[Track]
    rows: Records
    who: Ints  # of each new row
    all: Records
    first: Ints  # of each track, where in `all` it begins
    at: Ints  # of each new row, where in `all` it is
    width: int  # of the grid
    cell: Ints  # of each row of `all`, its place in the grid

    def grid(self, values: NDArray[T], fill: int = 0) -> NDArray[T]:
        """Values of `all`, shape (..., rows), as (..., tracks, width)."""
        shape = (*values.shape[:-1], len(self.tracks) * self.width)
        grid = np.full(shape, fill, dtype=values.dtype)
        grid[..., self.cell] = values
        return grid.reshape(*values.shape[:-1], len(self.tracks), self.width)


def _laid(tracks: Sequence[Track], rows: Records, who: Ints) -> Laid:
    size, packed = rows.dtype.itemsize, rows.tobytes()
    have = np.array([len(track.rows) // size for track in tracks])
    asked = np.bincount(who, minlength=len(tracks))
    ends = np.cumsum(asked)
    cuts = [0, *(ends * size).tolist()]
    pieces = [piece for track, (a, b) in zip(tracks, pairwise(cuts)) for piece in (track.rows, packed[a:b])]
    total = have + asked
    first = np.cumsum(total) - total
    of = np.repeat(np.arange(len(tracks)), total)
    width = int(total.max())
    cell = of * width + np.arange(len(of)) - first[of]
    at = np.arange(len(rows)) + np.cumsum(have)[who]
    return Laid(tracks, rows, who, records(b"".join(pieces), rows.dtype["codes"].shape[0]), first, at, width, cell)


def _mark(laid: Laid, shared: Flags, law: QueryLaw) -> tuple[Ints, NDArray[np.int8], Hashes]:
    """Mark and enter the rows; as `mark` yields it."""
    differ, apart, unlike = _compared(laid, law)
    before = (laid.at - laid.first[laid.who])[:, None] > np.arange(laid.width)
    new = ~((differ == 0) & before).any(axis=1)
    fresh = np.flatnonzero(new)
    kept = np.ones(len(laid.all), dtype=bool)
    kept[laid.at[~new]] = False
    if len(fresh):
        if not new.all():
            differ, apart, unlike = differ[fresh], apart[fresh], unlike[fresh]
        marks, origin = _marks(laid, kept, fresh, differ, (apart, unlike), law)
        marks["shared"] = shared[fresh] & ~marks["one"]  # of variants of a case all are as near as the case
    else:
        marks, origin = np.zeros(0, MARKS), np.zeros(0, np.uint64)
    observed = observed_of(marks)
    _enter(laid, fresh, marks, observed)
    return fresh, observed, origin


def _compared(laid: Laid, law: QueryLaw) -> tuple[NDArray[np.uint8], Distances, Distances]:
    """In how many features each new row differs from each of its line of the grid, how far it is away, and how unlike.

    Features beyond the chosen ones count as one.
    """
    codes, prints = planes(laid.all["codes"]), np.ascontiguousarray(laid.all["prints"].T)
    theirs, mine = laid.grid(codes)[:, laid.who], codes[:, laid.at, None]
    others = (theirs != mine) | (laid.grid(prints)[:, laid.who] != prints[:, laid.at, None])
    differ = others.view(np.uint8).sum(axis=0, dtype=np.uint8)
    whole = laid.grid(laid.all["whole"])[laid.who] != laid.rows["whole"][:, None]
    differ[(differ == 0) & whole] = 1
    return differ, law.apart(theirs, mine), law.unlike(~others, laid.rows["codes"])


def _marks(
    laid: Laid, kept: Flags, fresh: Ints, differ: NDArray[np.uint8], how: tuple[Distances, Distances], law: QueryLaw
) -> tuple[NDArray[np.void], Hashes]:
    """Marks and origins of the fresh rows, in order; `kept` are the rows of `all` that equal no earlier one."""
    rows, who = laid.rows[fresh], laid.who[fresh]
    so_far = np.append(0, np.cumsum(kept, dtype=np.int32))
    place = np.where(kept, so_far[:-1] - so_far[laid.first][_line(laid)], np.int32(NOWHERE))
    ends = place[laid.at[fresh]]
    age = ends[:, None] - laid.grid(place, NOWHERE)[who]  # 1: the query before
    window = (age >= 1) & (age <= WINDOW)
    apart, unlike = (np.where(window, each, np.int16(FAR)) for each in how)
    variant = window & (differ <= law.variant)
    single = variant & (differ == 1)
    nearest = laid.width - 1 - np.argmin(apart[:, ::-1], axis=1)
    moved = laid.width - 1 - np.argmax(single[:, ::-1], axis=1)  # the last it differs from in one feature, if any
    last = age <= RECENT
    newest, older = _either_side(apart, last)
    just, before = _either_side(apart, age <= JUST)
    least = np.minimum(newest, older)
    size = np.clip(ends, 1, WINDOW)
    marks = np.zeros(len(rows), MARKS)
    marks["one"] = one = single.any(axis=1)
    marks["near"] = (least <= law.nearest) & ~one
    # A case that is near another by chance is so with all its variants: they are one piece of evidence, not twelve.
    crowd = ((apart <= law.near) & ~single).sum(axis=1) >= np.where(one, VARIANTS, CROWD)
    marks["steps"] = _steps(laid, fresh, one, moved)
    marks["crowd"] = crowd | (variant.sum(axis=1) >= VARIANTS) | (marks["steps"] >= VARIANTS)
    marks["strange"] = law.strange(rows["codes"]) & ~one  # variants of a strange case are strange with it
    marks["extreme"] = law.extreme(rows["codes"]) & ~one
    marks["boxed"] = law.boxed(rows["codes"]) & ~one
    marks["torn"] = law.torn(rows["codes"]) & ~one
    marks["close"] = close = least <= law.common
    there = np.where(close, laid.first[who] + nearest, laid.at[fresh])
    marks["flip"] = close & (rows["label"] != laid.all["label"][there])
    marks["unsure"] = (rows["top"] > 0) & (rows["top"] <= UNSURE)
    common = apart <= law.common
    marks["around"] = (common & (age <= LATELY)).sum(axis=1) / np.minimum(size, LATELY)
    marks["recent"] = (common & last).sum(axis=1) / np.minimum(size, RECENT)
    marks["wide"] = size >= RECENT
    marks["fresh"] = np.where(one | (size < ENOUGH), -1, newest < older)
    marks["next"] = np.where(one | (size < SOME), -1, just < before)
    newest, older = _either_side(unlike, age <= size[:, None] // FEW)
    marks["kept"] = np.where(one | (size < FEW), -1, newest < older)
    late = _among(apart, age <= size[:, None] // 4)
    marks["local"] = np.where(one | (size < AMONG), -1, 2 * late >= AROUND)
    marks["sweep"] = _sweep(laid, fresh, one, moved)
    marks["hub"] = _hub(laid.tracks, who, np.where(close, laid.all["hash"][there].astype(np.int64), -1))
    origin = laid.first[who] + np.where(one, moved, nearest)
    return marks, laid.all["hash"][np.where(one | (least < FAR), origin, laid.at[fresh])]


def _either_side(apart: Distances, side: Flags) -> tuple[Distances, Distances]:
    """How far away the nearest is on this side, and on the other."""
    far = np.int16(FAR)
    return np.where(side, apart, far).min(axis=1), np.where(side, far, apart).min(axis=1)


def _among(apart: Distances, late: Flags) -> Ints:
    """How many of the `AROUND` nearest are late; of those equally near the others come first."""
    if apart.shape[1] < AROUND:
        return np.zeros(len(apart), dtype=np.int64)
    edge = np.partition(apart, AROUND - 1, axis=1)[:, AROUND - 1, None]
    nearer, tied = apart < edge, apart == edge
    left = AROUND - nearer.sum(axis=1) - (tied & ~late).sum(axis=1)
    return np.asarray((nearer & late).sum(axis=1) + np.maximum(left, 0))


def _steps(laid: Laid, fresh: Ints, one: Flags, moved: Ints) -> Ints:
    """How many moves in a single feature, one after the other, lead to each query; as many as a byte holds."""
    steps = np.zeros(len(laid.all), dtype=np.int64)
    of, at, some = laid.who[fresh], laid.at[fresh], np.flatnonzero(one)
    for i in np.unique(of[some]).tolist():
        before = np.frombuffer(laid.tracks[i].marks, MARKS)["steps"]
        steps[laid.first[i] : laid.first[i] + len(before)] = before
    for here, there in zip(at[some].tolist(), (laid.first[of] + moved)[some].tolist()):
        steps[here] = min(steps[there] + 1, 255)
    return np.asarray(steps[at])


def _line(laid: Laid) -> Ints:
    """Of each row of `all`, whose it is."""
    return laid.cell // laid.width


def _sweep(laid: Laid, fresh: Ints, one: Flags, last: Ints) -> NDArray[np.int8]:
    """Whether each query moves the same single feature from the last it differs in one from as most moves did."""
    said = np.full(len(fresh), -1, dtype=np.int8)
    some = np.flatnonzero(one)
    if not len(some):
        return said
    of = laid.who[fresh[some]]
    mine, other = laid.rows[fresh[some]], laid.all[laid.first[of] + last[some]]
    moved = (mine["prints"] != other["prints"]) | (mine["codes"] != other["codes"])
    for i, track, feature, seen in zip(some.tolist(), of.tolist(), moved.argmax(axis=1).tolist(), moved.any(axis=1)):
        if seen:
            moves = laid.tracks[track].moved
            if moves.any():
                said[i] = feature == moves.argmax()
            moves[feature] += 1
    return said


def _hub(tracks: Sequence[Track], who: Ints, hubs: Ints) -> Flags:
    """Whether each row's nearest (-1: none is close) is the one that its principal's row before was nearest to."""
    begins = np.flatnonzero(np.append(True, who[1:] != who[:-1]))
    before = np.append(-1, hubs[:-1])
    before[begins] = [tracks[i].hub for i in who[begins].tolist()]
    for i, hub in zip(who[begins].tolist(), hubs[np.append(begins[1:], len(hubs)) - 1].tolist()):
        tracks[i].hub = hub
    return np.asarray((hubs == before) & (hubs != -1))


def _enter(laid: Laid, fresh: Ints, marks: NDArray[np.void], observed: NDArray[np.int8]) -> None:
    """Move the windows on."""
    tracks, who, size = laid.tracks, laid.who[fresh], laid.rows.dtype.itemsize
    rows, said, seen = laid.rows[fresh].tobytes(), marks.tobytes(), observed.tobytes()
    hits = np.zeros((len(tracks), len(STREAMS)), dtype=np.int64)
    np.add.at(hits, who, observed > 0)
    ends = np.searchsorted(who, np.arange(len(tracks)), side="right").tolist()
    asked = np.searchsorted(laid.who, np.arange(len(tracks)), side="right")
    times, asked = laid.rows["time"][asked - 1].tolist(), np.diff(asked, prepend=0).tolist()
    first = np.append(laid.rows["time"], 0)[np.searchsorted(laid.who, np.arange(len(tracks)))].tolist()
    for i, (track, (a, b)) in enumerate(zip(tracks, pairwise([0, *ends]))):
        track.begun_ns = track.begun_ns or first[i]
        track.queries += asked[i]
        track.last_ns = max(track.last_ns, times[i])
        if a < b:
            track.distinct += b - a
            track.rows = _last(track.rows, rows, a, b, WINDOW, size)
            track.marks = _last(track.marks, said, a, b, WINDOW, MARKS.itemsize)
            track.latest = _last(track.latest, seen, a, b, RECENT, len(STREAMS))
            track.hits += hits[i]
    lately = np.frombuffer(b"".join(t.latest.ljust(RECENT * len(STREAMS), b"\0") for t in tracks), np.int8)
    many = np.array([max(1, len(track.latest) // len(STREAMS)) for track in tracks])
    often = (lately.reshape(len(tracks), RECENT, len(STREAMS)) > 0).sum(axis=1) / many[:, None]
    for track, each in zip(tracks, often):
        track.often = each.copy()


def _last(before: bytes, more: bytes, a: int, b: int, most: int, size: int) -> bytes:
    """The last items of those before and items `a` to `b` of `more`; packed, of so many bytes each."""
    return (before + more[a * size : b * size])[-most * size :]


def observed_of(marks: NDArray[np.void]) -> NDArray[np.int8]:
    """What marks say of `STREAMS`, shape (..., streams)."""
    some = np.any([marks[name] for name in STREAMS[:ANY]], axis=0)
    columns = [*(marks[name] for name in STREAMS[:-1]), some]
    return np.stack(columns, axis=-1, dtype=np.int8, casting="unsafe")
