"""A rule that only says yes or no opens tickets within a rate that healthy days have proved, and not before."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import pytest

from monitors.judge import Judge
from monitors.nullrate import usable
from monitors.nullreplay import calibration, free
from monitors.prepared import Prepared
from monitors.realised import Realised, days_of, realise
from schemas.alerts import SUSPECTED, TICKET, Alert
from schemas.calibration import Calibration
from schemas.errors import UsageError
from schemas.events import MINUTE_NS
from schemas.rules import DECIDES, Rule, decisive, hash_rules, load_rule
from schemas.settings import Settings
from schemas.summaries import SummaryKey
from streams import calibrating
from tests.support.traffic import MONDAY, ROOT, RULES, learn_from, minute_of, small_settings, traffic
from tests.unit.test_realised import stored

KNOWN = Prepared(learn_from(traffic(60, 100, seed=99)))
SHIPPED = ROOT / "monitors" / "rules" / "latency_level.toml"
LEVEL = msgspec.structs.replace(load_rule(SHIPPED), level="ticket")
START_NS = MONDAY * 1_000_000_000
FAULT = 240  # the minute in which answers become slow


def measured(since_minute: int, rate: float = 0.1, rule: Rule = LEVEL) -> Rule:
    since = datetime.fromtimestamp(MONDAY + since_minute * 60, UTC)
    known = Calibration(since=since, false_per_week=rate, tickets=0, weeks=10.0, pane_minutes=5, of=decisive(rule))
    return msgspec.structs.replace(rule, calibration=known)


def judged(rule: Rule, settings: Settings | None = None, *, written_at: int | None = None) -> list[Alert]:
    """Every transition of six hours; `written_at` writes the judge down in that minute and goes on from that."""
    rng, told = np.random.default_rng(3), []
    judge = Judge(settings or small_settings(), (rule,))
    for minute in range(360):
        at = START_NS + minute * MINUTE_NS
        key = SummaryKey("card", "1", "", at, "")
        told += judge.close(at, {key: minute_of(rng, 40, slow=minute >= FAULT)}).alerts
        if minute == written_at:
            profiles = judge.turn(at + MINUTE_NS)
            judge = Judge(settings or small_settings(), (rule,))
            judge.load((profile.state for profile in profiles), at)
    return told


def test_a_yes_is_a_suspicion_until_its_rate_is_measured_and_a_ticket_from_then_on() -> None:
    assert {alert.level for alert in judged(LEVEL)} == {SUSPECTED}
    (first, *_) = judged(measured(0))
    assert (first.level, first.p) == (TICKET, 0.1)
    assert "0.1 false tickets a week at most in null replay" in first.transitions[0].reason
    assert {alert.level for alert in judged(measured(10_000))} == {SUSPECTED}


def test_what_was_judged_before_it_was_measured_is_judged_the_same_again() -> None:
    def until(alerts: list[Alert]) -> list[tuple[str, str, float | None]]:
        return [(alert.id, alert.level, alert.p) for alert in alerts]

    assert until(judged(measured(10_000))) == until(judged(LEVEL))
    assert judged(measured(0)) == judged(measured(0), written_at=299)


@pytest.mark.parametrize(
    ("rule", "settings", "why"),
    [
        (
            measured(0, rate=0.13),
            small_settings(),
            "0.13 false tickets a week at most in null replay (0.12 are budgeted for it: only suspected)",
        ),
        (measured(0), small_settings(model_slots=100), "0.0013 are budgeted for it: only suspected"),
        (measured(0), small_settings(false_tickets_per_week=0), "no false alarms are budgeted"),
    ],
)
def test_beyond_its_part_of_the_budget_it_stays_suspected_and_says_why(
    rule: Rule, settings: Settings, why: str
) -> None:
    alerts = judged(rule, settings)
    assert {alert.level for alert in alerts} == {SUSPECTED}
    assert why in alerts[0].transitions[0].reason


def test_a_rule_that_was_changed_since_only_suspects() -> None:
    changed = msgspec.structs.replace(measured(0), min_n=20)
    assert not usable(changed, 5)
    assert {alert.level for alert in judged(changed)} == {SUSPECTED}


def test_of_a_rule_words_may_change_and_nothing_else() -> None:
    words = {"id", "title", "family", "level", "examples", "technique", "controls", "meaning", "false_positives"}
    words |= {"gaps", "triage", "runbook", "calibration"}
    assert {*Rule.__struct_fields__} - words == {*DECIDES}
    assert usable(msgspec.structs.replace(measured(0), title="other"), 5)
    assert not usable(msgspec.structs.replace(measured(0), usual=not LEVEL.usual), 5)


def test_weeks_count_for_no_more_than_the_days_they_were_drawn_from() -> None:
    def rate(*found: Realised) -> float:
        return calibration(LEVEL, found, datetime(2026, 1, 1, tzinfo=UTC), 5).false_per_week

    assert rate(Realised("a", 1, days=14, weeks=500, tickets=0, pages=0)) == pytest.approx(1 / 2)
    assert rate(*[Realised(name, 1, days=28, weeks=4, tickets=0, pages=0) for name in "ab"]) == pytest.approx(1 / 8)
    assert rate(Realised("a", 1, days=14, weeks=10, tickets=20, pages=0)) == pytest.approx((4 + 1) / 2)


def test_null_replay_counts_what_the_rule_would_open_on_healthy_days() -> None:
    def tickets(slow: frozenset[int]) -> int:
        alone = (free(LEVEL, 5),)
        found = realise("card", days_of(stored(6, slow)), [KNOWN], small_settings(), alone, 1, seed=5)
        assert found is not None
        return found.tickets

    assert tickets(frozenset()) == 0
    assert tickets(frozenset({1, 2, 3, 4})) >= 3


def test_it_is_written_into_the_file_in_place_of_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "latency_level.toml"
    path.write_text(SHIPPED.read_text().replace('level = "suspected"', 'level = "ticket"'))
    before = load_rule(path)
    for rate in (0.5, 0.01):
        known = measured(0, rate, before).calibration
        assert known is not None
        calibrating.write(path, known)
        again = load_rule(path)
        assert (again.calibration, again.parameters) == (known, before.parameters)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert path.read_text().count("[calibration]") == path.read_text().count("Measured by") == 1
    assert usable(again, 5)
    assert not usable(again, 1)
    assert calibrating.budgeted(small_settings(), (again,)) == pytest.approx(1 / 8)
    whole = path.read_text()
    assert again.calibration is not None
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(Path, "replace", lambda self, target: (_ for _ in ()).throw(OSError(28, "No space left")))
        with pytest.raises(UsageError, match="No space left"):
            calibrating.write(path, again.calibration)
    assert ([each.name for each in tmp_path.iterdir()], path.read_text()) == ([path.name], whole)
    with pytest.raises(UsageError, match="has a p of its own"):
        calibrating.check(next(rule for rule in RULES if rule.id == "score_drift"))
    with pytest.raises(UsageError, match="level"):
        calibrating.check(load_rule(SHIPPED))


def test_a_rule_without_one_has_the_hash_it_always_had() -> None:
    assert hash_rules([LEVEL]) != hash_rules([measured(0)])
    plain = {k: v for k, v in msgspec.structs.asdict(LEVEL).items() if k != "calibration"}
    assert b"calibration" not in msgspec.json.encode(plain)
