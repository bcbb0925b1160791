"""How often rules fired: each alert once, at its highest level, in the week it got there."""

from __future__ import annotations

from monitors.tally import Told, highest, side_by_side, totals
from monitors.week import MONDAY_NS, WEEK_NS, week_of

MONDAY = MONDAY_NS + 2900 * WEEK_NS
HOUR = 3_600_000_000_000


def told(id: str, hours: float, level: str, rule: str = "drift") -> Told:
    return Told(id, rule, "m", MONDAY + int(hours * HOUR), level, "")


STORY = [told("a", 1, "suspected"), told("a", 2, "ticket"), told("a", 3, "page"), told("a", 9, "resolved")]


def test_an_alert_counts_once_at_its_highest_level_and_when_it_got_there() -> None:
    assert list(highest(STORY[::-1], 0, 1 << 63).values()) == [STORY[2]]


def test_what_comes_later_has_not_happened_and_what_came_before_is_not_counted() -> None:
    assert highest(STORY, 0, STORY[2].at_ns) == {"a": STORY[1]}
    assert highest(STORY, STORY[2].at_ns, 1 << 63) == {"a": STORY[2]}
    assert highest(STORY, STORY[2].at_ns + 1, 1 << 63) == {}


def test_the_same_level_told_again_is_the_first_time() -> None:
    again = [told("a", 1, "ticket"), told("a", 5, "ticket")]
    assert highest(again, 0, 1 << 63) == {"a": again[0]}


def test_weeks_begin_on_monday() -> None:
    assert week_of(MONDAY) == MONDAY
    assert week_of(MONDAY + WEEK_NS - 1) == MONDAY
    assert week_of(MONDAY - 1) == MONDAY - WEEK_NS


def test_both_sides_stand_beside_each_other_per_week_rule_and_level() -> None:
    would = {t.id: t for t in (told("a", 1, "page"), told("b", 200, "ticket"), told("c", 3, "page"))}
    was = {t.id: t for t in (told("a", 1, "page"), told("d", 2, "ticket", rule="other"))}
    counts = side_by_side(would, was)
    assert [(c.week_ns - MONDAY, *c[1:]) for c in counts] == [
        (0, "drift", "page", 2, 1),
        (0, "other", "ticket", 0, 1),
        (WEEK_NS, "drift", "ticket", 1, 0),
    ]
    assert [c[1:] for c in totals(counts)] == [
        ("drift", "page", 2, 1),
        ("drift", "ticket", 1, 0),
        ("other", "ticket", 0, 1),
    ]
