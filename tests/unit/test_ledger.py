"""The story of an alert: suspected, confirmed, worse, resolved; and what must not move it."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from monitors.ledger import Ledger, Standing, sentence
from monitors.purse import Budget
from schemas.alerts import PAGE, RESOLVED, SUSPECTED, TICKET, Alert
from schemas.readings import Series
from schemas.rules import Rule
from schemas.signals import BREACH, NOT_ENOUGH, QUIET, Signal

RULE = Rule(
    id="drift",
    title="Drift of feature",
    family="drift",
    level=PAGE,
    metric="feature.psi",
    detector="significant",
    open=(2, 3),
    close=3,
    meaning="",
    false_positives="",
    gaps="",
    triage="",
    runbook="",
)
SERIES = Series("card", "1", "feature.psi", "age")
PANE_NS = 300_000_000_000


class Story:
    """Feeds verdicts pane by pane: B breach, Q quiet, N not enough data."""

    def __init__(self, rule: Rule = RULE, page_alpha: float = 0.0) -> None:
        self.ledger, self.page_alpha, self.pane, self.rule = Ledger([rule], "hash"), page_alpha, 0, rule
        self.ticket_alpha = 1e-6

    def tell(self, verdicts: str, p: float | None = 1e-9, effect: float = 0.2) -> list[str]:
        """The level after each transition made, and `resolved` for an end."""
        levels = []
        for letter in verdicts:
            self.pane += 1
            verdict = {"B": BREACH, "Q": QUIET, "N": NOT_ENOUGH}[letter]
            signal = Signal(
                "drift",
                "significant",
                SERIES,
                self.pane * PANE_NS,
                verdict,
                500,
                0.2,
                0.0,
                p,
                effect,
                "base",
                f"pane {self.pane}",
            )
            alert = self.ledger.enter(
                signal, Budget(self.ticket_alpha, self.page_alpha), ("bob",) if letter == "B" else ()
            )
            if alert is not None:
                self.alert: Alert = alert
                levels.append(alert.transitions[-1].level)
        return levels


def test_one_breach_is_suspected_and_ends_after_three_quiet_panes() -> None:
    story = Story()
    assert story.tell("QQB") == [SUSPECTED]
    assert story.alert.opened_ns is None
    assert story.alert.first_seen_ns == 3 * PANE_NS
    assert story.tell("QQ") == []
    assert story.tell("Q") == [RESOLVED]
    assert story.alert.transitions[-1].reason.startswith("not confirmed; quiet for 3 panes")
    assert not story.ledger.standings


def test_two_of_three_confirm_a_ticket_which_resolves() -> None:
    story = Story()
    assert story.tell("BQB") == [SUSPECTED, TICKET]
    assert (story.alert.opened_ns, story.alert.level) == (3 * PANE_NS, TICKET)
    assert story.tell("BQQBQQ") == []
    assert story.tell("Q") == [RESOLVED]
    assert (story.alert.state, story.alert.level, story.alert.resolved_ns) == (RESOLVED, TICKET, 10 * PANE_NS)


def test_a_pane_that_still_shows_the_change_does_not_end_it_however_weakly() -> None:
    story = Story(msgspec.structs.replace(RULE, min_effect=0.1))
    assert story.tell("BB") == [SUSPECTED, TICKET]
    assert story.tell("QQQQQQ", p=1e-3) == []
    assert story.tell("QQ", p=1e-3, effect=0.04) == []  # much less than is asked for
    assert story.tell("Q", p=1e-3, effect=0.06) == []
    assert story.tell("QQ", p=1e-3, effect=0.04) == []
    assert story.tell("Q", p=1e-3) == []
    assert story.tell("QQ", p=0.3) == []  # as chance has it
    assert story.tell("Q", p=0.3) == [RESOLVED]
    assert story.tell("BQQQ", p=1e-3) == [SUSPECTED, RESOLVED]


def test_breaches_too_far_apart_confirm_nothing() -> None:
    assert Story().tell("BQQBQQB") == [SUSPECTED]


def test_a_page_needs_the_page_budget_too() -> None:
    assert Story(page_alpha=1e-12).tell("BBB") == [SUSPECTED, TICKET]
    assert Story(page_alpha=1e-8).tell("BBB") == [SUSPECTED, PAGE]
    assert Story(replace_level(TICKET), page_alpha=1.0).tell("BBB") == [SUSPECTED, TICKET]


def test_a_ticket_becomes_a_page_when_it_is_sure_enough() -> None:
    story = Story(page_alpha=1e-12)
    assert story.tell("BB") == [SUSPECTED, TICKET]
    assert story.tell("B", p=1e-20) == [PAGE]
    assert story.alert.opened_ns == 2 * PANE_NS


def test_it_worsens_when_the_effect_has_doubled_since_it_was_told() -> None:
    story = Story()
    story.tell("BB")
    assert story.tell("B", effect=0.39) == []
    assert story.tell("B", effect=0.41) == [TICKET]
    assert story.alert.transitions[-1].reason.startswith("worsened: effect 0.41 was 0.2")
    assert story.tell("B", effect=0.5) == []


def test_what_may_open_nothing_makes_nothing_worse() -> None:
    """Such as what accused principals sent: a drift that was told before keeps its own feature, size and verdict."""
    story = Story()
    story.tell("BB")
    story.ticket_alpha = 0.0
    assert story.tell("BB", effect=9.0) == []
    story.ticket_alpha = 1e-6
    assert story.tell("B", effect=9.0) == [TICKET]


def test_a_yes_or_no_detector_stays_suspected() -> None:
    assert Story(page_alpha=1.0).tell("BBBBB", p=None) == [SUSPECTED]


def test_not_enough_data_neither_opens_nor_closes_nor_counts() -> None:
    story = Story()
    assert story.tell("NNN") == []
    assert story.tell("BNNNB") == [SUSPECTED, TICKET]
    assert story.tell("NNNNNNQQ") == []
    assert story.tell("Q") == [RESOLVED]


def test_too_few_events_end_an_alert_whose_cause_no_longer_shows_in_them() -> None:
    story = Story()
    assert story.tell("BB") == [SUSPECTED, TICKET]
    assert story.tell("NNNNN", p=0.01) == []
    assert story.tell("NN", p=0.6) == []
    assert story.tell("N", p=0.6) == [RESOLVED]


def test_ids_are_the_same_on_every_replay_and_new_for_a_new_story() -> None:
    first, second = Story(), Story()
    first.tell("BB")
    second.tell("BB")
    assert first.alert == second.alert
    opened = first.alert.id
    first.tell("QQQB")
    assert first.alert.id != opened


def test_principals_are_gathered() -> None:
    story = Story()
    story.tell("BB")
    assert story.alert.principals == ("bob",)


def test_a_ledger_written_and_read_goes_on_the_same() -> None:
    """At every point of a long story."""
    verdicts = "BQBBQQNQBBBQQQ"
    for at in range(len(verdicts)):
        whole, parts = Story(), Story()
        whole.tell(verdicts[:at])
        parts.tell(verdicts[:at])
        written = msgspec.json.encode(parts.ledger.dump())
        kind = list[tuple[str, Series, Standing]]
        parts.ledger = Ledger([parts.rule], "hash")
        parts.ledger.load(msgspec.json.decode(written, type=kind))
        assert whole.tell(verdicts[at:]) == parts.tell(verdicts[at:])
        assert whole.ledger.dump() == parts.ledger.dump()


def test_the_sentence_names_feature_and_model() -> None:
    story = Story()
    story.tell("B")
    assert story.alert.summary == "Drift of feature age on card 1: 0.2, expected 0 (p = 1.0e-09, n = 500)"
    signal = Signal("drift", "d", Series("card", "", "m"), 0, BREACH, 5, None, None, None, None, "", "")
    assert sentence(replace_level(TICKET), signal) == "Drift of feature on card (p unknown, n = 5)"


def replace_level(level: str) -> Rule:
    return msgspec.structs.replace(RULE, level=level)


def test_the_headline_stays_what_it_was_opened_with_and_names_the_newcomer() -> None:
    ledger, model = Ledger([RULE], "hash"), Series("card", "1", "feature.psi")

    def told(pane: int, feature: str, features: list[str], effect: float) -> str:
        series, found = replace(SERIES, feature=feature), {"features": features}
        signal = Signal(
            "drift",
            "significant",
            series,
            pane * PANE_NS,
            BREACH,
            500,
            effect,
            0.0,
            1e-9,
            effect,
            "base",
            "",
            found,
            model,
        )
        alert = ledger.enter(signal, Budget(0.01, 0.0))
        assert alert is not None
        return alert.summary.split(":")[0]

    assert told(1, "amount", ["amount"], 0.2) == "Drift of feature amount on card 1"
    assert told(2, "amount", ["amount", "age"], 0.2) == "Drift of feature amount and 1 more on card 1"
    three = ["distance", "amount", "age"]
    assert told(3, "distance", three, 0.9) == "Drift of feature amount, now most of all distance and 1 more on card 1"
    assert told(4, "distance", ["distance"], 2.9) == "Drift of feature amount, now most of all distance on card 1"


def test_alerts_are_values() -> None:
    story = Story()
    story.tell("B")
    before = replace(story.alert)
    story.tell("BBB")
    assert before.level == SUSPECTED
    assert len(before.transitions) == 1
