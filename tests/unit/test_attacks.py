"""Attack monitors from signatures to findings: what is kept of a query, what is noticed, and what is not."""

from __future__ import annotations

import numpy as np
import pytest

from monitors.querylaw import law_of
from monitors.track import STREAMS
from monitors.watch import NULL, Watch
from monitors.wealth import Wealth, odds
from schemas.events import RawRecord
from schemas.queries import Queries, layout, merge_queries, records
from tests.support.queries import asks, findings, prepared, seen
from tests.support.traffic import MONDAY, Made, learn_from, rich, run_line, traffic


def test_bets_are_fair_and_certain_gains_multiply() -> None:
    yes, no = odds(NULL)
    assert np.allclose(NULL[:, None] * yes + (1 - NULL[:, None]) * no, 1.0)
    assert np.allclose(odds(np.array([0.9, 1.0, 3.0])), 1.0)  # what is usual anyhow is no news


def test_benign_queries_reach_the_line_no_more_often_than_was_spent() -> None:
    rng = np.random.default_rng(1)
    reached = 0
    for _ in range(300):
        wealth = Wealth(len(STREAMS))
        capital = wealth.play((rng.random((200, len(STREAMS))) < NULL).astype(np.int8), 0.1 / 200, *odds(NULL))
        reached += bool((capital >= 1).any())
    assert wealth.spent == pytest.approx(0.1)
    assert reached <= 300 * 0.1


def test_a_law_is_learnt_and_an_older_baseline_has_none() -> None:
    law = law_of(prepared().baseline)
    assert law is not None
    assert 0 < law.nearest <= law.near <= law.common
    assert law.surprise.shape[0] == len(prepared().num_names) + len(prepared().cat_names)
    older = learn_from(traffic(60, 40, seed=99))
    older.vectors.clear()
    assert law_of(older) is None


@pytest.mark.parametrize("kind", ["ordinary", "equal", "what if"])
def test_who_asks_as_customers_do_is_not_noticed(kind: str) -> None:
    assert findings(asks(400, kind)) == []


def test_a_search_is_noticed_within_a_few_queries_and_only_who_does_it() -> None:
    rows = sorted([*asks(200, "search"), *asks(200, "ordinary", "bob")], key=lambda row: float(row["ts"]))
    found = findings(rows)
    assert {each.principal for each in found} == {"eve"}
    assert found[0].n <= 40
    assert found[0].at_ns < (MONDAY + 40 * 3) * 10**9


def test_what_everybody_does_is_no_attack() -> None:
    rows = [row for who in "abcde" for row in asks(120, "search", who)]
    alone = findings([row for row in rows if row["principal"] == "a"])
    assert alone
    assert findings(sorted(rows, key=lambda row: float(row["ts"]))) == []


def test_tracks_are_bounded_and_those_not_heard_longest_go() -> None:
    watch = Watch(10)
    rows = [row for i in range(30) for row in asks(2, "ordinary", f"p{i:02d}", MONDAY + 60 * i)]
    findings(rows, watch)
    assert sorted(watch.tracks) == [f"p{i:02d}" for i in range(20, 30)]


def test_signatures_hold_no_values_and_change_with_the_secret() -> None:
    rows = asks(20, "ordinary")
    (first,), (other,) = seen(rows), seen(rows, secret=b"another")
    a, b = (records(each.of["eve"], each.width) for each in (first, other))
    assert (a["codes"] == b["codes"]).all()
    assert (a["whole"] != b["whole"]).all()
    assert len(a.tobytes()) == len(a) * layout(first.width).itemsize


def test_a_score_that_is_no_probability_has_no_top() -> None:
    rows = traffic(3, 20, seed=6, change=rich)[:3]
    for row, score in zip(rows, (1e308, -1e308, 2.0), strict=True):
        row["score"] = score
        row.pop("scores", None)
    found = [records(packed, queries.width) for queries in seen(rows) for packed in queries.of.values()]
    assert [int(row["top"]) for rows in found for row in rows] == [0, 0, 0]


def test_limits_keep_the_smallest_hashes_however_a_minute_is_cut() -> None:
    rows = [row for who in "abcde" for row in asks(12, "ordinary", who)]
    (whole,) = seen(rows, (3, 4))
    everything = seen(rows)
    assert whole == merge_queries(everything, 3, 4)
    assert len(whole.of) == 3
    assert all(len(records(packed, whole.width)) == 4 for packed in whole.of.values())
    assert seen(rows, (3, 0)) == [Queries()]


def test_a_case_near_another_is_one_piece_of_evidence_with_all_its_variants() -> None:
    """Two sessions of an officer about cases that resemble each other: no crowd, though many lie near many."""
    rows = traffic(60, 2, seed=5, change=rich)[:26]
    case = {**rows[0]["features"]}
    for i, row in enumerate(rows):
        like = case if i < 13 else {name: x + 0.001 if name[0] == "e" else x for name, x in case.items()}
        row["principal"], row["ts"] = "eve", MONDAY + i * 2
        row["features"] = {**like, "e03": like["e03"] + (0.01 * i if i % 13 else 0.0)}
    watch = Watch(256)
    findings(rows, watch)
    assert watch.tracks["eve"].shape().crowd <= 0.1


def test_answers_in_the_log_are_not_used() -> None:
    rows = sorted([*traffic(60, 40, seed=1, change=rich), *asks(200, "search")], key=lambda row: float(row["ts"]))
    told = [{**row, "attack": "search" if row["principal"] == "eve" else None, "campaign": "c1"} for row in rows]
    with_answers, without = (run_line(Made().add(r).feeds(), baselines=[prepared().baseline]) for r in (told, rows))
    assert with_answers.rules() >= {"attack_evasion"}
    assert with_answers.alerts == without.alerts


def test_a_record_without_principal_or_features_stops_nothing() -> None:
    rows = asks(10, "ordinary")
    for row in rows[:5]:
        row.pop("principal")
    for row in rows[5:]:
        row["features"] = {}
    (queries,) = seen(rows)
    assert list(queries.of) == ["eve"]
    assert findings(rows) == []
    assert isinstance(Made().add(rows).records[0], RawRecord)
