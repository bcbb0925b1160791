"""All principals of one model version as attack monitors see them: tracks, what is usual, and who stands out.

State is of this week only: on Monday salts change, and everything starts afresh; within the week profiles have it all.
Memory is bounded: at most `principals` tracks, those not heard longest go first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from monitors.others import Others, WrittenOthers
from monitors.prepared import Prepared
from monitors.querylaw import QueryLaw, law_of
from monitors.track import LATELY, MARKS, STREAMS, Shape, Track, WrittenTrack
from monitors.wealth import RISES, odds
from schemas.events import Floats
from schemas.queries import Queries, Records, records

# Benign rates of `STREAMS`. By the baseline's quantiles 1 in 100 queries is near, strange, torn, shared, extreme. Whose
# customers are all of one kind asks about cases that are near each other (up to 7 in 100 were seen), strange and torn
# ones are rarer, and nobody has many variants of one case. Whoever has the doubtful cases may be unsure of every
# fourth, and who tries what would be has a favourite among the features. If customers come in any order, the nearest of
# 96 to 128 earlier queries is one of the last 16 for one in six to eight.
NULL = np.array([0.10, 0.02, 0.05, 0.06, 0.06, 0.05, 0.25, 0.25, 0.60, 0.15])
# Times the middle rate of the others of late, where that is more.
USUAL = np.array([2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 3.0, 1.0, 2.0])
KNOWN = 8  # different queries after which a principal is one of the others
OTHERS = 3  # fewer say nothing
FEW = 24  # of more principals the middle one is the same with and without any one of them
LINKED = 0.4  # of the last queries; of a stranger one in a hundred is so near
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


class WrittenTracks(msgspec.Struct):
    """A `Watch` in a profile. `form` says what packed marks mean; of another form nothing is taken over."""

    form: str = ""
    baseline: str = ""
    tracks: dict[str, WrittenTrack] = {}
    others: WrittenOthers = WrittenOthers()


class Watch:
    """`add` the minutes' queries, then `minute` judges them; in the same order the answers are the same."""

    def __init__(self, principals: int) -> None:
        self.principals = principals
        self.tracks: dict[str, Track] = {}
        self.waiting: list[Queries] = []
        self.baseline = ""
        self.law: QueryLaw | None = None
        self.null = NULL
        self.others = Others()

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

    def minute(self, spend: float) -> list[Finding]:
        """Judge what waits; `spend` is what this minute may cost in false alarms, all principals together."""
        waiting, self.waiting = self.waiting, []
        if not waiting or self.law is None:
            return []
        fresh = []
        for name, rows in _by_principal(waiting):
            track = self.tracks.setdefault(name, Track(waiting[0].width))
            fresh.append((name, track, *track.add(rows, self.law, self.others.shared(name, rows, self.law))))
        self.others.add({name: rows for name, _, rows, _ in fresh if len(rows)})
        total = sum(len(rows) for _, _, rows, _ in fresh)
        found = []
        null = self._nulls()
        for name, track, rows, observed in fresh:
            if len(rows):
                capital = track.wealth.play(observed, spend / total, *odds(null(name)))
                best = _telling(capital)
                if capital[best] >= RAISED:
                    found.append(self._finding(name, track, rows, float(capital[best]), best))
        self._forget()
        return found

    def linked(self, one: str, other: str) -> bool:
        """Whether the last queries of one lie along the other's, as those of strangers do not: one chain, two names."""
        if self.law is None or one not in self.tracks or other not in self.tracks or self.law.nearest < 0:
            return False
        mine, theirs = self.tracks[one].rows[-LATELY:], self.tracks[other].rows
        if not len(mine) or not len(theirs):
            return False
        apart = self.law.distances(mine["codes"], theirs["codes"])
        return bool((apart.min(axis=1) <= self.law.nearest).mean() >= LINKED)

    def acquit(self, principal: str) -> None:
        """Forget a principal whose alert has ended: what comes is judged anew."""
        self.tracks.pop(principal, None)

    def dump(self) -> WrittenTracks:
        """Plain data for a profile, after `minute`."""
        tracks = {name: track.dump() for name, track in sorted(self.tracks.items())}
        return WrittenTracks(FORM, self.baseline, tracks, self.others.dump())

    def load(self, w: WrittenTracks, prepared: Prepared | None) -> None:
        """Continue from what was written; `prepared` is the baseline that scored it."""
        if w.form == FORM and prepared is not None and prepared.id == w.baseline:
            self._begin(prepared)
            self.tracks = {name: Track.load(track) for name, track in w.tracks.items()}
            self.others = Others.load(w.others, 0 if self.law is None else len(self.law.surprise))

    def _finding(self, name: str, track: Track, rows: Records, capital: float, at: int) -> Finding:
        excess = float((track.rates - self.null).max())
        at_ns = int(rows["time"][at])
        p = track.wealth.p(capital)
        return Finding(name, at_ns, track.distinct, p, track.wealth.spent, max(0.0, excess), track.shape())

    def _nulls(self) -> Callable[[str], Floats]:
        """Benign rates by principal: the fixed ones, or more where most others are like that just now.

        When the world changes it changes for many; an attacker is alone, or one of a few.
        """
        known = {name: (t.latest > 0).mean(axis=0) for name, t in self.tracks.items() if t.distinct >= KNOWN}
        everybody = np.median(list(known.values()), axis=0) if len(known) > FEW else None

        def null(principal: str) -> Floats:
            if everybody is not None:
                return np.asarray(np.maximum(self.null, USUAL * everybody))
            others = [rates for name, rates in known.items() if name != principal]
            if len(others) < OTHERS:
                return self.null
            return np.asarray(np.maximum(self.null, USUAL * np.median(others, axis=0)))

        return null

    def _forget(self) -> None:
        if len(self.tracks) > self.principals:
            kept = sorted(self.tracks, key=lambda name: (-self.tracks[name].last_ns, name))[: self.principals]
            self.tracks = {name: self.tracks[name] for name in sorted(kept)}


def benign_rates(law: QueryLaw) -> Floats:
    """Benign rates of `STREAMS` for this model: at least what a tester of extreme values would show of it."""
    null = NULL.copy()
    extreme, torn = (STREAMS.index(name) for name in ("extreme", "torn"))
    null[extreme] = min(max(null[extreme], law.tested[0]), TESTERS)
    null[torn] += law.tested[1]
    return null


def _telling(capital: Floats) -> int:
    """The first query that made the capital 1, or the one at which it was largest."""
    beyond = np.flatnonzero(capital >= 1.0)
    return int(beyond[0]) if len(beyond) else int(np.argmax(capital))


def _by_principal(waiting: Sequence[Queries]) -> Iterator[tuple[str, Records]]:
    """Each principal's queries of the minute in order of time, by name."""
    for name in sorted({name for queries in waiting for name in queries.of}):
        parts = [records(queries.of[name], queries.width) for queries in waiting if name in queries.of]
        rows = np.concatenate(parts)
        yield name, rows[np.lexsort((rows["hash"], rows["time"]))]


assert len(NULL) == len(USUAL) == len(STREAMS)
