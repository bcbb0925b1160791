"""Queries of all principals of a minute are compared at once: that changes nothing for any one of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from monitors import marks
from monitors.marks import mark
from monitors.querylaw import WINDOW, law_of
from monitors.track import MARKS, Track, WrittenTrack
from monitors.watch import NULL
from monitors.wealth import Wealth, odds, play
from schemas.events import Ints
from schemas.queries import layout, records
from tests.support.queries import asks, narrowed, prepared, seen
from tests.support.traffic import MONDAY

KINDS = ("ordinary", "equal", "what if", "search")
LAW = law_of(prepared().baseline)


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


def laid(codes: Ints, prints: Ints) -> NDArray[np.void]:
    """Marks of the last queries of one principal whose features have these codes and fingerprints, in order."""
    assert LAW is not None
    made = np.zeros(len(codes), layout(codes.shape[1]))
    made["codes"], made["prints"], made["whole"] = codes, prints, np.arange(len(codes))
    made["time"] = made["hash"] = np.arange(len(codes))
    track, nobody = Track(codes.shape[1]), np.zeros(len(made), dtype=np.int64)
    law = replace(narrowed(LAW, codes.shape[1]), variant=1)
    list(mark([track], made, nobody, nobody > 0, law))
    return np.frombuffer(track.marks, MARKS)


def share(of: NDArray[np.int8]) -> float:
    return float((of[of >= 0] > 0).mean())


def test_customers_share_with_anybody_and_searches_with_who_came_just_before() -> None:
    rng = np.random.default_rng(4)
    codes, prints = rng.integers(1, 34, (200, 8)), rng.integers(0, 256, (200, 8))
    customers = laid(codes, prints)
    assert share(customers["kept"]) <= 0.12
    assert share(customers["local"]) <= 0.1
    stays = codes.copy(), prints.copy()
    for each in stays:
        each[:, 3] = each[np.arange(200) // 30, 3]  # an hour, or the number of a batch
    assert share(laid(*stays)["kept"]) <= 0.1
    patched = codes.copy(), prints.copy()
    for i in range(200):
        same = rng.permutation(8)[: 5 * (i % 10 > 0)]
        for each in patched:
            each[i, same] = each[i - i % 10, same]
    found = laid(*patched)
    assert share(found["kept"]) >= 0.7
    assert share(found["next"]) < 0.3  # in ranks what was set anew is as far away as anybody
    walk = np.clip(17 + np.cumsum(rng.integers(-2, 3, (200, 8)), axis=0), 1, 34)
    assert share(laid(walk, prints)["local"]) >= 0.5


@pytest.mark.parametrize(("moves", "crowd"), [(12, False), (40, True)])
def test_many_moves_in_one_feature_after_the_other_are_a_crowd(moves: int, crowd: bool) -> None:
    codes, prints = (np.repeat(np.arange(1, 9)[None], moves + 1, axis=0) for _ in range(2))
    for i in range(1, moves + 1):
        for each in (codes, prints):
            each[i:, i % 8] = 9 + i % 20 if each is codes else 20 + i
    found = laid(codes, prints)
    assert found["one"][1:].all()
    assert bool(found["crowd"][-1]) is crowd
    assert found["crowd"].sum() == (17 if crowd else 0)  # from the twenty-fourth on


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
