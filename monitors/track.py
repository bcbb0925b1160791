"""One principal's recent queries of one model as a watch remembers them, and the shape of how it has been asking."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from monitors.wealth import Wealth
from schemas.events import Floats
from schemas.queries import Records, records

RECENT, LATELY, JUST = 16, 32, 2
STREAMS = (
    "near",
    "crowd",
    "strange",
    "torn",
    "shared",
    "extreme",
    "boxed",
    "fresh",
    "next",
    "kept",
    "local",
    "unsure",
    "sweep",
    "any",
)  # any of the first `ANY` of `monitors.marks`
MARKS = np.dtype(
    [
        *((name, "?") for name in ("near", "crowd", "strange", "torn", "shared", "extreme", "boxed")),
        *((name, "?") for name in ("flip", "one", "close", "hub", "unsure")),
        ("around", "f4"),  # share of the last `LATELY` within the common distance
        ("recent", "f4"),  # the same of the last `RECENT`
        ("fresh", "i1"),  # 1: nearer to one of the last `RECENT` than to all before, 0: not, -1: not asked
        ("next", "i1"),  # 1: nearer to one of the last `JUST` than to all before, 0: not, -1: not asked
        ("kept", "i1"),  # 1: has rarer values in common with one of the last sixteenth than with all before
        ("local", "i1"),  # 1: half of its nearest are of the last quarter
        ("steps", "u1"),  # moves in a single feature, one after the other, that lead to it
        ("sweep", "i1"),  # 1: moved in the same feature as most before it, 0: in another, -1: no such move
        ("wide", "?"),  # whether the window was long enough for the shares to mean something
    ]
)
FRESH, ON, LOCAL, STEPS, FRESHER, KEPT = 0.33, 0.1, 0.3, 0.05, 1.3, 0.25  # see `Shape.chained`


@dataclass(frozen=True, slots=True)
class Shape:
    """How a principal has been asking lately: shares of its last distinct queries, 0 to 1.

    near: nearer to an earlier one than 99 in 100 benign ones, in several features; crowd: many such around it; strange:
    beyond the baseline's 99th percentile of surprise in most features, ends of their ranges apart; extreme: the same
    with those; boxed: likelier drawn from the ranges of its numbers than 99 in 100; torn: its features go together less
    than those of 99 in 100; shared: nearer to a late one of another principal than 99 in 100; one: differs from an
    earlier one in a single feature; around, recent: share of the last 32, of the last 16 queries within the common
    distance.

    close: share with an earlier query within the common distance; of those, odd: strange as well; flips: predicted
    otherwise than that query; unsure: top score near one half. hub: its nearest is the one that the query before it was
    nearest to. sweep: of moves in a single feature, those in its favourite one. rise: how confidence went up with time
    over the whole window's close ones, as z of a rank correlation. fresh: of the window's, those nearer to one of the
    16 before them than to all others, next: to one of the 2 before; None until that was asked of enough. kept: of
    the last, those that share most with one of the sixteenth just before, local: half of whose nearest are of the
    quarter before.
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
    boxed: float = 0.0
    next: float | None = None
    kept: float = 0.0
    local: float = 0.0

    @property
    def chained(self) -> bool:
        """Whether queries follow each other in steps.

        Most of the last lie in one place, or the nearest of the last 128 is one of the last 16, or one of the last 2,
        more often than chance has it, or what they share or are near to was sent just before; where that is not known
        yet, the last 16 lie nearer than the last 32. Customers, and samples of a space, lie alike whenever they were
        sent.
        """
        if self.around >= LOCAL or (self.next or 0.0) >= ON or max(self.kept, self.local) >= KEPT:
            return True
        if self.fresh is not None:
            return self.fresh >= FRESH
        return self.recent >= STEPS and self.recent >= FRESHER * self.around

    @property
    def shown(self) -> float:
        """The largest share that shows in the queries themselves, and not only in which of them follow each other."""
        return max(self.near, self.crowd, self.strange, self.extreme, self.torn, self.shared, self.boxed, self.one)


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
    begun_ns: int = 0


