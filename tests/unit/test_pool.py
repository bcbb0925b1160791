"""A campaign cut over so many accounts that none of them says enough is seen in all of them together."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from monitors.pool import Pool, WrittenPool
from monitors.querylaw import law_of
from monitors.track import MARKS, STREAMS
from monitors.watch import NULL, by_principal
from schemas.alerts import Alert
from tests.support.queries import accused, asks, prepared, seen

CLIENTS = 30
SHARED = STREAMS.index("shared")


def told(rows: list[dict[str, Any]]) -> list[Alert]:
    benign = [row for i in range(CLIENTS) for row in asks(20, "ordinary", f"bob-{i}")]
    last = {a.id: a for a in accused(sorted([*rows, *benign], key=lambda row: float(row["ts"])))}
    return [alert for alert in last.values() if alert.family == "evasion"]


def through(accounts: int, queries: int = 160) -> list[dict[str, Any]]:
    """One search, each step of which comes from another account."""
    return [row | {"principal": f"eve-{i % accounts}"} for i, row in enumerate(asks(queries, "search"))]


def test_it_is_one_alert_and_names_all_of_them_and_nobody_else() -> None:
    (alert,) = told(through(20))
    assert set(alert.principals) == {f"eve-{i}" for i in range(20)}
    assert alert.opened_ns is not None
    assert "through" in alert.transitions[0].reason


def test_honest_clients_together_are_no_campaign() -> None:
    assert told([]) == []


def test_who_goes_on_from_anothers_query_is_tied_to_it_and_both_count() -> None:
    rows = asks(60, "ordinary")
    for i, row in enumerate(rows):  # pairs: a record, and one a little off it, sent by another account
        row["principal"] = f"eve-{i % 2}"
        if i % 2:
            row["features"] = {n: x + 0.01 if n[0] == "e" else x for n, x in rows[i - 1]["features"].items()}
    pool = pooled(rows)
    assert {name: counts[0, SHARED] for name, counts in pool.counts.items()} == {"eve-0": 10, "eve-1": 10}
    lone = pooled([row | {"principal": "eve"} for row in rows])
    assert lone.counts["eve"][0, SHARED] == 0


def test_an_honest_account_that_is_tied_now_and_then_is_not_named_beside_forty_guilty_ones() -> None:
    pool = Pool(4)
    guilty = [f"eve-{i}" for i in range(40)]
    for name, hits, asked in [*((name, 30, 40) for name in guilty), *((f"bob-{i}", 0, 11) for i in range(37))]:
        pool.counts[name] = np.tile([[hits], [asked]], len(STREAMS))
    pool.counts["amy"] = np.tile([[4], [11]], len(STREAMS))  # was seen, of a benign one in 260
    assert pool._show(SHARED, NULL) == tuple(sorted(guilty))


def test_whose_record_others_vary_is_tied_once_for_each_of_its_queries() -> None:
    rows = asks(32, "ordinary")
    base = rows[9]["features"]
    for i, row in enumerate(rows):
        row["principal"] = "bob" if i < 10 else f"eve-{i % 4}"
        if i >= 10:
            row["features"] = base | {f"e{i}": base[f"e{i}"] + 1}
    pool = pooled(rows)
    assert sum(counts[0, SHARED] for counts in pool.counts.values()) > 15
    assert pool.counts["bob"][0, SHARED] == len(pool.led) == 1


def test_acquitting_one_keeps_the_others() -> None:
    pool = pooled(through(4))
    before = dict(pool.counts)
    pool.track.wealth.stakes[:], pool.named = 1.0, {"eve-1", "eve-2"}
    pool.acquit("eve-1")
    pool.acquit("nobody")
    assert sorted(pool.counts) == ["eve-0", "eve-2", "eve-3"]
    assert all((pool.counts[name] == before[name]).all() for name in pool.counts)
    assert set(pool.whose.values()) == {"eve-0", "eve-2", "eve-3"}
    assert pool.named == {"eve-2"}
    assert len(pool.track.records) == 96 == len(pool.track.marks) // MARKS.itemsize
    assert not pool.track.wealth.stakes.any()


def pooled(rows: list[dict[str, Any]]) -> Pool:
    law = law_of(prepared().baseline)
    assert law is not None
    pool = Pool(len(law.surprise))
    for queries in seen(rows):
        names, who, packed = by_principal([queries])
        pool.add(names, who, packed, law)
    return pool


def test_what_is_carried_is_written_down() -> None:
    pool, empty = Pool(4), Pool(0)
    pool.named = {"amy"}
    pool.counts, pool.whose = {"amy": np.ones((2, 10), dtype=np.int64)}, {7: "amy"}
    for each, width in ((pool, 4), (empty, 0)):
        written = msgspec.json.decode(msgspec.json.encode(each.dump()), type=WrittenPool)
        assert Pool.load(written, width).dump() == each.dump()
    assert Pool.load(pool.dump(), 5).counts == {}  # of another baseline
