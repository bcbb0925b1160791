"""Queries of all principals of a minute are compared at once: that changes nothing for any one of them."""

from __future__ import annotations

import numpy as np
import pytest

from monitors import marks
from monitors.marks import mark
from monitors.querylaw import WINDOW, law_of
from monitors.track import MARKS, Track, WrittenTrack
from monitors.watch import NULL
from monitors.wealth import Wealth, odds, play
from schemas.queries import records
from tests.support.traffic import MONDAY
from tests.unit.test_attacks import PREPARED, asks, seen

KINDS = ("ordinary", "equal", "what if", "search")
LAW = law_of(PREPARED.baseline)


@pytest.mark.parametrize("at_once", [1, 256])
def test_what_is_said_of_one_does_not_depend_on_who_else_asks(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "AT_ONCE", at_once)
    rows = [row for i, kind in enumerate(KINDS) for row in asks(60 + 40 * i, kind, kind, MONDAY + i)]
    minutes = seen(sorted(rows, key=lambda row: float(row["ts"])))

    def written(who: set[str]) -> dict[str, WrittenTrack]:
        assert LAW is not None
        tracks = {name: Track(len(LAW.surprise)) for name in who}
        for queries in minutes:
            names = sorted(who & set(queries.of))
            parts = [records(queries.of[name], queries.width) for name in names]
            parts = [part[np.lexsort((part["hash"], part["time"]))] for part in parts]
            if parts:
                of, every = np.repeat(np.arange(len(parts)), [len(part) for part in parts]), np.concatenate(parts)
                list(mark([tracks[name] for name in names], every, of, every["hash"] % 7 == 0, LAW))
        return {name: track.dump() for name, track in tracks.items()}

    together = written(set(KINDS))
    assert {name: track.queries for name, track in together.items()} == dict(zip(KINDS, (60, 100, 140, 180)))
    assert together["equal"].distinct == 1
    assert together["search"].distinct == 180 > len(together["search"].marks) / MARKS.itemsize == WINDOW
    for name in KINDS:
        assert written({name}) == {name: together[name]}
        assert written({name, "ordinary"})[name] == together[name]


@pytest.mark.parametrize("kind", ["ordinary", "what if", "search"])
def test_what_is_said_does_not_depend_on_where_a_minute_ends(kind: str) -> None:
    minutes = [records(queries.of["eve"], queries.width) for queries in seen(asks(160, kind))]
    rows = np.sort(np.concatenate(minutes), order=["time", "hash"])

    def written(most: int) -> WrittenTrack:
        assert LAW is not None
        track = Track(len(LAW.surprise))
        for first in range(0, len(rows), most):
            some = rows[first : first + most]
            list(mark([track], some, np.zeros(len(some), dtype=np.int64), some["hash"] % 7 == 0, LAW))
        return track.dump()

    whole = written(len(rows))
    if kind == "search":
        assert np.frombuffer(whole.marks, MARKS)["hub"].any()
    assert [written(most) == whole for most in (1, 2, 7, 100)] == [True] * 4


def test_bets_of_many_are_those_of_each() -> None:
    rng = np.random.default_rng(1)
    queries = np.array([3, 1, 7])
    said = [rng.integers(-1, 2, (n, len(NULL)), dtype=np.int8) for n in queries.tolist()]
    padded = np.stack([np.pad(each, ((0, 7 - len(each)), (0, 0)), constant_values=1) for each in said])
    together, alone = ([Wealth(len(NULL)) for _ in said] for _ in range(2))
    for _ in range(3):
        capital = play(together, padded, queries, 1e-7, *odds(NULL))
        for one, twin, each, after in zip(alone, together, said, capital, strict=True):
            assert one.play(each, 1e-7, *odds(NULL)).tolist() == after[: len(each)].tolist()
            assert (one.stakes.tolist(), one.spent) == (twin.stakes.tolist(), twin.spent)
