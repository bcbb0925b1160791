"""Which alerts belong together: the same in whatever order they come, and never an attack behind a release."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from monitors.incidents import MINUTE_NS, Member, change, grouped, member
from schemas.alerts import PAGE, SUSPECTED, TICKET, Alert, Transition
from schemas.incidents import OVER, PRINCIPAL, RELEASE, SCHEMA, SHARED, SILENCE
from schemas.readings import Series
from streams.correlating import numbered


def alert(id: str, model: str, minute: float, **more: Any) -> Member:
    """One alert that opened in that minute, on evidence of then unless `begun` says another minute."""
    given_: dict[str, Any] = {"rule": "score_drift", "family": "drift", "metric": "output.score_psi"}
    given_ |= {"level": TICKET, "end": None, "features": (), "principals": (), "release": ""}
    given_ |= {"begun": minute} | more
    opened, begun = int(minute * MINUTE_NS), int(given_["begun"] * MINUTE_NS)
    end = None if given_["end"] is None else int(given_["end"] * MINUTE_NS)
    return Member(
        id, 0, given_["rule"], given_["family"], given_["metric"], given_["level"], model, given_["features"],
        given_["principals"], begun, opened, end or opened, end, f"{id} on {model}", 1e-6, 0.4, 900, given_["release"],
    )  # fmt: skip


def sets(members: list[Member], **more: Any) -> list[set[str]]:
    return [set(i.alerts) for i in grouped(members, **more)]


def test_what_begins_near_on_one_model_is_one_incident_and_what_begins_later_another() -> None:
    assert sets([alert("a", "m", 0), alert("b", "m", 15), alert("c", "m", 31)]) == [{"a", "b"}, {"c"}]
    assert sets([alert("a", "m", 0), alert("b", "other", 0)]) == [{"a"}, {"b"}]


def test_an_attack_is_never_hidden_behind_a_trouble_of_its_model() -> None:
    schema = alert("a", "m", 0, rule="schema_changed", metric="schema.changed", family="fault")
    attack = alert("b", "m", 3, rule="attack_evasion", family="evasion", metric="attack.evasion")
    assert sets([schema, attack]) == [{"a"}, {"b"}]


def test_one_attacker_on_three_models_is_one_incident() -> None:
    attacks = [
        alert(f"a{i}", f"m{i}", 4 * i, rule="attack_evasion", family="evasion", principals=("p7",)) for i in range(3)
    ]
    (one,) = grouped(attacks)
    assert (one.cause, one.principals, one.models) == (PRINCIPAL, ("p7",), ("m0", "m1", "m2"))
    assert "and 2 more models" in one.title


def test_a_second_attack_of_one_who_is_accused_joins_the_first_for_as_long_as_that_is_open() -> None:
    def attack(id: str, minute: float, who: str, **more: Any) -> Member:
        return alert(id, "m", minute, family="evasion", metric="attack.evasion", principals=("p1", who), **more)

    first = attack("a", 0, "p7", end=600)
    assert sets([first, attack("b", 300, "p7", rule="attack_inversion")]) == [{"a", "b"}]
    assert sets([first, alert("b", "m", 300, family="evasion", principals=("p8",))]) == [{"a"}, {"b"}]
    assert sets([first, attack("b", 700, "p7", rule="attack_inversion")]) == [{"a"}, {"b"}]


def test_a_changed_schema_explains_what_begins_while_it_is_open() -> None:
    schema = alert("s", "m", 0, rule="schema_changed", metric="schema.changed", family="fault", end=300)
    drift = alert("d", "m", 200, level=PAGE)
    after = alert("z", "m", 400)
    one, other = grouped([schema, drift, after])
    assert (one.cause, one.lead, one.explained, one.level) == (SCHEMA, "s", ("d",), PAGE)
    assert other.alerts == ("z",)


def test_an_outage_of_many_models_is_one_incident_whatever_else_it_does_to_them() -> None:
    silent = [
        alert(f"s{i}", f"m{i}", i % 9, rule="model_silent", family="blindness", metric="volume.silence")
        for i in range(20)
    ]
    slow = [alert(f"l{i}", f"m{i}", 60 + i, rule="latency_level", family="fault") for i in range(0, 20, 7)]
    (one,) = grouped(silent + slow)
    assert (one.cause, len(one.models), len(one.explained)) == (SILENCE, 20, 3)
    assert one.id == "i-s0"


def faults(*rules: str) -> list[Member]:
    """One fault on a model of its own each, two minutes after another."""
    return [alert(f"f{i}", f"m{i}", 2 * i, rule=rule, family="fault") for i, rule in enumerate(rules)]


def test_two_faults_alike_may_be_chance_and_three_are_an_outage_or_four_of_any_sort() -> None:
    assert sets(faults("error_share", "error_share")) == [{"f0"}, {"f1"}]
    assert sets(faults("error_share", "error_share", "error_share")) == [{"f0", "f1", "f2"}]
    assert len(sets(faults("error_share", "latency_level", "feature_missing"))) == 3
    assert len(sets(faults("error_share", "latency_level", "feature_missing", "error_share"))) == 1
    assert len(sets([alert(f"a{i}", "m0", 20 * i, rule="r", family="fault") for i in range(9)])) == 9, "one model"


def test_models_are_counted_within_ten_minutes_wherever_these_begin() -> None:
    slow = [
        alert(f"s{i}", f"m{i}", at, rule="latency_level", family="fault") for i, at in enumerate((0, 6, 12, 16, 27))
    ]
    assert sets(slow) == [{"s0"}, {"s1", "s2", "s3"}, {"s4"}]


def test_a_model_that_shows_an_outage_late_is_part_of_it_by_its_first_evidence() -> None:
    early = [alert(f"s{i}", f"m{i}", 10 + i, rule="latency_level", family="fault", begun=i) for i in range(2)]
    late = alert("z", "rare", 40, rule="latency_level", family="fault", begun=8)
    assert sets([*early, late]) == [{"s0", "s1", "z"}]
    assert len(sets([*early, alert("z", "rare", 40, rule="latency_level", family="fault", begun=30)])) == 3


def test_faults_on_two_models_in_one_minute_are_told_at_once() -> None:
    pair = [alert(id, id, 10, rule="latency_level", family="fault", begun=begun) for id, begun in (("a", 0), ("b", 9))]
    assert sets(pair) == [{"a", "b"}]
    assert len(sets([pair[0], alert("b", "b", 11, rule="latency_level", family="fault")])) == 2
    assert len(sets([pair[0], alert("b", "b", 10, rule="error_share", family="fault")])) == 1
    assert len(sets([alert("a", "a", 10), alert("b", "b", 10)])) == 2, "drift is no outage"


def test_a_change_names_the_models_it_reaches() -> None:
    (before,), (now,) = grouped(faults("r", "r", "r")), grouped(faults("r", "r", "r", "r"))
    assert change(before, now) == "1 alert joined and reached m3"
    assert numbered(before, now, "").spread == 1
    assert numbered(numbered(before, now, ""), now, "").spread == 1
    assert numbered(before, now, "").grown == 0, "it began with three"
    (one, *_) = grouped(faults("r"))
    assert [numbered(one, now, "").grown, numbered(numbered(one, now, ""), now, "").grown] == [1, 1]


def test_one_feature_that_breaks_on_two_models_or_one_upstream_of_theirs_ties_them() -> None:
    a, b = alert("a", "m", 0, features=("fx_rate",)), alert("b", "n", 9, features=("fx_rate", "x"))
    (one,) = grouped([a, b])
    assert one.cause == SHARED
    feeds = {"m": ("core-bank",), "n": ("core-bank",), "o": ("other",)}
    both = [alert("a", "m", 0), alert("b", "n", 9), alert("c", "o", 9)]
    assert sets(both, upstreams=lambda model: feeds[model]) == [{"a", "b"}, {"c"}]


def test_what_comes_with_a_release_is_told_with_it_for_a_day() -> None:
    one, other = grouped(
        [alert("a", "m", 0, release="2@0"), alert("b", "m", 400, release="2@0"), alert("c", "m", 800, release="3@9")]
    )
    assert (one.alerts, one.cause, other.alerts) == (("a", "b"), RELEASE, ("c",))


def test_an_alert_that_comes_back_at_once_is_the_same_incident_and_it_ends_when_all_have() -> None:
    first, again = alert("a", "m", 0, end=60), alert("b", "m", 70, end=100)
    (one,) = grouped([first, again])
    assert (one.state, one.resolved_ns) == (OVER, 100 * MINUTE_NS)
    (still,) = grouped([first, again._replace(resolved_ns=None)])
    assert still.open


def test_what_is_told_of_a_change() -> None:
    (a,) = grouped([alert("a", "m", 0)])
    (b,) = grouped([alert("a", "m", 0), alert("b", "m", 3, level=PAGE)])
    (c,) = grouped([alert("a", "m", 0, end=20), alert("b", "m", 3, level=PAGE, end=30)])
    assert change(None, a) == "opened"
    assert change(a, a) == ""
    assert change(a, b) == "raised from ticket to page; 1 alert joined; now told as: one model"
    assert change(b, c) == "all its alerts have resolved"


def test_a_suspicion_is_no_member() -> None:
    series = Series("m", "1", "x")
    made = Alert(
        "a", "r", "drift", SUSPECTED, "open", series, (), 1, None, None, None, None, 1, "", "", "", "",
        transitions=(Transition(1, SUSPECTED, ""),),
    )  # fmt: skip
    assert member(made) is None


alerts = st.builds(
    alert,
    st.uuids().map(str),
    st.sampled_from("abcd"),
    st.integers(0, 120),
    family=st.sampled_from(["drift", "fault", "evasion", "blindness"]),
    metric=st.sampled_from(["output.score_psi", "schema.changed", "volume.silence"]),
    rule=st.sampled_from(["r", "s"]),
    features=st.sampled_from([(), ("x",), ("x", "y")]),
    principals=st.sampled_from([(), ("p",), ("q",)]),
    end=st.none() | st.integers(120, 200),
    release=st.sampled_from(["", "", "2@0"]),
)


@given(st.lists(alerts, max_size=12), st.randoms())
def test_the_order_in_which_alerts_come_changes_nothing(members: list[Member], rng: random.Random) -> None:
    shuffled = list(members)
    rng.shuffle(shuffled)
    assert grouped(shuffled) == grouped(members)
    assert sorted(id for i in grouped(members) for id in i.alerts) == sorted(m.id for m in members)
