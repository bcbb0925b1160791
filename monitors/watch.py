"""All principals of one model version as attack monitors see them: tracks, what is usual, and who stands out.

State is of this week only: on Monday salts change, and everything starts afresh; within the week profiles have it all.
Memory is bounded: at most `principals` tracks, those not heard longest go first.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from monitors.marks import mark
from monitors.others import Others, WrittenOthers
from monitors.pool import LIGHT, Pool, WrittenPool
from monitors.prepared import Prepared
from monitors.querylaw import QueryLaw, law_of
from monitors.track import LATELY, MARKS, STREAMS, Shape, Track, WrittenTrack
from monitors.wealth import RISES, odds, play
from schemas.events import Floats, Ints
from schemas.queries import Queries, Records, records

# Benign rates of `STREAMS`. By the baseline's quantiles 1 in 100 queries is near, strange, torn, shared, extreme. Whose
# customers are all of one kind asks about cases that are near each other (up to 7 in 100 were seen), strange and torn
# ones are rarer, and nobody has many variants of one case. Whoever has the doubtful cases may be unsure of every
# fourth, and who tries what would be has a favourite among the features. If customers come in any order, the nearest of
# 96 to 128 earlier queries is one of the last 16 for one in six to eight, of 40 to 128 one of the last 2 for one in 20
# to 64, the one that shares most is of the last sixteenth for one in 16, and half of the 16 nearest are of the last
# quarter for one in 37.
NULL = np.array([0.10, 0.02, 0.05, 0.06, 0.06, 0.05, 0.05, 0.25, 0.06, 0.12, 0.10, 0.25, 0.60, 0.15])
# Times the middle rate of the others of late, where that is more.
USUAL = np.array([2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 3.0, 1.0, 2.0])
KNOWN = 8  # different queries after which a principal is one of the others
OTHERS = 3  # fewer say nothing
FEW = 24  # of more principals the middle one is the same with and without any one of them
LINKED = 0.4  # of the last queries; of a stranger one in a hundred is so near
KEPT = 1 - 1e-9  # of capital that is at its most already
RAISED = 0.01  # capital from which a reading is given
TESTERS = 0.68  # of testers that are still told from attackers; no tester was seen to be extreme more often
FORM = f"{STREAMS} {MARKS.descr} {RISES}"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one minute added about one principal. `at_ns`: the query that made the capital what it is."""

    principal: str
    at_ns: int
    n: int
    p: float
    allowed: float  # what was spent on false alarms; p is within it once the capital reaches 1
    effect: float
    shape: Shape
    members: tuple[str, ...]  # several where no `principal` is named: a campaign through all of them
    begun_ns: int = 0  # the first query of this track


class WrittenTracks(msgspec.Struct):
    """A `Watch` in a profile. `form` says what packed marks mean; of another form nothing is taken over."""

    form: str = ""
    baseline: str = ""
    tracks: dict[str, WrittenTrack] = {}
    others: WrittenOthers = WrittenOthers()
    pool: WrittenPool = msgspec.field(default_factory=WrittenPool)


