"""What a model may spend on false alarms adds up to what was promised; what it finds earns more."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from monitors.lord import Lord, gamma
from monitors.purse import WEEK_MINUTES, Budget, Purse, cautious, sober
from schemas.events import MINUTE_NS
from tests.support.traffic import RULES

PANES = WEEK_MINUTES // 5


def week(purse: Purse) -> tuple[float, float]:
    """All levels of a week, tickets and pages."""
    # Labels are tested by what may be looked at all week long: one level for all of it.
    labels = purse.labels(1)
    ticket, page = labels.ticket, labels.page
    for _ in range(PANES):
        every, judged, minute, hour = purse.every_pane(7), purse.judged(13, 1), purse.attacks(), purse.hourly(3)
        ticket += 7 * every.ticket + 13 * judged.ticket + 5 * minute.ticket + 2 * 3 * hour.ticket
        page += 7 * every.page + 13 * judged.page + 5 * minute.page + 2 * 3 * hour.page
        purse.lord.enter(found=False)
    return ticket, page


@pytest.mark.parametrize("sharers", [0, 3])
@pytest.mark.parametrize("slots", [1, 100])
def test_a_week_without_a_find_spends_at_most_the_budget(slots: int, sharers: int) -> None:
    purse = Purse(1.0, 1.0, slots, 5, budgeted=True)
    purse.sharers = sharers
    ticket, page = week(purse)
    ticket += sharers * purse.counted()
    assert ticket * slots <= 1.0
    assert page * slots * 30 / 7 <= 1.0 + 1e-9


def test_a_pane_that_waited_spends_what_its_panes_could_have_spent_and_no_more_than_a_week() -> None:
    purse = Purse(1.0, 1.0, 1, 5, budgeted=True)
    assert purse.judged(1, 12).page == pytest.approx(12 * purse.judged(1, 1).page)
    assert purse.judged(1, 10**6) == purse.judged(1, 2016)


def test_a_model_beyond_the_slots_has_nothing() -> None:
    purse = Purse(1.0, 1.0, 100, 5, budgeted=False)
    assert purse.every_pane(1)[:2] == purse.judged(1, 1)[:2] == purse.attacks()[:2] == (0.0, 0.0)
    assert purse.labels(1)[:2] == (0.0, 0.0)
    assert purse.hourly(1)[:2] == (0.0, 0.0)


def test_shares_of_the_wealth_never_exceed_it() -> None:
    """They add up to one, slowly: what is left after a million tests is still to come."""
    assert 0.5 < sum(gamma(j) for j in range(1, 1_000_000)) < 1.0


def test_false_discoveries_stay_below_q() -> None:
    """Simulated: 2 % of 3,000 tests are shifted by 4.5 sigma; methods §3 has 0.015 and 0.81 for q = 0.05."""
    rng = np.random.default_rng(5)
    false = found = true = 0
    share = []
    for _ in range(20):
        lord, shifted = Lord(0.05), rng.random(3000) < 0.02
        wrong = right = 0
        for real, p in zip(shifted, norm.sf(rng.normal(4.5 * shifted)), strict=True):
            rejected = bool(p <= lord.level())
            lord.enter(rejected)
            wrong, right = wrong + (rejected and not real), right + (rejected and real)
        share.append(wrong / max(1, wrong + right))
        false, found, true = false + wrong, found + right, true + int(shifted.sum())
    print(f"\nLORD++ at 0.05: false discovery rate {np.mean(share):.3f}, power {found / true:.2f}")
    assert np.mean(share) <= 0.05
    assert found / true > 0.7


def test_a_rate_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="lies in"):
        Lord(1.0)


def test_drift_pages_nobody_before_a_week_is_known() -> None:
    drift, fault = (next(rule for rule in RULES if rule.id == id) for id in ("score_drift", "error_share"))
    budget = Purse(1.0, 1.0, 1, 5, budgeted=True).every_pane(1)
    week = 7 * 24 * 60 * MINUTE_NS
    assert sober(budget, drift, week - 1) == budget._replace(page=0.0)
    assert sober(budget, drift, week) == sober(budget, fault, 0) == budget


def test_what_attackers_moved_opens_no_ticket_beside_theirs() -> None:
    rules = {rule.id: rule for rule in RULES}
    spared = cautious(Budget(0.1, 0.01), rules["feature_drift"], 0.34)
    assert (spared.ticket, spared.page) == (0.0, 0.0)
    assert spared.why == "principals accused of an attack sent 34% of these events"
    assert cautious(Budget(0.1, 0.01), rules["feature_drift"], 0.04) == Budget(0.1, 0.01)
    assert cautious(Budget(0.1, 0.01), rules["error_share"], 0.34) == Budget(0.1, 0.01)


def test_no_budget_buys_a_level_above_certainty() -> None:
    purse = Purse(1000.0, 1000.0, 1, 5, budgeted=True)
    levels = (purse.labels(3), purse.every_pane(1), purse.judged(1, 2016), purse.hourly(1), purse.attacks())
    assert all(0 <= level.page <= level.ticket <= 1.0 and level.ticket > 0 for level in levels)
