"""Every rule of a shipped pack: its examples hold, it opens an alert where its events set in, and is quiet before."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from monitors.examples import failing
from monitors.rulecheck import check_rule
from schemas.alerts import LEVELS
from schemas.rules import Rule
from schemas.settings import Settings
from streams.ruleset import SHIPPED, packs, read_rule, read_rules, rule_files
from tests.support.traffic import MONDAY, Made, Ran, run_line, small_settings

RULES = tuple(read_rule(path) for pack in packs() for path in rule_files(SHIPPED / pack))
IDS = [rule.id for rule in RULES]
SENDER = {"principal": "p", "session": "s"}
MINUTES, BEGINS, EACH = 140, 90, 25  # minutes in all, minute at which matching events set in, events a minute


@cache
def told() -> Ran:
    """Each rule has a model, on which its own events set in, and a model on which nothing ever happens."""
    rng = np.random.default_rng(1)
    rows: list[dict[str, Any]] = []
    for rule in RULES:
        for model, misbehaves in ((rule.id, True), (f"healthy_{rule.id}", False)):
            for minute in range(MINUTES):
                for ts in np.sort(rng.uniform(0, 60, EACH)).tolist():
                    hit = misbehaves and minute >= BEGINS and rng.random() < 0.4
                    events = rule.examples.hits if hit else rule.examples.misses
                    event = {"status": "ok", **events[int(rng.integers(len(events)))]}
                    event |= {"ts": round(MONDAY + minute * 60 + ts, 3), "model": model, **SENDER}
                    rows.append(event)
    rows.sort(key=lambda row: row["ts"])
    settings = small_settings(baseline_events=1500, model_slots=2 * len(RULES))
    return run_line(Made().add(rows).feeds(), settings, rules=RULES)


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_its_examples_hold(rule: Rule) -> None:
    assert list(failing(rule)) == []
    assert check_rule(rule).errors == ()
    assert check_rule(rule).warnings == ()


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_it_opens_an_alert_where_its_events_set_in(rule: Rule) -> None:
    mine = [a for a in told().alerts.values() if a.rule == rule.id and a.series.model == rule.id]
    assert mine
    assert LEVELS.index(mine[0].level) >= LEVELS.index("suspected" if rule.per else "ticket")
    assert mine[0].principals == (("p",) if rule.per else ())
    assert mine[0].first_seen_ns >= (MONDAY + BEGINS * 60) * 10**9


def test_all_are_quiet_on_healthy_models() -> None:
    """What one rule takes as usual (an attack that was refused, say) may be what another counts by principal."""
    healthy = [a for a in told().alerts.values() if a.series.model.startswith("healthy_")]
    counts = {rule.id for rule in RULES if rule.per}
    assert [a.summary for a in healthy if a.rule not in counts or a.series.model == f"healthy_{a.rule}"] == []


def test_no_pack_is_in_force_before_it_is_asked_for() -> None:
    assert {rule.id for rule in read_rules(Settings())} & set(IDS) == set()
    both = {rule.id for rule in read_rules(Settings().replace("judge", more_rules=["genai"]))}
    assert both >= set(IDS) | {"score_drift"}