class Watch:
    """`add` the minutes' queries, then `minute` judges them; in the same order the answers are the same."""

    def __init__(self, principals: int, *, pooled: bool = True) -> None:
        self.principals, self.pooled = principals, pooled  # whether light accounts are one suspect, together
        self.tracks: dict[str, Track] = {}
        self.waiting: list[Queries] = []
        self.baseline = ""
        self.law: QueryLaw | None = None
        self.null = NULL
        self.others = Others()
        self.pool = Pool()

    def add(self, queries: Queries, prepared: Prepared | None) -> None:
        """Queries of one closed minute, scored by this baseline."""
        if prepared is None or not queries.of:
            return
        if prepared.id != self.baseline:
            self._begin(prepared)
        if self.law is not None and queries.width == self.law.surprise.shape[0]:
            self.waiting.append(queries)

    def _begin(self, prepared: Prepared) -> None:
        """Afresh under another baseline: codes and rates are its own."""
        self.baseline, self.law = prepared.id, prepared.made("queries.law", law_of)
        self.tracks, self.waiting, self.others = {}, [], Others()
        self.null = NULL if self.law is None else benign_rates(self.law)
        self.pool = Pool(0 if self.law is None else len(self.law.surprise))

    def minute(self, spend: float) -> list[Finding]:
        """Judge what waits; `spend` is what this minute may cost in false alarms, all principals together."""
        waiting, self.waiting = self.waiting, []
        if not waiting or self.law is None:
            return []
        return self.judge(*by_principal(waiting), spend)

    def judge(self, names: Sequence[str], who: Ints, rows: Records, spend: float) -> list[Finding]:
        """Judge these queries; `who`, rising, is each one's place in `names`, and of each they are in order of time."""
        assert self.law is not None
        tracks = [self.tracks.setdefault(name, Track(len(self.law.surprise))) for name in names]
        marked = list(mark(tracks, rows, who, self.others.shared(names, who, rows, self.law), self.law))
        fresh, observed, _ = (np.concatenate(parts) for parts in zip(*marked))
        rows, who = rows[fresh], who[fresh]
        self.others.add(names, who, rows)
        light = np.array([self.pooled and track.distinct <= LIGHT for track in tracks])[who]
        together, seen = self.pool.add(names, who[light], rows[light], self.law)
        spend /= max(1, len(rows) + len(together))
        found = self._played(names, who, rows, observed, spend) if len(rows) else []
        found += self._campaign(together, seen, spend) if len(together) else []
        self._forget()
        return found

    def _played(
        self, names: Sequence[str], who: Ints, rows: Records, observed: NDArray[np.int8], spend: float
    ) -> list[Finding]:
        """Bets on the new queries; `who`, rising, is each one's place in `names`, and `spend` what each costs."""
        places, first, queries = np.unique(who, return_index=True, return_counts=True)
        mine = [names[i] for i in places.tolist()]
        seen = np.full((len(mine), int(queries.max()), len(STREAMS)), -1, dtype=np.int8)
        line = np.repeat(np.arange(len(mine)), queries)
        seen[line, np.arange(len(who)) - first[line]] = observed
        tracks = [self.tracks[name] for name in mine]
        before = np.array([track.wealth.stakes.mean() for track in tracks])
        capital = play([t.wealth for t in tracks], seen, queries, spend, *odds(self._nulls(mine)))
        best = np.where((capital >= 1.0).any(axis=1), (capital >= 1.0).argmax(axis=1), capital.argmax(axis=1))
        found = []
        # What was won before is no evidence of these queries: whoever has won all of it must win again, or keep it.
        won = (before < 1.0) | (capital.max(axis=1) >= before * KEPT)
        for i in np.flatnonzero(won & (capital[np.arange(len(mine)), best] >= RAISED)).tolist():
            at_ns, most = int(rows["time"][first[i] + best[i]]), float(capital[i, best[i]])
            found.append(self._finding(mine[i], tracks[i], at_ns, most))
        return found

    def _campaign(self, rows: Records, seen: NDArray[np.int8], spend: float) -> list[Finding]:
        """What the new queries of light principals together say of those that take part in a campaign."""
        (null,) = self._nulls([""])
        wealth = self.pool.track.wealth
        capital = wealth.play(seen, spend, *odds(null))
        best = int((capital >= 1.0).argmax() if (capital >= 1.0).any() else capital.argmax())
        assert self.law is not None
        alone = {name for name in self.pool.counts if self.tracks[name].wealth.stakes.mean() >= 1.0}
        members = self.pool.members(null, alone, self.law) if capital[best] >= RAISED else ()
        if len(members) < 2:
            return []
        if capital[best] >= 1.0:
            self.pool.named.update(members)
        track = self.pool.only(members, self.law)
        track.wealth = wealth
        return [self._finding("", track, int(rows["time"][best]), float(capital[best]), members)]

    def linked(self, one: str, other: str) -> bool:
        """Whether the last queries of one lie along the other's, as those of strangers do not: one chain, two names."""
        if self.law is None or one not in self.tracks or other not in self.tracks or self.law.nearest < 0:
            return False
        mine, theirs = self.tracks[one].records[-LATELY:], self.tracks[other].records
        if not len(mine) or not len(theirs):
            return False
        apart = self.law.distances(mine["codes"], theirs["codes"])
        return bool((apart.min(axis=1) <= self.law.nearest).mean() >= LINKED)

    def acquit(self, principal: str) -> None:
        """Forget a principal whose alert has ended: what comes is judged anew."""
        self.tracks.pop(principal, None)
        self.pool.acquit(principal)

    def copy(self, share: float) -> Watch:
        """A watch of principals, each alone, that goes on from here apart, with this share of everybody's capital."""
        copy = Watch(self.principals, pooled=False)
        copy.baseline, copy.law, copy.null = self.baseline, self.law, self.null
        copy.tracks, copy.others = deepcopy(self.tracks), deepcopy(self.others)
        for track in copy.tracks.values():
            track.wealth.stakes *= share
            track.wealth.spent *= share
        return copy

    def dump(self) -> WrittenTracks:
        """Plain data for a profile, after `minute`."""
        tracks = {name: track.dump() for name, track in sorted(self.tracks.items())}
        return WrittenTracks(FORM, self.baseline, tracks, self.others.dump(), self.pool.dump())

    def load(self, w: WrittenTracks, prepared: Prepared | None) -> None:
        """Continue from what was written; `prepared` is the baseline that scored it."""
        if w.form == FORM and prepared is not None and prepared.id == w.baseline:
            self._begin(prepared)
            self.tracks = {name: Track.load(track) for name, track in w.tracks.items()}
            self.others = Others.load(w.others, 0 if self.law is None else len(self.law.surprise))
            self.pool = Pool.load(w.pool, len(self.pool.track.moved))

    def _finding(self, name: str, track: Track, at_ns: int, capital: float, members: tuple[str, ...] = ()) -> Finding:
        excess = float((track.rates - self.null).max())
        p = track.wealth.p(capital)
        return Finding(
            name,
            at_ns,
            track.distinct,
            p,
            track.wealth.spent,
            max(0.0, excess),
            track.shape(),
            members or (name,),
            track.begun_ns,
        )

    def _nulls(self, names: Sequence[str]) -> Floats:
        """Benign rates by principal: the fixed ones, or more where most others are like that just now.

        When the world changes it changes for many; an attacker is alone, or one of a few. Who stands out already is no
        measure of what is usual. Shape (names, streams).
        """
        known = [name for name, track in self.tracks.items() if track.distinct >= KNOWN and not self._stands_out(name)]
        nulls = np.tile(self.null, (len(names), 1))
        if len(known) < OTHERS:
            return nulls
        often = np.array([self.tracks[name].often for name in known])
        nulls = np.maximum(nulls, USUAL * np.median(often, axis=0))
        if len(known) > FEW:
            return np.asarray(nulls)
        if len(known) > OTHERS:
            others = (np.arange(len(known))[:, None] + np.arange(1, len(known))) % len(known)
            own = np.maximum(self.null, USUAL * np.median(often[others], axis=1))
        else:
            own = np.tile(self.null, (len(known), 1))
        places = {name: i for i, name in enumerate(names)}
        for name, mine in zip(known, own):
            if name in places:
                nulls[places[name]] = mine
        return np.asarray(nulls)

    def _stands_out(self, name: str) -> bool:
        return name in self.pool.named or bool(self.tracks[name].wealth.stakes.mean() >= 1.0)

    def _forget(self) -> None:
        if len(self.tracks) > self.principals:
            kept = sorted(self.tracks, key=lambda name: (-self.tracks[name].last_ns, name))[: self.principals]
            self.tracks = {name: self.tracks[name] for name in sorted(kept)}
            self.pool.forget(self.tracks)


def benign_rates(law: QueryLaw) -> Floats:
    """Benign rates of `STREAMS` for this model: at least what a tester of extreme values would show of it."""
    null = NULL.copy()
    extreme, torn, boxed = (STREAMS.index(name) for name in ("extreme", "torn", "boxed"))
    null[extreme] = min(max(null[extreme], law.tested[0]), TESTERS)
    null[torn] += law.tested[1]
    null[boxed] = min(max(null[boxed], law.tested[2]), TESTERS)
    return null


def by_principal(waiting: Sequence[Queries]) -> tuple[list[str], Ints, Records]:
    """Queries by principal and in order of time: the names, each row's place among them, the rows."""
    parts = [(name, packed) for queries in waiting for name, packed in queries.of.items()]
    names = sorted({name for name, _ in parts})
    places, width = {name: i for i, name in enumerate(names)}, waiting[0].width
    rows = records(b"".join(packed for _, packed in parts), width)
    many = [len(packed) // rows.dtype.itemsize for _, packed in parts]
    who = np.repeat(np.array([places[name] for name, _ in parts]), many)
    order = np.lexsort((rows["hash"], rows["time"], who))
    return names, who[order], rows[order]


assert len(NULL) == len(USUAL) == len(STREAMS)
