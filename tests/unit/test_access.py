"""Who uses a model as nobody does: suspected, with a rank for a p, and never more than suspected."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import msgspec
import numpy as np
import pytest

from monitors.abuse import SURE, WEEK, Access, failures, odd_hours
from monitors.access import AccessWatch, WrittenAccess, likeness
from monitors.activity import Activity
from monitors.contacts import tried
from monitors.judge import Judge
from monitors.ledger import Ledger
from monitors.limits import Limits
from monitors.modelstate import ModelState
from monitors.track import Track
from schemas.summaries import SummaryKey
from tests.support.access_stories import DAY_NOW, HOUR_NS, STORIES, at, both, healthy, story, told
from tests.support.traffic import MONDAY, RULES, minute_of, small_settings


@pytest.mark.parametrize("rule", STORIES)
def test_only_who_did_it_is_named_and_only_suspected(rule: str) -> None:
    found = story(rule)
    assert {alert.rule for alert in found} == {rule}
    assert {alert.principals for alert in found} <= {("stranger",), ("sleeper",), ("desk-07",)}
    assert len({alert.principals for alert in found}) == 1
    assert {alert.level for alert in found} == {"suspected"}
    assert all(alert.p is not None and 0 < alert.p <= 0.05 for alert in found)
    assert all(alert.state == "resolved" for alert in found)


def test_usual_traffic_a_late_job_a_small_backfill_and_an_outage_are_quiet() -> None:
    assert healthy() == ()


def test_a_second_month_end_is_quiet() -> None:
    twice = both(at(3, sleeper=[900, 0, 0]), at(DAY_NOW, sleeper=[900, 0, 0]))
    assert told(twice) == []


def test_a_model_that_is_new_itself_is_no_find() -> None:
    def change(hour: int, model: str) -> dict[str, list[int]]:
        return {"stranger": [5, 0, 0]} if hour == 3 else {}

    assert told(change, tuple(f"model-{i}" for i in range(5))) == []


def test_where_there_are_few_to_compare_with_nobody_is_suspected() -> None:
    hour = 9 * 24 + 3
    days = {hour - 24 * day + 7: 30 for day in range(1, 9)}
    known = {"amy": Activity({**dict(reversed(days.items())), hour: 90}), "bob": Activity(dict(reversed(days.items())))}
    access = Access(hour, 0, {"amy": [90, 0, 90]}, known, {"amy": {hour: 90}})
    for kind, others in ((failures, 14), (odd_hours, 7)):
        (found,) = kind.seen(access)
        assert found.p == 1 / (1 + others)
        assert found.p > found.allowed == SURE


@pytest.mark.parametrize("released", [48, 99])
def test_a_client_that_comes_to_a_new_version_tries_no_new_model(released: int) -> None:
    hour, limits = 100, Limits.of(small_settings(), 1)
    states = []
    for number in range(3):
        old = ModelState(f"m{number}", "1", 0, 0, limits, RULES, "")
        new = ModelState(f"m{number}", "2", 0, released * HOUR_NS, limits, RULES, "")
        old.principals = {name: Activity({30: 5}) for name in ("amy", *(f"p{i}" for i in range(30)))}
        new.principals = {name: Activity({hour: 5}) for name in ("amy", "eve")}
        new.accuser.access.fresh = ["amy", "eve"]
        states += [old, new]
    found = [(one.principal, one.n) for one, _ in tried((hour + 1) * HOUR_NS, states)]
    assert found == [("eve", 3)]


def test_who_comes_to_a_new_version_of_its_model_is_neither_new_nor_awake_nor_at_an_odd_hour() -> None:
    """The heaviest client moves to a version that others have used for days, and its night's job with it."""
    hour = 20 * 24 + 3
    office = {24 * day + h: 20 for day in range(9, 20) for h in range(8, 18)}
    desks = {f"desk-{i:02d}": Activity(dict(office)) for i in range(24)}
    nightly = Activity({24 * d + 3: 300 for d in range(20)})
    came = {"newcomer": {}, "woken": {6 * 24: 20}, "odd_hours": {24 * d + 12: 20 for d in range(13, 20)}}
    for kind, before in came.items():
        known = desks | {"night": Activity(before | {hour: 900})}
        seen = import_module(f"monitors.abuse.{kind}").seen
        alone = Access(hour, 0, {"night": [900, 0, 0]}, known, {})
        (found,) = seen(alone)
        assert found.p <= found.allowed
        assert not list(seen(replace(alone, elsewhere=[desks, {"night": nightly}])))


@pytest.mark.parametrize("first", ["1", "2"])
def test_versions_know_who_asked_the_others_and_so_does_a_judge_that_was_rebuilt(first: str) -> None:
    judge = Judge(small_settings(), RULES)
    for hour, version in enumerate((first, "3")):
        key = SummaryKey("card", version, "", MONDAY * 1_000_000_000 + hour * HOUR_NS, "")
        judge.close(key.minute_ns, {key: minute_of(np.random.default_rng(1), 5)})
    again = Judge(small_settings(), RULES)
    again.load([profile.state for profile in judge.turn(MONDAY * 1_000_000_000 + 2 * HOUR_NS)], key.minute_ns)
    for each in (judge, again):
        old, new = each.states["card", first], each.states["card", "3"]
        assert sorted(state.version for state in old.versions) == [first, "3"]
        assert old.versions is new.versions, "a list for each would be a million entries for a thousand versions"


@pytest.mark.parametrize(
    ("queries", "distinct", "says"),
    [(1200, 12, "a load test"), (150, 100, "retries"), (100, 100, "a job"), (100, 90, ""), (0, 0, "")],
)
def test_harmless_use_is_recognised_by_its_queries(queries: int, distinct: int, says: str) -> None:
    track = Track(4)
    track.queries, track.distinct = queries, distinct
    track.hits = np.full_like(track.hits, 0 if says else distinct)  # of an unusual client every query is marked
    assert likeness(track).startswith(says)
    assert bool(likeness(track)) == bool(says)


def test_what_is_carried_is_written_down() -> None:
    watch, again = (AccessWatch("card", "1", RULES, Ledger(RULES, "")) for _ in range(2))
    known = {"amy": Activity({0: 5, 1: 6}), "bob": Activity({1: 3})}
    watch.pane(HOUR_NS, (0, 0), {"amy": [5, 0, 4]}, known, {})
    watch.pane(2 * HOUR_NS, (1, 0), {"amy": [6, 0, 6], "bob": [3, 0, 0]}, known, {})
    again.load(msgspec.json.decode(msgspec.json.encode(watch.dump()), type=WrittenAccess))
    assert again.dump() == watch.dump()
    assert again.dump().failed == {"amy": [(0, 4), (1, 6)]}


@pytest.mark.parametrize("minutes", [5, 60])
def test_failures_of_more_than_a_week_ago_are_forgotten_and_those_of_who_is(minutes: int) -> None:
    watch = AccessWatch("card", "1", RULES, Ledger(RULES, ""))
    for hour in range(200):
        for minute in range(0, 60, minutes):
            known = {"amy": Activity({hour: 5})} | ({"bob": Activity({hour: 5})} if hour < 9 else {})
            at_ns = hour * HOUR_NS + (minute + minutes) * HOUR_NS // 60
            watch.pane(at_ns, (hour, 0), {name: [5, 0, 1] for name in known}, known, {})
    assert {name: sorted(hours) for name, hours in watch.failed.items()} == {"amy": list(range(199 - WEEK, 200))}
