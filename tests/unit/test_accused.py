"""From findings to alerts: which rule speaks, whose names are said, and when it ends."""

from __future__ import annotations

import numpy as np

from monitors.accuse import Accuser
from monitors.ledger import Ledger
from monitors.track import Shape
from monitors.watch import Finding
from schemas.alerts import Alert
from tests.support.queries import BUDGET, accused, asks, shape
from tests.support.traffic import MONDAY, RULES, minute_of


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
    follows = shape(local=0.6, rise=5.0)  # honest queries after an attack: only their order stands out
    assert named(follows, []) == "attack_inversion"
    assert named(follows, ["attack_evasion"]) == "attack_evasion"


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


def test_honest_queries_after_an_attack_accuse_nobody_anew_and_are_soon_no_evidence() -> None:
    honest, attack = asks(400, "ordinary"), asks(100, "search", start=MONDAY + 300 * 3)
    for row in honest[300:]:
        row["ts"] += 100 * 3

    def after(accuser: Accuser) -> list[Alert]:
        assert accuser.watch.tracks["eve"].wealth.stakes.mean() < 1.0
        assert accuser.heard["eve"] <= (MONDAY + 480 * 3) * 10**9
        return []

    told = accused([*honest[:300], *attack, *honest[300:]], after)
    assert {alert.rule for alert in told} == {"attack_evasion"}
