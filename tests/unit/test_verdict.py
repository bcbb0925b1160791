"""Environment, release, data fault or attack: each speaks when its facts are there, and the reasons are named."""

from __future__ import annotations

import pytest

from monitors.release import NEAR_NS, Release, near, newest, said
from monitors.verdict import ATTACK, ENVIRONMENT, FAULT, RELEASE, WEIGHTS, WORDS, Attack, Facts, judge
from monitors.week import HOUR_NS
from schemas.events import MINUTE_NS


@pytest.mark.parametrize(
    ("facts", "word", "reason"),
    [
        (Facts(), ENVIRONMENT, "the world itself, where nothing else explains it"),
        (Facts(moved=12, watched=20), ENVIRONMENT, "12 of 20 features moved"),
        (Facts(since_release_ns=12 * MINUTE_NS, version="4.2"), RELEASE, "version 4.2 began 12 minutes before"),
        (Facts(since_release_ns=30 * HOUR_NS, version="4.2"), ENVIRONMENT, "the world itself"),
        (Facts(missing=True), FAULT, "values are missing"),
        (Facts(constant=True, moved=1, watched=20), FAULT, "a feature repeats one value"),
        (Facts(unseen=True, moved=1, watched=20), FAULT, "values came that were never seen before"),
        (
            Facts(attack=Attack(("evasion",), sent=0.3)),
            ATTACK,
            "principals accused of evasion sent 30 % of these events",
        ),
        (Facts(attack=Attack(("evasion",), sent=0.3, chains=0.9)), ATTACK, "near duplicates of the same principal's"),
        (Facts(unseen=True, attack=Attack(("evasion",), certain=False, sent=0.3)), FAULT, "values came"),
        (Facts(attack=Attack(("evasion",), sent=0.01)), ENVIRONMENT, "the world itself"),
        (Facts(attack=Attack(who="eve", concentration=0.9)), ATTACK, "90 % of it from one principal, eve"),
        (Facts(attack=Attack(sources=("fb-03",))), ATTACK, "labels are poisoned: fb-03"),
        (
            Facts(attack=Attack(ranges=("tenure",))),
            ATTACK,
            "labels are poisoned, or the world changed, in one range of tenure",
        ),
        (Facts(attack=Attack()), ENVIRONMENT, "the world itself"),
    ],
)
def test_each_verdict_has_its_facts(facts: Facts, word: str, reason: str) -> None:
    found = judge(facts)
    assert found.word == word
    assert any(reason in each for each in found.reasons)
    assert sum(found.shares.values()) == pytest.approx(1.0)
    assert max(found.shares, key=lambda each: found.shares[each]) == word


def test_a_release_is_forgotten_slowly() -> None:
    shares = [judge(Facts(since_release_ns=hours * HOUR_NS)).shares[RELEASE] for hours in (0, 1, 6, 12, 24, 48)]
    assert shares[0] == shares[1] > shares[2] > shares[3] > shares[4] == shares[5]


def test_every_weight_is_of_a_verdict_and_counts_for_it() -> None:
    assert {word for word, _ in WEIGHTS.values()} == set(WORDS)
    assert all(weight > 0 for _, weight in WEIGHTS.values())


def test_the_first_versions_of_a_model_are_no_release() -> None:
    assert newest([]) is None
    assert newest([Release("1", 5), Release("2", 5)]) is None
    assert newest([Release("1", 5), Release("3", 9), Release("2", 7)]) == Release("3", 9)


def test_a_release_is_near_for_a_day() -> None:
    release = Release("4.2", 0)
    assert not near(release, 0)
    assert near(release, NEAR_NS)
    assert not near(release, NEAR_NS + 1)
    assert not near(None, 5)
    assert said(release, MINUTE_NS) == "a new version 4.2 began 1 minute before"
    assert said(release, 5 * HOUR_NS) == "a new version 4.2 began 5 hours before"
    assert said(release, 2 * NEAR_NS) == ""
