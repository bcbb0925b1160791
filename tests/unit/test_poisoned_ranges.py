"""A model is wrong in some range, always by the same cases: that is no poisoning, however often they come."""

from __future__ import annotations

import numpy as np

from monitors.poisoning.bank import Bounded
from monitors.poisoning.stakes import DOWN, WAYS, odds
from monitors.poisoning.subgroups import SLACK
from monitors.poisoning.watch import LabelWatch
from schemas.labelled import LabelRow
from tests.support.healthy_streams import DAY, MONDAY, Healthy

TICKET = 24.0  # capital from which one false ticket a week for one model is spent


def test_cases_that_come_again_poison_no_range() -> None:
    watch, healthy = LabelWatch(), Healthy("independent", 10, [1])
    found = set()
    for pane in range(0, 5 * DAY, 5):
        rows = []
        for minute in range(pane, pane + 5):
            events = healthy.minute(minute)
            values = events.layouts[0].num
            for i, label in enumerate(events.label):
                if label:
                    features = dict(zip(healthy.world.names, values[i].tolist(), strict=True))
                    rows.append(LabelRow(minute, "desk", float(events.score[i]), label == "1", features, {}))
        watch.add(rows, (MONDAY + pane * 60) * 10**9)
        found |= {one.name for one in watch.found if one.capital >= TICKET}
    assert found == set()


def test_more_yes_than_expected_at_unsure_scores_makes_no_sure_answer_certain() -> None:
    """One honest no in thirty at a score of 0.98 had won 4,000, where the range's share was below nothing."""
    sure, honest = np.array([0.98]), np.array([[0.0, 0.0, -0.03]])
    pane = Bounded(np.array([0.0]), sure, sure, sure).within(SLACK)
    won = np.exp(odds(pane.low, pane.high, pane.true, honest))[0, WAYS == DOWN]
    assert won.max() < 1 / SLACK
