"""Threats over time: what each answers of a turn, and a watch that goes on the same from what it wrote down."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from monitors.talk import OWNERS, TURNS, Crowd, Past, TalkLaw
from monitors.talks import (
    THREATS,
    campaign,
    cross_customer,
    escalation,
    exfiltration,
    injection,
    reconnaissance,
    rephrase,
    tool_abuse,
    tool_arguments,
    wallet,
)
from monitors.talkwatch import MOST, TalkWatch, WrittenTalks
from schemas.events import MINUTE_NS
from schemas.texts import TextRow, Texts

SPEND = 1e-7


def turn(n: int = 0, **more: object) -> TextRow:
    made: dict[str, object] = {"hash": n, "time": n * MINUTE_NS, "score": 10, "refused": 0}
    return TextRow(**(made | more))  # type: ignore[arg-type]


def test_injection_counts_levels() -> None:
    assert injection.seen(turn(score=-1), Past(), Crowd()) == (-1, -1, -1)
    assert injection.seen(turn(score=920), Past(), Crowd()) == (1, 1, 0)


def test_rephrase_is_asked_after_a_refusal_only() -> None:
    past = Past()
    past.add(turn(0, score=300, refused=1, like=(1, 2, 3, 4), same=5))
    assert rephrase.seen(turn(1, score=20, like=(1, 2, 9, 9), same=6), past, Crowd()) == (1,)
    assert rephrase.seen(turn(1, score=20, like=(1, 2, 3, 4), same=5), past, Crowd()) == (0,)
    assert rephrase.seen(turn(30, like=(1, 2, 9, 9), same=6), past, Crowd()) == (-1,)
    past.add(turn(1))
    assert rephrase.seen(turn(2, like=(1, 2, 9, 9), same=6), past, Crowd()) == (-1,)


def test_escalation_asks_from_the_fourth_prompt_of_a_session() -> None:
    past = Past()
    for n, score in enumerate((100, 250, 300)):
        assert escalation.seen(turn(n, score=score, session=1), past, Crowd()) == (-1,)
        past.add(turn(n, score=score, session=1))
    assert escalation.seen(turn(3, score=310, session=1), past, Crowd()) == (1,)
    assert escalation.seen(turn(3, score=290, session=1), past, Crowd()) == (0,)
    assert escalation.seen(turn(3, score=900, session=2), past, Crowd()) == (-1,)


def test_values_are_new_once_and_others_are_somebody_elses() -> None:
    past, crowd = Past(), Crowd()
    crowd.add("amy", turn(given=(7,)))
    assert cross_customer.seen(turn(told=("pii.card",), shown=(7,)), past, crowd) == (1,)
    assert exfiltration.seen(turn(told=("pii.card",), shown=(7,)), past, crowd) == (0,)
    assert exfiltration.seen(turn(told=("pii.card",), shown=(8,)), past, crowd) == (1,)
    past.add(turn(given=(8,)))
    assert exfiltration.seen(turn(told=("pii.card",), shown=(8,)), past, crowd) == (0,)
    assert exfiltration.seen(turn(told=("secret.jwt",)), past, crowd) == (1,)
    assert exfiltration.seen(turn(told=("link.script",)), past, crowd) == (0,)


def test_a_campaign_is_of_several_and_suspicious() -> None:
    past, crowd = Past(), Crowd()
    crowd.add("amy", turn(score=300, same=4))
    assert campaign.seen(turn(score=300, same=4), past, crowd) == (1,)
    assert campaign.seen(turn(score=300, same=5), past, crowd) == (0,)
    past.add(turn(score=300, same=4))
    assert campaign.seen(turn(score=300, same=4), past, crowd) == (0,)


def test_what_a_baseline_says_of_tools_and_tokens() -> None:
    crowd = Crowd(law=TalkLaw(0.0, 0.0, 500.0, frozenset({3})))
    assert wallet.seen(turn(tokens=501), Past(), crowd) == (1,)
    assert wallet.seen(turn(tokens=501), Past(), Crowd()) == (-1,)
    assert tool_abuse.seen(turn(tools=(3, 19)), Past(), crowd) == (0,)
    assert tool_abuse.seen(turn(tools=(3, 20)), Past(), crowd) == (1,)
    assert tool_arguments.seen(turn(shapes=(3,)), Past(), crowd) == (-1,)
    crowd = Crowd(law=TalkLaw(0.0, 0.0, 500.0, frozenset({3}), frozenset({7})))
    assert tool_arguments.seen(turn(shapes=(7, 263)), Past(), crowd) == (0,)
    assert tool_arguments.seen(turn(shapes=(7, 8)), Past(), crowd) == (1,)
    assert reconnaissance.seen(turn(asked=("injection.reveal",)), Past(), crowd) == (1,)


def test_memory_is_bounded_and_the_oldest_goes() -> None:
    past, crowd = Past(), Crowd()
    for n in range(3 * OWNERS):
        crowd.add("amy", turn(n, shown=(n,), same=n, score=900))
    for n in range(100):
        past.add(turn(n, session=n + 1, given=(n,), score=900, excerpt="x"))
    assert len(crowd.owners) == OWNERS
    assert min(crowd.owners) == 2 * OWNERS
    assert len(past.turns) == TURNS
    assert max(len(past.sessions), len(past.reasons)) <= TURNS
    watch = TalkWatch()
    for n in range(MOST + 50):
        watch.add(Texts(0, {f"p{n}": [turn(n)]}), None)
        watch.minute(SPEND)
    assert len(watch.talkers) == MOST
    assert "p0" not in watch.talkers


@pytest.mark.parametrize("threat", THREATS, ids=lambda threat: threat.METRIC)
def test_a_threat_answers_every_question_and_says_what_it_misses(threat: object) -> None:
    assert "lind" in (threat.__doc__ or "")
    for one in (turn(), turn(score=-1, refused=-1), turn(score=999, refused=1, tokens=10**9, told=("pii.card",))):
        said = threat.seen(one, Past(), Crowd())  # type: ignore[attr-defined]
        assert len(said) == len(threat.NULLS)  # type: ignore[attr-defined]
        assert set(said) <= {-1, 0, 1}


def minutes() -> list[Texts]:
    rng = np.random.default_rng(3)
    made = []
    for minute in range(240):
        of = {}
        for who in range(12):
            bad = who == 3 and minute > 150
            score = int(rng.integers(900, 1000)) if bad else int(rng.integers(0, 190))
            of[f"u{who:02d}"] = [turn(minute, hash=minute * 100 + who, score=score, session=who + 1, same=score)]
        made.append(Texts(minute // 60, of))
    return made


def test_a_watch_goes_on_the_same_from_what_it_wrote_down() -> None:
    one, other = TalkWatch(), TalkWatch()
    for minute, texts in enumerate(minutes()):
        if minute % 60 == 0:  # both turn through what is written, as judges do
            written = [msgspec.json.encode(watch.dump(), order="deterministic") for watch in (one, other)]
            assert written[0] == written[1]
            one, other = TalkWatch(), (TalkWatch() if minute else other)
            one.load(msgspec.json.decode(written[0], type=WrittenTalks), None)
            other.load(msgspec.json.decode(written[1], type=WrittenTalks), None)
            assert msgspec.json.encode(one.dump(), order="deterministic") == written[0]
        for watch in (one, other):
            watch.add(texts, None)
        assert one.minute(SPEND) == other.minute(SPEND)
    assert one.talkers["u03"].hits[0] > 0


def test_only_the_attacker_convinces() -> None:
    watch = TalkWatch()
    named = set()
    for texts in minutes():
        watch.add(texts, None)
        named |= {found.principal for found in watch.minute(SPEND) if found.p <= found.allowed}
    assert named == {"u03"}


def test_honest_crowds_cost_no_more_than_was_spent() -> None:
    """At the benign rates themselves: of 400 weeks at a budget of one in ten, no more than that are false."""
    rng, false = np.random.default_rng(1), 0
    for _ in range(400):
        watch = TalkWatch()
        for minute in range(60):
            draw = float(rng.random())
            score = 995 if draw < 0.005 else 950 if draw < 0.015 else 600 if draw < 0.05 else 10
            watch.add(Texts(0, {"amy": [turn(minute, score=score)]}), None)
            if any(found.p <= found.allowed for found in watch.minute(0.1 / 60)):
                false += 1
                break
    assert false <= 0.1 * 400
