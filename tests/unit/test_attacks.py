"""Attack monitors from signatures to alerts: what is kept, what is noticed, whose name is said, and when it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from monitors.accuse import Accuser
from monitors.attacks import claims
from monitors.coherence import coherence_of
from monitors.ledger import Ledger
from monitors.marks import mark
from monitors.observe import Bounds, observe
from monitors.prepared import Prepared
from monitors.purse import Budget
from monitors.querycodes import CODES
from monitors.querylaw import QueryLaw, law_of
from monitors.track import STREAMS, Shape, Track
from monitors.watch import NULL, Finding, Watch
from monitors.wealth import Wealth, odds
from schemas.alerts import Alert
from schemas.events import MINUTE_NS, RawRecord
from schemas.formats import Limits, load
from schemas.queries import Queries, layout, merge_queries, records
from schemas.summaries import Summary
from tests.support.traffic import MONDAY, RULES, SOURCE, Made, learn_from, minute_of, rich, run_line, traffic

BUDGET = Budget(1e-6, 1e-7)
PREPARED = Prepared(learn_from(traffic(60, 40, seed=99, change=rich)))
Row = dict[str, Any]


def seen(rows: list[Row], bounds: tuple[int, int] = (128, 32), secret: bytes = b"") -> list[Queries]:
    """Signatures of rows, one per minute, in order."""
    made = Made().add(rows).records
    batch = load("json_lines")(made, SOURCE, Limits())
    limits = Bounds(256, 64, 60 * 10**9, queries=bounds, secret=secret)
    found = observe(batch, np.zeros(len(batch), dtype=np.int64), 1, 0, lambda m, v, b: PREPARED, limits)
    return [summary.queries for _, summary in sorted(found.on_time[0].items())]


def asks(n: int, kind: str, who: str = "eve", start: float = MONDAY) -> list[Row]:
    """Ordinary queries, equal ones, variants of one case in one feature, or a search around one case."""
    rows = traffic(n, 2, seed=5, start=start, change=rich)[:n]
    first = {**rows[0]["features"]}
    rng = np.random.default_rng(3)
    for i, row in enumerate(rows):
        row["principal"], row["ts"] = who, start + i * 3
        if kind == "equal":
            row["features"] = dict(first)
        elif kind == "what if" and i % 6:
            row["features"] = {**rows[i - 1]["features"], rng.choice(["age", "e01", "e02"]): row["features"]["e03"]}
        elif kind == "search":
            row["features"] = {**first, **{f"e{j:02d}": first[f"e{j:02d}"] + rng.normal(0, 0.02) for j in range(32)}}
    return rows


def findings(rows: list[Row], watch: Watch | None = None) -> list[Any]:
    watch = watch or Watch(256)
    found = []
    for queries in seen(rows):
        watch.add(queries, PREPARED)
        found += watch.minute(1e-6)
    return [each for each in found if each.p <= each.allowed]


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
    law = law_of(PREPARED.baseline)
    assert law is not None
    assert 0 < law.nearest <= law.near <= law.common
    assert law.surprise.shape[0] == len(PREPARED.num_names) + len(PREPARED.cat_names)
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


def shape(**given: float | None) -> Shape:
    usual = {f.name: 0 for f in fields(Shape)} | {"queries": 50, "distinct": 50, "fresh": None, "next": None}
    return Shape(**usual | given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("looks", "family"),
    [
        (shape(unsure=0.9, around=0.2, close=0.9, near=0.8), "attack.evasion"),
        (shape(crowd=0.5, one=0.4, around=0.4, recent=0.5), "attack.evasion"),
        (shape(strange=0.8, close=0.1), "attack.extraction"),
        (shape(near=0.2, close=0.7, around=0.05, recent=0.06), "attack.extraction"),
        (shape(unsure=0.8, close=0.3), "attack.extraction"),
        (shape(strange=0.9, odd=0.9, close=0.9, around=0.3, rise=5.0), "attack.inversion"),
        (shape(strange=0.9, odd=0.9, close=0.9, around=0.3, rise=-5.0), "attack.evasion"),
        (shape(torn=0.4, around=0.01, recent=0.01), "attack.extraction"),
        (shape(torn=0.2, around=0.04, recent=0.05, fresh=0.14), "attack.extraction"),
        (shape(torn=0.2, around=0.04, recent=0.05, fresh=0.6), "attack.evasion"),
        (shape(near=0.2, around=0.07, recent=0.12, one=0.2), "attack.evasion"),
        (shape(one=0.5, sweep=0.5, flips=0.2, around=0.1, recent=0.2), "attack.extraction"),
        (shape(one=0.4, sweep=1.0), "attack.inversion"),
        (shape(near=0.3, hub=0.5, around=0.2, recent=0.4, close=0.9), "attack.membership"),
        (shape(torn=0.6, close=0.2, around=0.02, recent=0.03, fresh=0.7, next=0.12), "attack.membership"),
        (shape(torn=0.2, around=0.03, recent=0.04, flips=0.2, fresh=0.3, next=0.2), "attack.evasion"),
        (shape(near=0.4, crowd=0.2, around=0.2, recent=0.2, fresh=0.2, next=0.04), "attack.evasion"),
        (shape(near=0.3, crowd=0.2, boxed=0.9, around=0.2, recent=0.2, fresh=0.2), "attack.extraction"),
        (shape(one=0.4, sweep=0.1, near=0.15, around=0.06, recent=0.08, fresh=0.2), "attack.evasion"),
        (shape(one=0.9, sweep=0.3, crowd=0.7, around=0.5, recent=0.6), "attack.extraction"),
        (shape(torn=0.4, around=0.4, recent=0.4, fresh=0.3, rise=2.0), "attack.inversion"),
    ],
)
def test_a_shape_is_claimed_by_its_family(looks: Shape, family: str) -> None:
    said = claims(looks)
    assert max(said, key=lambda metric: said[metric]) == family


def test_steps_are_fresh_and_customers_and_samples_are_not() -> None:
    rng = np.random.default_rng(8)

    def track(codes: Any) -> Track:
        made = np.zeros(len(codes), layout(6))
        made["codes"], made["time"], made["hash"] = codes, np.arange(len(codes)), np.arange(len(codes))
        made["prints"], made["whole"] = rng.integers(0, 256, made["prints"].shape), np.arange(len(codes))
        law = law_of(PREPARED.baseline)
        assert law is not None
        small = narrowed(law, 6)
        found = Track(6)
        nobody = np.zeros(len(made), dtype=bool)
        assert list(mark([found], made, nobody.astype(np.int64), nobody, small))
        return found

    walk = np.clip(17 + np.cumsum(rng.integers(-1, 2, (300, 6)), axis=0), 1, 34)
    walks, scattered = track(walk).shape(), track(rng.integers(1, 34, (300, 6))).shape()
    assert walks.fresh is not None
    assert scattered.fresh is not None
    assert walks.fresh > 0.7 > 0.25 > scattered.fresh
    assert (walks.chained, scattered.chained) == (True, False)
    assert track(walk[:80]).shape().fresh is None


def narrowed(law: QueryLaw, width: int) -> QueryLaw:
    """The law of the first few features, without a tree."""
    lone = coherence_of(np.ones((width, CODES), dtype=np.int64), np.zeros(width - 1, dtype=np.int64),
                        np.ones((width - 1) * 64, dtype=np.int64), width)  # fmt: skip
    ends = None if law.ends is None else law.ends[:width]
    ratios = None if law.ratios is None else law.ratios[:width]
    common = law.common * width // len(law.surprise)
    short = replace(law, surprise=law.surprise[:width], numeric=width, ends=ends, coherence=lone)
    return replace(short, ratios=ratios, common=common)


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


def accused(rows: list[Row], then: Callable[[Accuser], list[Alert]] = lambda accuser: []) -> list[Alert]:
    accuser = Accuser("card", "1", RULES, Ledger(RULES, "hash"), 256, 5)
    alerts: list[Alert] = []
    for i, queries in enumerate(seen(rows)):
        accuser.add(Summary({}, {}, {}, [], queries), PREPARED)
        alerts += accuser.minute((MONDAY * 10**9) + (i + 1) * MINUTE_NS, BUDGET)[2]
    return alerts + then(accuser)


def test_a_family_that_claims_most_looks_adds_its_alert_to_one_named_at_a_single_look() -> None:
    accuser = Accuser("card", "1", RULES, Ledger(RULES, ""), 8, 5)
    climbs = shape(strange=0.9, odd=0.9, close=0.9, around=0.3, recent=0.4, rise=5.0)
    searches = shape(crowd=0.5, one=0.4, around=0.4, recent=0.5)

    def named(looks: Shape, known: list[str]) -> str:
        found = Finding("eve", 0, 100, 1e-9, 1e-6, 0.5, looks, ("eve",))
        rule = accuser._rule(found, [rule for rule in RULES if rule.id in known])
        assert rule is not None
        return rule.id

    assert named(climbs, []) == "attack_inversion"
    assert named(climbs, ["attack_inversion"]) == "attack_inversion"
    assert named(searches, ["attack_inversion"]) == "attack_inversion"
    assert named(searches, ["attack_inversion"]) == "attack_evasion"


def test_an_alert_names_who_did_it_and_ends_after_a_quiet_day() -> None:
    def a_day(accuser: Accuser) -> list[Alert]:
        hours = (accuser.minute((MONDAY + 3600 * hour) * 10**9, BUDGET)[2] for hour in range(2, 40))
        return [alert for told in hours for alert in told]

    first, *_, last = accused(asks(150, "search"), a_day)
    assert (first.rule, first.principals, first.family) == ("attack_evasion", ("eve",), "evasion")
    assert first.technique == "AML.T0043"
    assert first.opened_ns is not None
    assert first.opened_ns < (MONDAY + 120) * 10**9
    assert (last.id, last.state) == (first.id, "resolved")
    assert last.resolved_ns is not None
    assert last.resolved_ns - MONDAY * 10**9 > 24 * 3600 * 10**9


def test_answers_in_the_log_are_not_used() -> None:
    rows = sorted([*traffic(60, 40, seed=1, change=rich), *asks(200, "search")], key=lambda row: float(row["ts"]))
    told = [{**row, "attack": "search" if row["principal"] == "eve" else None, "campaign": "c1"} for row in rows]
    with_answers, without = (run_line(Made().add(r).feeds(), baselines=[PREPARED.baseline]) for r in (told, rows))
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


def test_accounts_that_share_a_chain_share_an_alert_and_others_have_their_own() -> None:
    rows = asks(300, "search")
    for i, row in enumerate(rows):
        row["principal"] = f"eve-{i % 3}"
    other = asks(100, "search", "mallory")
    for row in other:  # around another case
        row["features"] = {name: x + 1.5 if name[0] == "e" else x for name, x in row["features"].items()}
    benign = [row for i in range(6) for row in asks(100, "ordinary", f"bob-{i}")]
    last = {alert.id: alert for alert in accused(sorted([*rows, *other, *benign], key=lambda row: float(row["ts"])))}
    members = [alert.principals for alert in last.values() if alert.rule == "attack_evasion"]
    assert sorted(members) == [("eve-0", "eve-1", "eve-2"), ("mallory",)]


def test_how_much_of_a_pane_the_accused_sent_is_known() -> None:
    shares = []

    def share(accuser: Accuser) -> list[Alert]:
        total = minute_of(np.random.default_rng(1), 100, who="bob")
        total.principals = {"bob": [70, 0, 0], "eve": [30, 0, 0]}
        shares.append(accuser.share(total))
        return []

    accused(asks(150, "search"), share)
    accused(asks(150, "ordinary"), share)
    assert shares == [0.3, 0.0]
