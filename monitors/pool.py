"""Many light accounts as one: a campaign cut over so many accounts that none of them says enough by itself.

The queries of all principals that have asked little this week are one track, in order of time, judged by the same test
and paid for from the same budget as a principal's. Benign rates are those of one principal; strangers come near each
other less often than one's own queries do. Who belongs to it is asked of each: whether what won the pool's bet was
observed of it far more often than of benign ones. Fewer than two are no campaign.

When it does not work: accounts with more queries than `LIGHT`, which must stand out by themselves; where light benign
accounts ask a hundred times as much, their queries push the campaign's out of the window.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from scipy.special import bdtrc

from monitors.marks import mark
from monitors.querylaw import WINDOW, QueryLaw
from monitors.track import MARKS, STREAMS, Track, WrittenTrack
from schemas.events import Floats, Ints
from schemas.queries import Records

LIGHT = WINDOW  # different queries of this week
AT_ONCE = 256  # of a minute, those with the smallest hash
SURE = 0.001  # share of benign ones among those named at one look; there are hundreds of looks
LATELY = 64  # observations beyond which half of them are forgotten
# Of 40 to 128 earlier queries, mostly of others, one of the last two is the nearest for one in 20 to 64; where two have
# a part in it, each query may be either.
TIED = 0.03
WEIGHTY = 0.01  # of all bets' winnings, those of one that is asked who won it
ALONE = ("kept", "local")  # not asked of many together: whoever sends a few at once is alike among others
OF_CHAINS = ("near", "crowd", "fresh", "next", "sweep")  # two who do this by themselves are no campaign


class WrittenPool(msgspec.Struct):
    """A `Pool` in a profile: hits and how often asked, by principal and observation."""

    track: WrittenTrack | None = None
    counts: dict[str, list[list[int]]] = {}
    whose: list[tuple[int, str]] = []
    named: list[str] = []
    led: list[int] = []


class Pool:
    """The track of all light principals together, and what was observed of each in it."""

    def __init__(self, width: int = 0) -> None:
        self.track = Track(width)
        self.counts: dict[str, Ints] = {}  # shape (2, observations): seen, asked
        self.named: set[str] = set()  # who took part in a campaign
        self.whose: dict[int, str] = {}  # of the window's queries, by hash
        self.led: set[int] = set()  # those of them that another principal's went on from

    def add(self, names: Sequence[str], who: Ints, rows: Records, law: QueryLaw) -> tuple[Records, NDArray[np.int8]]:
        """A minute's different queries of light principals; `who` is each one's place in `names`.

        Returns those that are new to the pool, and what was observed in it. Here a query is *shared* that goes on from
        another principal's: its nearest is one of the last two, or it differs from it in a single feature.
        """
        kept = np.argsort(rows["hash"], kind="stable")[:AT_ONCE]
        kept = kept[np.lexsort((rows["hash"][kept], rows["time"][kept]))]
        rows, who = rows[kept], who[kept]
        if not len(rows):
            return rows, np.zeros((0, len(STREAMS)), dtype=np.int8)
        nobody = np.zeros(len(rows), dtype=np.int64)
        marked = list(mark([self.track], rows, nobody, nobody > 0, law))
        fresh, seen, origins = (np.concatenate(parts) for parts in zip(*marked))
        shared, every, step, sweep = (STREAMS.index(name) for name in ("shared", "any", "next", "sweep"))
        seen[:, [STREAMS.index(name) for name in ALONE]] = -1
        for i, (at, origin) in enumerate(zip(fresh.tolist(), origins.tolist())):
            name = self.whose[int(rows["hash"][at])] = names[who[at]]
            other = self.whose.get(origin, name)
            # A search in steps, or one case varied, and the step before it was another's.
            tied = other != name and (seen[i, step] > 0 or seen[i, sweep] >= 0)
            seen[i, shared] = tied
            seen[i, every] |= tied
            self._count(name, seen[i] > 0, seen[i] >= 0)
            # Once for each query: whose record is varied by twenty accounts is no attacker.
            if tied and other in self.counts and origin not in self.led:
                self.counts[other][0, shared] += 1
                self.led.add(origin)
        window = set(self.track.records["hash"].tolist())
        self.whose = {hash: name for hash, name in self.whose.items() if hash in window}
        self.led &= window
        return rows[fresh], seen

    def _count(self, name: str, said: NDArray[np.bool_], asked: NDArray[np.bool_]) -> None:
        counts = self.counts.setdefault(name, np.zeros((2, len(STREAMS)), dtype=np.int64))
        counts += np.stack([said, asked])
        if counts[1].max() > LATELY:
            counts //= 2

    def members(self, null: Floats, alone: Collection[str], law: QueryLaw) -> tuple[str, ...]:
        """Who shows, far more than benign ones do, what the pool's best bets were on; those along one chain, if any.

        `alone`: who stands out alone, and without a chain has no part in what others do.
        """
        stakes = self.track.wealth.stakes.sum(axis=1)
        for stream in np.argsort(-stakes, kind="stable").tolist():
            if stakes[stream] < WEIGHTY * stakes.sum():
                break
            found = self._show(stream, null)
            if STREAMS[stream] != "shared":
                others = () if STREAMS[stream] in OF_CHAINS else tuple(name for name in found if name not in alone)
                found = self._chain(found, law) or others
            if len(found) > 1:
                return found
        return ()

    def _show(self, stream: int, null: Floats) -> tuple[str, ...]:
        """Of whom it was seen so often that no more than `SURE` of these are benign (Benjamini-Hochberg)."""
        names = sorted(self.counts)
        seen, asked = np.array([self.counts[name][:, stream] for name in names]).reshape(-1, 2).T
        tied = STREAMS[stream] == "shared"
        asked = 2 * asked if tied else asked
        # Of ties there may be more than that for a while after counts were halved.
        chance = bdtrc(np.minimum(seen, asked) - 1, asked, TIED if tied else null[stream])
        order = np.argsort(chance, kind="stable")
        passed = np.flatnonzero(chance[order] <= SURE * np.arange(1, len(names) + 1) / len(names))
        return tuple(sorted(names[i] for i in order[: passed[-1] + 1].tolist())) if len(passed) else ()

    def only(self, names: Sequence[str], law: QueryLaw) -> Track:
        """These principals' queries of the window as if one of them had sent them all."""
        track = Track(len(self.track.moved))
        rows = self._rows(names)[0]
        if len(rows):
            list(mark([track], rows, np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows), dtype=np.bool_), law))
        return track

    def _rows(self, names: Sequence[str]) -> tuple[Records, Ints]:
        """Their queries of the window, in order of time, and whose each is, as a number."""
        number = {name: i for i, name in enumerate(names)}
        whose = [number.get(self.whose.get(hash, ""), -1) for hash in self.track.records["hash"].tolist()]
        of = np.array(whose, dtype=np.int64)
        return self.track.records[of >= 0], of[of >= 0]

    def _chain(self, names: Sequence[str], law: QueryLaw) -> tuple[str, ...]:
        """The largest group of these whose queries in the window lie as near to each other's as strangers' do not."""
        rows, whose = self._rows(names)
        links = np.zeros((len(names), len(names)), dtype=bool)
        near = law.distances(rows["codes"], rows["codes"]) <= law.nearest
        np.logical_or.at(links, (whose[:, None], whose[None, :]), near)
        _, group = connected_components(links, directed=False)
        largest = np.bincount(group, minlength=1).argmax()
        chain = tuple(name for name, g in zip(names, group.tolist(), strict=True) if g == largest)
        return chain if len(chain) > 1 else ()

    def acquit(self, name: str) -> None:
        """Forget one of them, and what the pool has won: part of that was its doing. The others' queries stay."""
        if self.counts.pop(name, None) is None:
            return
        self.named.discard(name)
        kept = np.array([self.whose.get(hash) != name for hash in self.track.records["hash"].tolist()], dtype=np.bool_)
        self.track.rows = self.track.records[kept].tobytes()
        self.track.marks = np.frombuffer(self.track.marks, MARKS)[kept].tobytes()
        self.whose = {hash: whose for hash, whose in self.whose.items() if whose != name}
        self.track.wealth.stakes[:] = 0.0

    def forget(self, known: Mapping[str, Track]) -> None:
        """Principals that are no longer watched."""
        self.counts = {name: counts for name, counts in self.counts.items() if name in known}
        self.named &= known.keys()

    def dump(self) -> WrittenPool:
        """Plain data for a profile."""
        counts = {name: counts.tolist() for name, counts in sorted(self.counts.items())}
        return WrittenPool(self.track.dump(), counts, sorted(self.whose.items()), sorted(self.named), sorted(self.led))

    @staticmethod
    def load(w: WrittenPool, width: int) -> Pool:
        """Continue from what was written."""
        pool = Pool(width)
        if w.track is not None and len(w.track.moved) == width:
            pool.track = Track.load(w.track)
            pool.counts = {name: np.array(counts, dtype=np.int64) for name, counts in w.counts.items()}
            pool.whose, pool.named, pool.led = dict(w.whose), set(w.named), set(w.led)
        return pool
