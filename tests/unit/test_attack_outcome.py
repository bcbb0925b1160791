"""What counts as detected, as early, as innocent and as false."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.attack_log import Truth
from tests.support.attack_outcome import false_alerts, outcomes, poisson_interval

TRUTH = Truth(
    campaigns=[
        {
            "campaign": "c00",
            "family": "evasion",
            "principals": ["a", "b"],
            "queries": 4,
            "times": [10.0, 20.0, 30.0, 40.0],
        },
        {"campaign": "c01", "family": "extraction", "principals": ["x"], "queries": 1, "times": [15.0]},
    ],
    honest={"h": "normal", "i": "qa"},
)


def alert(family: str, principals: list[str], opened: float | None, level: str = "ticket") -> dict[str, Any]:
    return {"family": family, "principals": principals, "opened": opened, "level": level}


def test_an_alert_of_its_family_that_names_an_account_detects_a_campaign() -> None:
    first, second = outcomes(TRUTH, [alert("evasion", ["b"], 35.0), alert("evasion", ["a"], 20.0)])
    assert (first.after, first.share, first.accounts, first.families) == (2, 0.5, 2, ("evasion",))
    assert (second.after, second.share, second.families) == (None, None, ())


def test_who_joined_an_alert_later_was_named_then() -> None:
    told = [alert("evasion", ["a", "x"], 5.0) | {"id": "one"}]
    assert outcomes(TRUTH, told)[0].after == 0
    assert outcomes(TRUTH, told, {"one": {"x": 5.0, "a": 30.0}})[0].after == 3


@pytest.mark.parametrize(
    "other",
    [
        alert("evasion", ["a"], None, "suspected"),
        alert("abuse", ["a"], 20.0),
        alert("evasion", ["h"], 20.0),
        alert("evasion", [], 20.0),
        alert("drift", [], 20.0),
    ],
)
def test_nothing_else_does(other: dict[str, Any]) -> None:
    assert outcomes(TRUTH, [other])[0].after is None


def test_a_suspicion_and_another_family_are_shown() -> None:
    told = [alert("evasion", ["a"], None, "suspected"), alert("abuse", ["a"], 20.0)]
    found = outcomes(TRUTH, told)[0]
    assert found.suspected
    assert found.families == ("abuse",)
    assert (found.after, found.first, found.first_share) == (None, 2, 0.5)


def test_honest_clients_beside_guilty_ones_are_innocent() -> None:
    assert outcomes(TRUTH, [alert("evasion", ["a", "h", "x"], 20.0)])[0].innocent == ("h",)


def test_an_alert_of_an_attack_that_names_nobody_guilty_is_false() -> None:
    wrong = [alert("evasion", ["h"], 20.0), alert("abuse", [], 20.0, "page")]
    right = [alert("extraction", ["a"], 20.0), alert("drift", [], 20.0), alert("evasion", ["h"], None, "suspected")]
    assert false_alerts(TRUTH, wrong + right) == wrong


def test_the_interval_is_exact() -> None:
    assert poisson_interval(0, 1.0) == pytest.approx((0.0, 3.689), abs=1e-3)
    assert poisson_interval(10, 2.0) == pytest.approx((4.795 / 2, 18.390 / 2), abs=1e-3)