class Track:
    """The window of one principal, its last queries that differ, and its capital; `monitors.marks` moves it on.

    rows, marks, latest: packed; latest is what was observed of the last `RECENT`, often the share of yes in it.
    """

    def __init__(self, width: int) -> None:
        self.rows = self.marks = self.latest = b""
        self.wealth = Wealth(len(STREAMS))
        self.queries = self.distinct = 0
        self.hits = np.zeros(len(STREAMS), dtype=np.int64)
        self.often: Floats = np.zeros(len(STREAMS))
        self.moved = np.zeros(width, dtype=np.int64)  # how often it moved which single feature
        self.last_ns = self.begun_ns = 0  # times of the last query, and of the first
        self.hub = -1  # hash of the query that the last one was nearest to

    @property
    def records(self) -> Records:
        """The queries of the window."""
        return records(self.rows, len(self.moved))

    def shape(self) -> Shape:
        """What its last queries say."""
        every = np.frombuffer(self.marks, MARKS)
        marks = every[-LATELY:]
        wide = marks[marks["wide"]] if marks["wide"].any() else marks

        def share(name: str, of: NDArray[np.void] = marks) -> float:
            return float(np.count_nonzero(of[name]) / len(of)) if len(of) else 0.0

        chained = marks[marks["close"]]

        def asked(name: str) -> float | None:
            said = every[name][every[name] >= 0]
            return float((said > 0).mean()) if len(said) >= RECENT else None

        def lately(name: str) -> float:
            said = marks[name][marks[name] >= 0]
            return float((said > 0).mean()) if len(said) >= RECENT // 2 else 0.0

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
            around=_mean(wide["around"]),
            recent=_mean(wide["recent"]),
            one=share("one"),
            hub=share("hub"),
            sweep=float((marks["sweep"] > 0).sum() / max(1, (marks["sweep"] >= 0).sum())),
            unsure=share("unsure", chained),
            rise=_trend(self.records["top"][every["close"]]),
            fresh=asked("fresh"),
            boxed=share("boxed"),
            next=asked("next"),
            kept=lately("kept"),
            local=lately("local"),
        )

    def dump(self) -> WrittenTrack:
        """Plain data for a profile."""
        return WrittenTrack(
            self.rows,
            self.marks,
            self.wealth.stakes.tolist(),
            self.wealth.spent,
            self.queries,
            self.distinct,
            self.hits.tolist(),
            np.frombuffer(self.latest, np.int8).reshape(-1, len(STREAMS)).tolist(),
            self.moved.tolist(),
            self.last_ns,
            self.hub,
            self.begun_ns,
        )

    @staticmethod
    def load(w: WrittenTrack) -> Track:
        """Continue from what was written."""
        track = Track(len(w.moved))
        track.rows, track.marks = w.rows, w.marks
        track.wealth.stakes, track.wealth.spent = np.array(w.stakes), w.spent
        track.queries, track.distinct, track.last_ns, track.hub = w.queries, w.distinct, w.last_ns, w.hub
        track.begun_ns = w.begun_ns
        track.hits, track.moved = np.array(w.hits, dtype=np.int64), np.array(w.moved, dtype=np.int64)
        latest = np.array(w.latest, dtype=np.int8).reshape(-1, len(STREAMS))
        track.latest, track.often = latest.tobytes(), (latest > 0).sum(axis=0) / max(1, len(latest))
        return track

    @property
    def rates(self) -> Floats:
        """Share of its queries in which each thing was observed."""
        return np.asarray(self.hits / max(1, self.distinct))


def _mean(shares: Floats) -> float:
    return float(shares.mean()) if len(shares) else 0.0


def _trend(top: NDArray[np.uint16]) -> float:
    """z of Spearman's correlation of confidence with order; 0 where too few are known, or all are alike."""
    known = top[top > 0].astype(np.int64)
    if len(known) < RECENT or (known == known[0]).all():
        return 0.0
    _, code, count = np.unique(known, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[code]
    correlation = float(np.corrcoef(np.arange(len(known)), rank)[0, 1])
    return float(correlation * np.sqrt(len(known) - 1))
