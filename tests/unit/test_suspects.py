"""What is open about attackers speaks for them where they could have done it: inputs and answers, or labels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from monitors.ledger import Ledger, Standing
from monitors.suspects import attack
from monitors.verdict import Attack
from schemas.alerts import SUSPECTED, TICKET, Alert
from schemas.readings import Series
from schemas.signals import BREACH, Signal
from schemas.summaries import Summary
from tests.support.traffic import RULES

TOTAL = Summary({"n": np.array([100])}, {"eve": [30, 12, 0], "bob": [70, 1, 0]}, {}, [])
SHAPE = {"near": 0.2, "crowd": 0.1, "one": 0.7, "unsure": 0.4}


def signal(metric: str, **evidence: Any) -> Signal:
    series = Series("card", "1", metric)
    return Signal("r", "significant", series, 0, BREACH, 100, 0.3, 0.0, 1e-9, 0.3, "b", "so", evidence)


def opened(rule: str, metric: str, *, level: str = TICKET, who: str = "", **evidence: Any) -> Alert:
    ledger = Ledger(RULES, "hash")
    series = Series("card", "1", metric, "", who)
    said = replace(signal(metric, **evidence), rule=rule, series=series)
    return ledger._opened(said, ledger.rules[rule], level, "so", (who,) if who else (), "")


def ledger_with(*alerts: Alert) -> Ledger:
    ledger = Ledger(RULES, "hash")
    for alert in alerts:
        ledger.standings[alert.rule, alert.series] = Standing(alert=alert)
    return ledger


def asked(metric: str, *alerts: Alert, **evidence: Any) -> Attack | None:
    return attack(metric, signal(metric, **evidence), ledger_with(*alerts), TOTAL)


def test_the_accused_explain_inputs_and_answers_as_far_as_they_sent_them() -> None:
    eve = opened("attack_evasion", "attack.evasion", who="eve", shape=SHAPE)
    expected = Attack(("evasion",), sent=0.3, chains=0.7, boundary=0.4)
    assert asked("feature.psi", eve) == expected
    assert asked("labels.errors", eve) is None
    suspected = opened("attack_evasion", "attack.evasion", level=SUSPECTED, who="eve", shape=SHAPE)
    assert asked("output.score_psi", suspected) == replace(expected, certain=False)
    assert asked("feature.psi", opened("attack_evasion", "attack.evasion", who="mallory")) is None


def test_poisoned_labels_explain_labels_only() -> None:
    lies = opened("poisoned_source", "poisoning.source", who="fb-03")
    assert asked("labels.errors", lies) == Attack(sources=("fb-03",))
    assert asked("feature.psi", lies) is None
    group = opened("poisoned_subgroup", "poisoning.subgroup")
    assert asked("labels.errors", group) == Attack(ranges=("poisoning.subgroup",))


def test_one_principal_behind_the_unusual_events_is_named() -> None:
    parts = [{"name": "bob", "share": 0.1}, {"name": "eve", "share": 0.9}]
    mine = asked("anomaly.share", contributors=parts, principals=["eve"])
    assert mine is not None
    assert (mine.who, mine.concentration, mine.families) == ("eve", 0.9, ())
    beside = opened("anomaly_share", "anomaly.share", contributors=parts, principals=["eve"])
    assert asked("feature.psi", beside, contributors=[{"name": "age < 20", "share": 1.0}]) is not None
    assert asked("anomaly.share", contributors=parts, principals=[]) is None
