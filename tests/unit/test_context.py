"""What stands around an alert: a release explains only answers that were given after it."""

from __future__ import annotations

from typing import Any

import pytest

from monitors.context import Scene, context
from monitors.ledger import Ledger
from monitors.release import Release
from monitors.verdict import ENVIRONMENT, RELEASE
from monitors.week import HOUR_NS
from schemas.readings import Series
from schemas.signals import BREACH, Signal
from tests.support.traffic import RULES

TOLD = 100 * HOUR_NS


def told(metric: str, feature: str, released_ns: int) -> tuple[dict[str, Any], list[str]]:
    ledger = Ledger(RULES, "hash")
    rule = next(rule for rule in RULES if rule.metric == metric and not rule.hourly)
    series = Series("credit", "1", metric, feature)
    signal = Signal(rule.id, "significant", series, TOLD, BREACH, 900, 0.3, 0.1, 1e-9, 0.2, "b", "so")
    alert = ledger._opened(signal, rule, "ticket", "so", (), "")
    return context(signal, alert, [signal], [], ledger, Scene(release=Release("2", released_ns)))


@pytest.mark.parametrize("feature", ["within a day", "within a week", "missed, within a week", "after 30 days"])
def test_labels_of_answers_from_before_a_release_are_not_explained_by_it(feature: str) -> None:
    facts, spoken = told("labels.errors", feature, TOLD - HOUR_NS // 5)
    assert "release" not in facts
    assert facts["verdict"] == ENVIRONMENT
    assert spoken == []


def test_labels_of_answers_from_after_it_are() -> None:
    facts, spoken = told("labels.errors", "within a week", TOLD - 36 * HOUR_NS)
    assert facts["verdict"] == RELEASE
    assert spoken == ["a new version 2 began 12 hours before the last of these answers"]


@pytest.mark.parametrize(("metric", "feature"), [("labels.errors", "within an hour"), ("output.score_psi", "")])
def test_what_shows_at_once_is_explained_at_once(metric: str, feature: str) -> None:
    facts, spoken = told(metric, feature, TOLD - HOUR_NS // 5)
    assert facts["verdict"] == RELEASE
    assert spoken == ["a new version 2 began 12 minutes before"]
