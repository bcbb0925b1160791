"""Rules that count matching events of one principal: who is named and when, what is forgotten, what merges alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.counters import PARTS, Counters, WrittenCount
from monitors.ledger import Ledger
from monitors.nullrate import Counted
from monitors.observe import Bounds, observe
from monitors.purse import Budget, Purse
from schemas.calibration import Calibration
from schemas.counts import asked, counts_of, fewer, name_of
from schemas.errors import RuleError
from schemas.events import MINUTE_NS
from schemas.formats import Limits, load
from schemas.rules import Per, Rule, decisive, hash_rules, load_rule
from schemas.signals import Signal
from schemas.summaries import merge
from schemas.vectors import add
from streams.sigmarules import load_sigma
from tests.support.traffic import MONDAY, SOURCE, Made, Ran, run_line, small_settings, traffic

WORDS: dict[str, Any] = dict.fromkeys(
    ("title", "meaning", "false_positives", "gaps", "triage", "runbook"), "said to a person"
)
DENIED = Rule(
    id="denied",
    family="abuse",
    level="ticket",
    metric="match.count",
    detector="matched",
    match={"status": "403"},
    per=Per(count=10, minutes=60),
    **WORDS,
)
PANE = 5 * MINUTE_NS


def by(**per: Any) -> Rule:
    assert DENIED.per is not None
    return msgspec.structs.replace(DENIED, per=msgspec.structs.replace(DENIED.per, **per))


def chats(each: dict[str, float], minutes: int = 140, *, sessions: int = 1) -> list[dict[str, Any]]:
    """Forty principals; from the second hour on these have so many refused calls an hour, in turn over sessions."""

    def change(row: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
        who, late = row["principal"], row["ts"] > MONDAY + 3600
        row["status"] = "403" if late and rng.random() < each.get(who, 0.0) / 60 else "ok"
        row["session"] = f"{who}-{rng.integers(sessions)}"
        return row

    return traffic(minutes, 40, model="help", principals=40, change=change)


def ran(rows: list[dict[str, Any]], rule: Rule = DENIED, size: int = 4096) -> Ran:
    settings = small_settings(baseline_events=1000, baseline_minutes=20)
    return run_line(Made().add(rows).feeds(size), settings, rules=(rule,))


def test_one_principal_among_many_is_named() -> None:
    (alert,) = ran(chats({"client-7": 30.0})).alerts.values()
    assert (alert.rule, alert.level, alert.p) == ("denied", "suspected", None)
    assert alert.principals == ("client-7",)
    assert alert.evidence["sessions"] == []
    assert alert.first_seen_ns > (MONDAY + 3600) * 10**9
    assert "client-7 on help 1: " in alert.summary
    assert "events within 60 minutes" in alert.summary


def test_many_that_exceed_it_together_and_none_alone_are_quiet() -> None:
    rows = chats({f"client-{i}": 2.0 for i in range(40)}, 180)
    assert sum(row["status"] == "403" for row in rows) > 100
    assert ran(rows).alerts == {}


def test_a_session_is_counted_by_itself() -> None:
    assert ran(chats({"client-7": 30.0}, sessions=20), by(by="session")).alerts == {}
    (alert,) = ran(chats({"client-7": 30.0}), by(by="session")).alerts.values()
    assert alert.principals == ("client-7",)
    assert alert.evidence["sessions"] == ["client-7-0"]


def test_however_the_log_is_cut_the_alerts_and_stored_minutes_are_the_same() -> None:
    rows = chats({"client-7": 30.0, "client-9": 12.0})
    whole, cut = ran(rows), ran(rows, size=97)
    assert whole.told == cut.told
    assert len(whole.told) > 1
    assert whole.store.rows("minutes") == cut.store.rows("minutes")


def test_an_alert_ends_when_its_events_are_older_than_the_rule_asks() -> None:
    rows = [row for row in chats({"client-7": 30.0}, 215) if row["status"] == "ok" or row["ts"] < MONDAY + 7200]
    (alert,) = ran(rows).alerts.values()
    assert alert.resolved_ns is not None
    ended = (alert.resolved_ns / 1e9 - MONDAY - 7200) / 60
    assert 0 < ended <= 60 + 3 * 5


def test_a_name_that_looks_like_anothers_count_is_only_itself() -> None:
    hostile = ["(other)", 'a"]', 'a", "b', "a:b", "\n", "ب"]
    vectors = {name_of("r", (who,)): np.array([1]) for who in hostile}
    assert sorted(who for (who, _), _ in counts_of("r", vectors)) == sorted(hostile)
    assert asked("r") not in vectors


@given(
    st.lists(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 9), max_size=6), min_size=1, max_size=5),
    st.integers(1, 4),
)
def test_those_kept_and_the_sum_of_the_others_do_not_depend_on_how_parts_were_merged(
    parts: list[dict[str, int]], limit: int
) -> None:
    made = [
        {asked("r"): np.array([0, 9]), **{name_of("r", (who,)): np.array([n]) for who, n in part.items()}}
        for part in parts
    ]

    together = fewer(add(made), limit)
    stepwise = reduce(lambda a, b: fewer(add([a, b]), limit), [fewer(part, limit) for part in made])
    assert {n: c.tolist() for n, c in together.items()} == {n: c.tolist() for n, c in stepwise.items()}
    total = sum(sum(part.values()) for part in parts)
    assert sum(n for _, n in counts_of("r", together)) + int(together[asked("r")][0]) == total
    assert len(list(counts_of("r", together))) <= limit


def test_a_flood_of_names_is_counted_together_and_shown() -> None:
    rows = [{"ts": MONDAY + i / 1000, "model": "m", "principal": f"p{i}", "status": "403"} for i in range(600)]
    batch = load("json_lines")(Made().add(rows).records, SOURCE, Limits())
    bounds = replace(Bounds.of(small_settings(), (DENIED,)), max_principals=50)
    seen = observe(batch, np.zeros(len(batch), dtype=np.int64), 1, 0, lambda m, v, b: None, bounds)
    (summary,) = seen.on_time[0].values()
    assert len(list(counts_of("denied", summary.vectors))) == 50
    assert summary.vectors[asked("denied")].tolist() == [550, 600]
    assert merge([summary], max_principals=50, max_predictions=9, max_sample=0).vectors.keys() == summary.vectors.keys()
    flood = chats({}) + [
        {"ts": MONDAY + 7200 + i / 100, "model": "help", "version": "1", "principal": f"p{i}", "status": "403"}
        for i in range(600)
    ]
    told = ran(sorted(flood, key=lambda row: row["ts"]))
    assert told.alerts == {}
    beyond = [row for row in told.store.rows("readings") if row["metric"] == "match.beyond"]
    assert [(row["feature"], row["value"] > 300) for row in beyond] == [("denied", True)]


def counters(principals: int = 4, rule: Rule = DENIED) -> Counters:
    return Counters("m", "1", (rule,), Ledger((rule,), ""), principals, 5)


def nothing(signal: Signal) -> tuple[Signal, Budget]:
    return signal, Budget(0.0, 0.0)


def test_memory_is_bounded_whoever_comes_and_goes_on_from_what_was_written() -> None:
    one = counters()
    for pane in range(1, 400):
        found = {name_of("denied", (f"p{pane}-{i}",)): np.array([1]) for i in range(50)}
        one.pane(pane * PANE, found, nothing)
        assert len(one.found["denied"]) <= 16
    assert max(len(parts) for parts in one.found["denied"].values()) <= PARTS
    other = counters()
    other.load(msgspec.json.decode(msgspec.json.encode(one.dump()), type=list[WrittenCount]))
    assert other.found == one.found
    more = {name_of("denied", ("p399-1",)): np.array([9])}
    assert [each.reason for each in other.pane(400 * PANE, more, nothing)[0]] == [
        each.reason for each in one.pane(400 * PANE, more, nothing)[0]
    ]
    other.load([WrittenCount("denied", 30, ("x", ""), {1: 5}), WrittenCount("gone", 60, ("x", ""), {1: 5})])
    assert other.found == {"denied": {}}


def test_events_further_apart_than_the_rule_asks_are_never_added_up() -> None:
    one = counters()
    for pane in range(1, 200):
        more = {name_of("denied", ("slow",)): np.array([4 if pane % 4 == 0 else 0])}
        told, _ = one.pane(pane * PANE, more, nothing)
        assert bool(told) == (pane >= 12), pane


def test_minutes_that_are_no_whole_panes_add_up_nothing_further_apart_either() -> None:
    one = counters(rule=by(count=8, minutes=13))
    for pane in range(2, 60, 2):
        told, _ = one.pane(pane * PANE, {name_of("denied", ("slow",)): np.array([4])}, nothing)
        assert told == [], "the first of both panes began fifteen minutes before the end of the second"


def test_a_rule_whose_rate_was_measured_opens_tickets_within_its_budget() -> None:
    purse = Purse(1.0, 1.0, 1, 5, budgeted=True)
    purse.sharers = 1
    for rate, level in ((purse.counted(), "ticket"), (purse.counted() * 2, "suspected")):
        known = Calibration(
            since=datetime.fromtimestamp(0, UTC),
            false_per_week=rate,
            tickets=0,
            weeks=9.0,
            pane_minutes=5,
            of=decisive(DENIED),
        )
        rule = msgspec.structs.replace(DENIED, calibration=known)
        counted, one = Counted((rule,), 5), counters(rule=rule)

        def spend(signal: Signal, counted: Counted = counted) -> tuple[Signal, Budget]:
            return counted.spend(signal, purse.every_pane(1), purse)

        told = [one.pane(pane * PANE, {name_of("denied", ("p",)): np.array([5])}, spend)[1] for pane in range(1, 5)]
        assert [alert.level for alerts in told for alert in alerts][-1] == level


def test_what_a_rule_may_not_say(tmp_path: Path) -> None:
    good = Path("monitors/rules/genai/genai_denied_of_one_principal.toml").read_text()
    file = tmp_path / "genai_denied_of_one_principal.toml"
    for old, new, wrong in (
        ("count = 20", "count = 1", r"per.count = 1 must be at least 2"),
        ("minutes = 60", "minutes = 4", r"per.minutes = 4 must lie between 5 and 10,080"),
        ("minutes = 60", 'minutes = 60\nby = "key"', r"unknown by 'key'; did you mean|known: principal, session"),
        ('"match.count"', '"match.share"', r"match, per and metric = 'match.count'"),
        ('"match.count"', '"errors.share"', r"belong together"),
        ("[per]\ncount = 20\nminutes = 60\n", "", r"belong together"),
    ):
        assert old in good
        file.write_text(good.replace(old, new))
        with pytest.raises(RuleError, match=wrong):
            load_rule(file)


def test_only_a_rule_with_a_count_has_another_hash_than_before_there_were_any() -> None:
    share = msgspec.structs.replace(DENIED, metric="match.share", per=None)
    assert decisive(share) != decisive(DENIED) != decisive(by(count=11))
    assert len({hash_rules([each]) for each in (share, DENIED, by(count=11))}) == 3


SIGMA = """title: Denied call
name: denied
logsource: {{category: inference}}
detection:
  a: {{status: 403}}
  condition: a
