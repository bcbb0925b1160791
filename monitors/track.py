"""One principal's recent queries of one model, each compared with those before it.

A query that equals an earlier one in the window says nothing and is only counted: retries, load tests and nightly jobs
send the same records again. A query that differs from an earlier one in a single feature is what somebody does who
tries what would be; it counts only where many such lie around it.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from monitors.querylaw import FAR, WINDOW, QueryLaw
from monitors.wealth import Wealth
from schemas.events import Floats
from schemas.queries import Records, layout, records

CROWD = 12  # earlier queries as near as few strangers are, in several features
VARIANTS = 24  # earlier queries that differ in one or two features: more than anybody tries with one case
RECENT, LATELY = 16, 32
ENOUGH = 96  # earlier queries, of which the nearest is among the last `RECENT` for one customer in six
STREAMS = (
    "near",
    "crowd",
    "strange",
    "torn",
    "shared",
    "extreme",
    "fresh",
    "unsure",
    "sweep",
    "any",
)  # any of the first `ANY`
ANY = 5
MARKS = np.dtype(
    [
        *((name, "?") for name in ("near", "crowd", "strange", "torn", "shared", "extreme")),
        *((name, "?") for name in ("flip", "one", "close", "hub", "unsure")),
        ("around", "f4"),  # share of the last `LATELY` within the common distance
        ("recent", "f4"),  # the same of the last `RECENT`
        ("fresh", "i1"),  # 1: nearer to one of the last `RECENT` than to all before, 0: not, -1: not asked
        ("sweep", "i1"),  # 1: moved in the same feature as most before it, 0: in another, -1: no such move
        ("wide", "?"),  # whether the window was long enough for the shares to mean something
    ]
)
UNSURE = int(0.55 * 65535)
FRESH, LOCAL, STEPS, FRESHER = 0.33, 0.3, 0.05, 1.3  # see `Shape.chained`


@dataclass(frozen=True, slots=True)
class Shape:
    """How a principal has been asking lately: shares of its last distinct queries, 0 to 1.

    near: nearer to an earlier one than 99 in 100 benign ones, in several features; crowd: many such around it; strange:
    beyond the baseline's 99th percentile of surprise in most features, ends of their ranges apart; extreme: the same
    with those; torn: its features go together less than those of 99 in 100; shared: nearer to a late one of another
    principal than 99 in 100; one: differs from an earlier one in a single feature; around, recent: share of the last
    32, of the last 16 queries within the common distance.

    close: share with an earlier query within the common distance; of those, odd: strange as well; flips: predicted
    otherwise than that query; unsure: top score near one half. hub: its nearest is the one that the query before it was
    nearest to. sweep: of moves in a single feature, those in its favourite one. rise: how confidence went up with time
    over the whole window's close ones, as z of a rank correlation. fresh: of the window's, those nearer to one of the
    16 before them than to all others; None until that was asked of enough.
    """

    queries: int
    distinct: int
    near: float
    crowd: float
    strange: float
    extreme: float
    torn: float
    shared: float
    odd: float
    close: float
    flips: float
    around: float
    recent: float
    one: float
    hub: float
    sweep: float
    unsure: float
    rise: float
    fresh: float | None = None

    @property
    def chained(self) -> bool:
        """Whether queries follow each other in steps.

        The nearest of the last 128 is one of the last 16 more often than chance has it; where that is not known yet,
        most of the last lie in one place, or the last 16 lie nearer than the last 32. Customers, and samples of a
        space, lie alike whenever they were sent.
        """
        if self.fresh is not None:
            return self.fresh >= FRESH
        return self.around >= LOCAL or (self.recent >= STEPS and self.recent >= FRESHER * self.around)


class WrittenTrack(msgspec.Struct, array_like=True):
    """A `Track` in a profile; records and marks packed."""

    rows: bytes
    marks: bytes
    stakes: list[list[float]]
    spent: float
    queries: int
    distinct: int
    hits: list[int]
    latest: list[list[int]]
    moved: list[int]
    last_ns: int
    hub: int


class Track:
    """The window of one principal and its capital."""

    def __init__(self, width: int) -> None:
        self.rows: Records = np.zeros(0, layout(width))
        self.marks: NDArray[np.void] = np.zeros(0, MARKS)
        self.wealth = Wealth(len(STREAMS))
        self.queries = self.distinct = 0
        self.hits = np.zeros(len(STREAMS), dtype=np.int64)
        self.latest: NDArray[np.int8] = np.zeros((0, len(STREAMS)), dtype=np.int8)
        self.moved = np.zeros(width, dtype=np.int64)  # how often it moved which single feature
        self.last_ns = 0
        self.hub = -1  # hash of the query that the last one was nearest to

    def add(self, rows: Records, law: QueryLaw, shared: NDArray[np.bool_]) -> tuple[Records, NDArray[np.int8]]:
        """Queries in order of time; returns those that are new to the window, and what was observed of each.

        `shared`: which lie as near to one of another principal as hardly any do.
        """
        self.queries += len(rows)
        self.last_ns = max(self.last_ns, int(rows["time"][-1]))
        seen = np.concatenate([self.rows, rows])
        differ = _differences(rows, seen)
        earlier = np.arange(len(seen)) < (len(self.rows) + np.arange(len(rows)))[:, None]
        fresh = ~((differ == 0) & earlier).any(axis=1)
        if not fresh.any():
            return rows[:0], np.zeros((0, len(STREAMS)), dtype=np.int8)
        kept = np.append(np.ones(len(self.rows), dtype=bool), fresh)
        marks = self._mark(rows[fresh], seen[kept], differ[np.ix_(fresh, kept)], law)
        marks["shared"] = shared[fresh] & ~marks["one"]  # of variants of a case all are as near as the case
        self.rows, self.marks = seen[kept][-WINDOW:], np.concatenate([self.marks, marks])[-WINDOW:]
        some = np.any([marks[name] for name in STREAMS[:ANY]], axis=0)
        observed = np.stack([*(marks[name] for name in STREAMS[:-1]), some], axis=1, dtype=np.int8, casting="unsafe")
        self.distinct += len(observed)
        self.hits += (observed > 0).sum(axis=0)
        self.latest = np.concatenate([self.latest, observed])[-RECENT:]
        return rows[fresh], observed

    def _mark(self, rows: Records, seen: Records, differ: NDArray[np.int16], law: QueryLaw) -> NDArray[np.void]:
        n, before = len(rows), len(seen) - len(rows)
        ends = before + np.arange(n)[:, None]
        place = np.arange(len(seen))
        window = (place < ends) & (place >= ends - WINDOW)
        apart = np.where(window, law.distances(rows["codes"], seen["codes"]), FAR)
        variant = window & (differ <= law.variant)
        single = variant & (differ == 1)
        last = place >= ends - RECENT
        nearest = len(seen) - 1 - np.argmin(apart[:, ::-1], axis=1)
        least = apart[np.arange(n), nearest]
        size = np.maximum(window.sum(axis=1), 1)
        marks = np.zeros(n, MARKS)
        marks["one"] = one = single.any(axis=1)
        several = np.where(single, FAR, apart)
        marks["near"] = (several <= law.nearest).any(axis=1) & ~one
        # A case that is near another by chance is so with all its variants: they are one piece of evidence, not twelve.
        crowd = (several <= law.near).sum(axis=1) >= np.where(one, VARIANTS, CROWD)
        marks["crowd"] = crowd | (variant.sum(axis=1) >= VARIANTS)
        marks["strange"] = law.strange(rows["codes"]) & ~one  # variants of a strange case are strange with it
        marks["extreme"] = law.extreme(rows["codes"]) & ~one
        marks["torn"] = law.torn(rows["codes"]) & ~one
        marks["sweep"] = self._sweep(rows, seen, single)
        marks["close"] = least <= law.common
        marks["flip"] = marks["close"] & (rows["label"] != seen["label"][nearest])
        marks["unsure"] = (rows["top"] > 0) & (rows["top"] <= UNSURE)
        lately = place >= ends - LATELY
        marks["around"] = ((apart <= law.common) & lately).sum(axis=1) / np.minimum(size, LATELY)
        marks["recent"] = ((apart <= law.common) & last).sum(axis=1) / np.minimum(size, RECENT)
        marks["wide"] = size >= RECENT
        newest, before_that = (np.where(side, apart, FAR).min(axis=1) for side in (window & last, window & ~last))
        marks["fresh"] = np.where(one | (size < ENOUGH), -1, newest < before_that)
        hubs = np.where(marks["close"], seen["hash"][nearest].astype(np.int64), -1)
        marks["hub"] = (hubs == np.append(self.hub, hubs[:-1])) & (hubs != -1)
        self.hub = int(hubs[-1])
        return marks

    def _sweep(self, rows: Records, seen: Records, single: NDArray[np.bool_]) -> NDArray[np.int8]:
        """Whether each query moves the same single feature from the last it differs in one from as most moves did."""
        said = np.full(len(rows), -1, dtype=np.int8)
        for i in np.flatnonzero(single.any(axis=1)).tolist():
            one, other = rows[i], seen[np.flatnonzero(single[i])[-1]]
            moved = np.flatnonzero((one["prints"] != other["prints"]) | (one["codes"] != other["codes"]))
            if len(moved):
                if self.moved.any():
                    said[i] = moved[0] == self.moved.argmax()
                self.moved[moved[0]] += 1
        return said

    def shape(self) -> Shape:
        """What its last queries say."""
        marks = self.marks[-LATELY:]
        wide = marks[marks["wide"]] if marks["wide"].any() else marks

        def share(name: str, of: NDArray[np.void] = marks) -> float:
            return float(of[name].mean()) if len(of) else 0.0

        chained = marks[marks["close"]]
        asked = self.marks["fresh"][self.marks["fresh"] >= 0]
        return Shape(
            queries=self.queries,
            distinct=self.distinct,
            near=share("near"),
            crowd=share("crowd"),
            strange=share("strange"),
            extreme=share("extreme"),
            torn=share("torn"),
            shared=share("shared"),
            odd=share("strange", chained),
            close=share("close", wide),
            flips=share("flip", chained),
            around=share("around", wide),
            recent=share("recent", wide),
            one=share("one"),
            hub=share("hub"),
            sweep=float((marks["sweep"] > 0).sum() / max(1, (marks["sweep"] >= 0).sum())),
            unsure=share("unsure", chained),
            rise=_trend(self.rows["top"][self.marks["close"]]),
            fresh=float((asked > 0).mean()) if len(asked) >= RECENT else None,
        )

    def dump(self) -> WrittenTrack:
        """Plain data for a profile."""
        return WrittenTrack(
            self.rows.tobytes(),
            self.marks.tobytes(),
            self.wealth.stakes.tolist(),
            self.wealth.spent,
            self.queries,
            self.distinct,
            self.hits.tolist(),
            self.latest.tolist(),
            self.moved.tolist(),
            self.last_ns,
            self.hub,
        )

    @staticmethod
    def load(w: WrittenTrack) -> Track:
        """Continue from what was written."""
        track = Track(len(w.moved))
        track.rows = records(w.rows, len(w.moved))
        track.marks = np.frombuffer(w.marks, dtype=MARKS)
        track.wealth.stakes, track.wealth.spent = np.array(w.stakes), w.spent
        track.queries, track.distinct, track.last_ns, track.hub = w.queries, w.distinct, w.last_ns, w.hub
        track.hits, track.moved = np.array(w.hits, dtype=np.int64), np.array(w.moved, dtype=np.int64)
        track.latest = np.array(w.latest, dtype=np.int8).reshape(-1, len(STREAMS))
        return track

    @property
    def rates(self) -> Floats:
        """Share of its queries in which each thing was observed."""
        return np.asarray(self.hits / max(1, self.distinct))


def _trend(top: NDArray[np.uint16]) -> float:
    """z of Spearman's correlation of confidence with order; 0 where too few are known, or all are alike."""
    known = top[top > 0].astype(np.int64)
    if len(known) < RECENT or (known == known[0]).all():
        return 0.0
    _, code, count = np.unique(known, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[code]
    correlation = float(np.corrcoef(np.arange(len(known)), rank)[0, 1])
    return float(correlation * np.sqrt(len(known) - 1))


def _differences(rows: Records, seen: Records) -> NDArray[np.int16]:
    """In how many features each of `rows` differs from each of `seen`; those beyond the chosen ones count as one."""
    prints, codes = rows["prints"][:, None] != seen["prints"], rows["codes"][:, None] != seen["codes"]
    count = (prints | codes).sum(axis=2, dtype=np.int16)
    return np.where((count == 0) & (rows["whole"][:, None] != seen["whole"]), np.int16(1), count)
