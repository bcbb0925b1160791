"""Points of alerts: they fade, several techniques count more, what a person called harmless counts nothing."""

from __future__ import annotations

from itertools import permutations

import pytest

from monitors.risk import HALF_NS, Named, risk
from schemas.actions import EXPECTED, FALSE_ALARM

PAGE = Named("page", "extraction", "AML.T0024.002", 0)
TICKET = Named("ticket", "evasion", "AML.T0043", 0)
SUSPECT = Named("suspected", "membership", "", 0)


def test_nobody_named_has_no_risk_and_all_of_it_stays_below_one() -> None:
    assert risk([], 0).value == 0
    assert 0.99 < risk([PAGE] * 5, 0).value < 1.0


def test_points_halve_every_week_and_the_future_counts_as_now() -> None:
    assert risk([PAGE], HALF_NS).points == pytest.approx(risk([PAGE], 0).points / 2)
    assert risk([PAGE], -HALF_NS).points == risk([PAGE], 0).points


def test_levels_and_techniques_count() -> None:
    assert risk([SUSPECT], 0).value < risk([TICKET], 0).value < risk([PAGE], 0).value
    assert risk([TICKET, PAGE], 0).value > risk([TICKET, Named("page", "evasion", "AML.T0043", 0)], 0).value
    assert risk([SUSPECT], 0).techniques == ("membership",)


def test_the_order_of_alerts_does_not_matter() -> None:
    found = {risk(each, HALF_NS // 3).value for each in permutations([PAGE, TICKET, SUSPECT])}
    assert max(found) - min(found) < 1e-12


@pytest.mark.parametrize("verdict", [EXPECTED, FALSE_ALARM])
def test_what_a_person_called_harmless_counts_nothing(verdict: str) -> None:
    assert risk([Named("page", "evasion", "", 0, verdict)], 0).value == 0