---
title: Many denied calls
correlation:
  type: {type}
  rules: [denied]
  group-by: [{group}]
  timespan: {span}
  condition: {{{condition}}}
level: high
tags: [atlas.aml.t0012]
"""
GIVEN = {"type": "event_count", "group": "principal", "span": "90m", "condition": "gte: 10"}


@pytest.mark.parametrize(
    ("given", "per"),
    [
        ({}, Per(10, 90, "principal")),
        ({"condition": "gt: 10"}, Per(11, 90, "principal")),
        ({"group": "session, principal", "span": "1d"}, Per(10, 1440, "session")),
        ({"type": "value_count", "condition": "gte: 10, field: status"}, "value_count is not supported"),
        ({"group": "source_ip"}, "only principal or session"),
        ({"condition": "lt: 3"}, "only a condition of gt or gte"),
        ({"condition": "gte: 1"}, "two events or more"),
        ({"span": "30s"}, "timespan 30s is not supported"),
    ],
)
def test_a_sigma_correlation_is_a_count_or_refused(tmp_path: Path, given: dict[str, str], per: Per | str) -> None:
    file = tmp_path / "x.yml"
    file.write_text(SIGMA.format(**GIVEN | given))
    if isinstance(per, str):
        with pytest.raises(RuleError, match=per):
            load_sigma(file)
        return
    made = load_sigma(file)
    assert (made.per, made.metric, made.match) == (per, "match.count", {"status": "403"})
    assert (made.title, made.technique) == ("Many denied calls", "AML.T0012")
    assert made.meaning.startswith(f"{per.count} events within {per.minutes} minutes from one {per.by} match")
