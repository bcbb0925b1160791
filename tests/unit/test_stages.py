"""The stages of the pager: what is told, when, how loudly, and to whom."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from monitors.pagetext import clean, page_of
from monitors.routing import in_time, routed
from monitors.silences import in_force, silenced
from monitors.stages import YOUNG_NS, Case, Pace, decide
from schemas.actions import Action, window
from schemas.alerts import PAGE, TICKET
from schemas.errors import SettingError, UsageError
from schemas.incidents import MERGED, OVER, Incident
from schemas.modelinfo import ModelInfo
from schemas.receivers import Receiver, Route, read_receivers, read_routes
from streams.deliveryrows import settle
from tests.support.seed import HOSTILE

MINUTE = 60_000_000_000
PACE = Pace(wait_ns=1000, repeat_ns=240 * MINUTE, escalate_ns=30 * MINUTE)
SATURDAY = 1_749_859_200_000_000_000  # 2025-06-14 00:00 UTC


def incident(**more: Any) -> Incident:
    given: dict[str, Any] = {
        "id": "i-1", "state": "open", "level": PAGE, "cause": "alert", "family": "drift", "rule": "feature_drift",
        "model": "card", "lead": "1", "alerts": ("1",), "explained": (), "models": ("card",), "principals": (),
        "opened_ns": SATURDAY, "updated_ns": SATURDAY, "resolved_ns": None, "title": "It drifts", "p": 1e-9,
        "effect": 0.34, "n": 2100, "reason": "opened",
    }  # fmt: skip
    return Incident(**given | more)


def told(**more: Any) -> Case:
    return Case(incident(), 0, told_ns=1000, first_told_ns=1000, told_number=0, told_level=PAGE, **more)


def test_a_first_page_waits_a_moment_and_then_goes() -> None:
    case = Case(incident(), 0)
    assert decide(case, PACE, 999).kind == ""
    assert decide(case, PACE, 999).again_ns == 1000
    assert decide(case, PACE, 1000)[:2] == ("trigger", "first page")


def test_what_was_over_before_anybody_was_told_is_told_all_the_same() -> None:
    assert decide(Case(incident(state=OVER), 0), PACE, 2000).kind == "trigger"
    case = told()
    case.incident = incident(state=OVER, number=1)
    assert decide(case, PACE, 2000)[:2] == ("resolve", "all its alerts have resolved")
    case.ended = True
    assert decide(case, PACE, 2000).kind == ""


def test_what_became_part_of_another_incident_is_ended_and_not_begun() -> None:
    assert decide(Case(incident(state=MERGED, merged="i-0"), 0), PACE, 9000)[:2] == ("", "told as i-0")
    case = told()
    case.incident = incident(state=MERGED, merged="i-0", number=1)
    assert decide(case, PACE, 9000)[:2] == ("resolve", "it is part of i-0 now")


def test_worse_is_told_loudly_and_more_of_the_same_quietly() -> None:
    case = told()
    case.told_level = TICKET
    assert decide(case, PACE, 2000)[:2] == ("trigger", "raised from ticket to page")
    case = told()
    case.incident = incident(number=3, reason="1 alert joined")
    assert decide(case, PACE, 2000)[:2] == ("update", "1 alert joined")


def test_what_reaches_other_models_is_told_to_mailboxes_too_and_once() -> None:
    case = told()
    case.incident = incident(number=3, spread=2, models=("card", "loan"), reason="1 alert joined and reached loan")
    assert decide(case, PACE, 2000)[:2] == ("spread", "1 alert joined and reached loan")
    settle(case, "spread", 3, PAGE, 2000)
    assert decide(case, PACE, 3000).kind == ""


def test_one_models_trouble_that_becomes_an_outage_is_told_loudly_once() -> None:
    case = told()
    case.incident = incident(number=2, spread=2, grown=2, models=("card", "loan", "aml"), reason="2 alerts joined")
    assert decide(case, PACE, 2000)[:2] == ("spread", "2 alerts joined"), "its first page is still being answered"
    late = 1000 + YOUNG_NS + 1
    assert decide(case, PACE, late)[:2] == ("trigger", "2 alerts joined")
    settle(case, "trigger", 2, PAGE, late)
    assert decide(case, PACE, late + 1000).kind == ""


def test_nobody_answers() -> None:
    case = told()
    assert decide(case, PACE, 30 * MINUTE).kind == ""
    assert decide(case, PACE, 30 * MINUTE).again_ns == 1000 + 30 * MINUTE
    assert decide(case, PACE, 1000 + 30 * MINUTE).kind == "escalation"
    case.escalated = True
    assert decide(case, PACE, 1000 + 240 * MINUTE).kind == "reminder"
    case.acknowledged, case.told_acknowledged = "amal", True
    assert decide(case, PACE, 1000 + 999 * MINUTE).kind == ""
    assert decide(case, PACE, 1000 + 999 * MINUTE).again_ns is None


def test_a_ticket_is_neither_repeated_nor_escalated() -> None:
    case = told()
    case.incident, case.told_level = incident(level=TICKET), TICKET
    assert decide(case, PACE, 10_000 * MINUTE) == ("", "nothing is new", None)


def test_an_acknowledgement_and_a_verdict_are_told_on() -> None:
    case = told(acknowledged="amal")
    assert decide(case, PACE, 2000)[:2] == ("acknowledge", "amal looks into it")
    case.verdict = "false alarm"
    assert decide(case, PACE, 2000)[:2] == ("resolve", "closed: false alarm")


def silence(kind: str, subject: str, action: str = "silence", at: int = 1, until: int = 500) -> Action:
    return Action(at, action, kind, subject, "amal", "why", "" if action == "unsilence" else window(0, until))


def test_a_silence_holds_until_it_ends_and_maintenance_lets_attacks_through() -> None:
    kept = in_force([silence("model", "ca*", "maintenance")], 499)
    assert silenced(incident(), kept) is not None
    assert silenced(incident(family="evasion"), kept) is None
    assert silenced(incident(models=("card", "other")), kept) is None, "one of its models is not under maintenance"
    assert in_force([silence("model", "ca*")], 500) == []
    assert in_force([silence("rule", "x"), silence("rule", "x", "unsilence", at=2)], 9) == []
    assert silenced(incident(family="evasion"), in_force([silence("incident", "i-1")], 9)) is not None
    case = Case(incident(), 0, held=silence("model", "card", until=5000))
    assert decide(case, PACE, 4999)[:3] == ("", "silence by amal", 5000)
    over = told(held=silence("model", "card", until=5000))
    over.incident = incident(state=OVER, number=1)
    assert decide(over, PACE, 4999).kind == "resolve", "what was told and is over is said in any case"
    with pytest.raises(UsageError, match="end before it begins"):
        window(5, 5)


def test_routes_take_by_level_team_model_and_time() -> None:
    receivers = {name: Receiver(name, "webhook") for name in ("day", "night", "soc")}
    routes = (
        Route(receivers=("day",), teams=("fraud",), hours="06:00-22:00"),
        Route(receivers=("night", "day"), criticality=("high",), hours="22:00-06:00"),
        Route(receivers=("soc",), families=("evasion",), levels=(TICKET, PAGE)),
    )
    info = ModelInfo(team="fraud", criticality="high")
    at = {hour: SATURDAY + hour * 60 * MINUTE for hour in (3, 12)}
    assert routed(incident(), [info], routes, receivers, at[12]) == ("day",)
    assert routed(incident(), [info], routes, receivers, at[3]) == ("night", "day")
    assert routed(incident(level=TICKET, family="evasion"), [ModelInfo()], routes, receivers, at[3]) == ("soc",)
    assert routed(incident(level=TICKET), [info], routes, receivers, at[12]) == ()
    assert routed(incident(), [info], (), receivers, at[12]) == ("day", "night", "soc"), "no routes: pages go to all"


def test_a_night_belongs_to_the_day_on_which_it_began() -> None:
    friday = Route(receivers=("x",), days=("fri",), hours="22:00-06:00")
    assert in_time(friday, SATURDAY + 3 * 60 * MINUTE)
    assert not in_time(friday, SATURDAY + 23 * 60 * MINUTE)
    assert in_time(replace_days(friday, "sat"), SATURDAY + 23 * 60 * MINUTE)


def replace_days(route: Route, day: str) -> Route:
    return Route(receivers=route.receivers, days=(day,), hours=route.hours)


def test_settings_say_what_is_wrong_with_a_route_or_receiver() -> None:
    known = {"duty": Receiver("duty", "webhook")}
    for row, says in (
        ({"receivers": ["dutty"]}, "did you mean duty"),
        ({"receivers": ["duty"], "levels": ["pages"]}, "did you mean page"),
        ({"receivers": ["duty"], "hours": "9-17"}, "must be like"),
        ({"receivers": ["duty"], "team": "x"}, "did you mean teams"),
        ({}, "receivers"),
    ):
        with pytest.raises(SettingError, match=says):
            read_routes([row], known, "file")
    for table, says in (({"Duty": {"kind": "x"}}, "small letters"), ({"duty": {}}, "needs kind"), ([], "tables")):
        with pytest.raises(SettingError, match=says):
            read_receivers(table, {}, "file")
    with pytest.raises(SettingError, match="cannot read secret file"):
        read_receivers({"duty": {"kind": "slack", "url_file": "nowhere"}}, {}, "file")


def test_a_page_is_one_line_and_nothing_of_a_log_is_in_it() -> None:
    made = page_of(incident(), "trigger", "", ModelInfo(team="fraud"), {}, "https://m.example/", 5)
    assert made.line == (
        "PAGE feature_drift on card; since 2025-06-14 00:00 UTC; how sure: p = 1.0e-09; how big: effect 0.34, "
        "n = 2,100; first: open the incident; https://m.example/incidents/i-1"
    )
    for name in (*HOSTILE, "a\nb\r\x1b[2J\u202e", "@all <!channel> [x](y)"):
        hostile = incident(model=name, models=(name,), title=name, principals=(name,), rule=name)
        line = page_of(hostile, "update", name, ModelInfo(), {}, "", 5).line
        assert line.isascii()
        assert not set(line) & set("<>\n\r\x1b[]@*`|\\\"'{}")
    assert clean("") == "(unnamed)"
    many = replace(incident(), models=tuple(f"m{i}" for i in range(20)), cause="silence", model="m3")
    assert "on 20 models, m3 first" in page_of(many, "trigger", "", ModelInfo(), {}, "", 5).line
