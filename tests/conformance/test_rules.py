"""Every rule file loads, means something to a person, and has evidence: a story it fires in and one it is quiet in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from monitors import abuse, attacks, readings, talks, testing
from monitors.detectors import kind, load
from monitors.judge import Judge
from monitors.purse import Purse
from schemas.alerts import Alert
from schemas.baselines import Baseline
from schemas.errors import RuleError
from schemas.events import MINUTE_NS
from schemas.rules import load_rule
from schemas.summaries import SummaryKey
from tests.support import access_stories
from tests.support.chat_stories import CHATS
from tests.support.chats import chat
from tests.support.poisoned import Campaign, Feed, feedback, lines, where
from tests.support.traffic import (
    MONDAY,
    RULES,
    Change,
    Made,
    learn_from,
    minute_of,
    rich,
    run_line,
    small_settings,
    traffic,
)

IDS = [rule.id for rule in RULES]
HALF = 30  # minutes before a change sets in
CHANGED = MONDAY + HALF * 60


def after(edit: Callable[[dict[str, Any], np.random.Generator], object]) -> Change:
    """The edit, from half an hour on; a row for which it answers False is dropped."""

    def change(row: dict[str, Any], rng: np.random.Generator) -> dict[str, Any] | None:
        if row["ts"] >= CHANGED and edit(row, rng) is False:
            return None
        return row

    return change


def falls_silent(whole: bool) -> list[Alert]:
    """Three days of steady traffic of two clients, then none; or, unless `whole`, none of bob's."""
    judge, told = Judge(small_settings(), RULES), []
    for i in range(0, 3 * 24 * 60 + 600, 5):
        minute = (MONDAY * 1_000_000_000) + i * MINUTE_NS
        over = i >= 3 * 24 * 60
        summary = minute_of(np.random.default_rng(i), 6, who="amy")
        summary.principals = {"amy": [6, 0, 0]} if over else {"amy": [3, 0, 0], "bob": [3, 0, 0]}
        told += judge.close(minute, {} if over and whole else {SummaryKey("m", "", "", minute, ""): summary}).alerts
    return told


def features(**values: Any) -> Callable[[dict[str, Any], np.random.Generator], object]:
    return lambda row, rng: row["features"].update(values)


def some(share: float, edit: Callable[[dict[str, Any]], object]) -> Change:
    return after(lambda row, rng: edit(row) if rng.random() < share else None)


def vector(row: dict[str, Any]) -> None:
    row["features"] |= {name: x + 0.4 for name, x in row["features"].items() if name[0] == "e"}


def asks(kind: str) -> Change:
    """From half an hour on `client-0` attacks: near one case, anywhere, where nobody is, or in stars around many."""

    turns: set[int] = set()

    def change(row: dict[str, Any], rng: np.random.Generator) -> dict[str, Any] | None:
        if row["principal"] != "client-0" or row["ts"] < CHANGED:
            return row
        names = [name for name, value in row["features"].items() if isinstance(value, float)]
        if kind == "extraction":
            row["features"] |= {name: float(rng.uniform(-4, 4)) for name in names}
            return row
        turn = int(row["ts"] // 120) if kind == "membership" else 0
        centre = np.random.default_rng(turn).normal(0, 1, len(names)) + (5.0 if kind == "inversion" else 0.0)
        first = turn not in turns  # a star begins with its record as it is
        turns.add(turn)
        noise = rng.normal(0, 0.0 if first else 0.3 if kind == "membership" else 0.05, len(names))
        row["features"] |= dict(zip(names, (centre + noise).tolist(), strict=True))
        row["features"]["channel"] = "web"
        flips = kind == "evasion" and rng.random() < 0.5
        climbed = round(0.6 + 0.3 * (row["ts"] - CHANGED) / (HALF * 60), 4) if kind == "inversion" else 0.9
        rest = round((1 - climbed) / 2, 4)
        row |= {"prediction": int(flips), "scores": [0.5, 0.3, 0.2] if kind == "evasion" else [climbed, rest, rest]}
        return row

    return change


def poisoned(row: dict[str, Any], rng: np.random.Generator, kind: str) -> dict[str, Any]:
    """Labels at once, by eight desks; from half an hour on one lies, or a trigger is planted."""
    row |= {"label": int(rng.random() < row["score"]), "label_source": f"desk-{rng.integers(8)}"}
    if row["ts"] < CHANGED:
        return row
    if kind == "source" and row["label_source"] == "desk-3":
        row["label"] = 1 - row["label"]
    elif kind == "backdoor" and rng.random() < 0.03:
        row["features"] |= {"age": 33.0, "amount": 777.77}
        row["label"] = 1
    return row


def lied(kind: str) -> Change:
    return lambda row, rng: poisoned(row, rng, kind)


def lied_about() -> list[Alert]:
    """A week of feedback, in whose fifth day somebody begins to lie about the old: a range's past is known by then."""
    rows = feedback(Feed(days=7), [Campaign("old", where(lambda f: f[0] >= 58, 0.7, 1), 4.0, 7.0)], seed=21)
    return list(run_line(Made().add(lines(rows)).feeds(), small_settings()).alerts.values())


def slightly(row: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """After a day and two hours everything moves a little: PSI of 0.13 to 0.25; 26 % of answers are wrong, not 10."""
    wrong = int(row["ts"] * 1000) % 100 < 10
    if row["ts"] >= MONDAY + 26 * 3600:
        row["features"]["age"] += 4
        row |= {"score": min(1.0, row["score"] + 0.06), "prediction": int(rng.random() < 0.26)}
        wrong = int(row["ts"] * 1000) % 100 < 26
    row["label"] = str(1 - row["prediction"] if wrong else row["prediction"])
    return row


@cache
def hours() -> tuple[Alert, ...]:
    """Twenty-eight hours of a model that is asked twenty times a minute, one of a thousand that share the budget."""
    rows = traffic(28 * 60, 20, seed=5, change=slightly)
    settings = small_settings(model_slots=1000)
    return tuple(run_line(Made().add(rows).feeds(), settings, baselines=[baseline(False)]).alerts.values())


STORIES: dict[str, Change | None] = {  # what happens to healthy traffic; None: it stops
    "accuracy_fall_hourly": slightly,
    "accuracy_fall": some(0.7, lambda row: row.update(label=str(1 - row["prediction"]))),
    "attack_evasion": asks("evasion"),
    "attack_extraction": asks("extraction"),
    "attack_inversion": asks("inversion"),
    "attack_membership": asks("membership"),
    "anomaly_share": some(0.3, lambda row: row["features"].update(age=150.0, amount=1e6)),
    "confidence_low": some(0.7, lambda row: row.update(scores=[0.35, 0.33, 0.32])),
    "cost_heavy": some(0.5, lambda row: row.update(tokens_in=9000)),
    "decision_share": some(0.5, lambda row: row.update(score=0.8)),
    "embedding_shift": after(lambda row, rng: vector(row)),
    "error_share": some(0.3, lambda row: row.update(status="timeout")),
    "feature_drift_hourly": slightly,
    "feature_drift": after(lambda row, rng: row["features"].update(age=row["features"]["age"] + 12)),
    "feature_missing": some(0.3, lambda row: row["features"].update(amount=None)),
    "feature_out_of_range": after(lambda row, rng: row["features"].update(amount=-row["features"]["amount"])),
    "feature_repeated": some(0.5, lambda row: row["features"].update(amount=50.0)),
    "feature_unseen": some(0.2, lambda row: row["features"].update(channel="metaverse")),
    "latency_level": after(lambda row, rng: row.update(latency_ms=row["latency_ms"] * 4)),
    "latency_slow": after(lambda row, rng: row.update(latency_ms=row["latency_ms"] * 4)),
    "model_silent": None,
    "pair_broken": after(lambda row, rng: row["features"].update(limit=round(float(rng.lognormal(4, 1.02)), 2))),
    "poisoned_backdoor": lied("backdoor"),
    "poisoned_source": lied("source"),
    "prediction_drift_hourly": slightly,
    "prediction_drift": after(lambda row, rng: row.update(prediction=int(rng.random() < 0.6))),
    "principal_silent": None,
    "schema_changed": some(0.3, lambda row: row["features"].update(age=str(row["features"]["age"]), region="north")),
    "score_drift_hourly": slightly,
    "score_drift": after(lambda row, rng: row.update(score=round(float(rng.beta(5, 2)), 4))),
    "score_level": after(lambda row, rng: row.update(score=round(float(rng.beta(5, 2)), 4))),
}
LONG: dict[str, Callable[[], list[Alert]]] = {
    "poisoned_subgroup": lied_about
}  # stories of days, with traffic of their own
MINUTES = {"latency_level": 330, "score_level": 600, "accuracy_fall": 230}


RICH = {"accuracy_fall", "confidence_low", "cost_heavy", "embedding_shift", "pair_broken"} | {
    rule for rule in IDS if rule.startswith("attack_")
}


@cache
def talks_of() -> Baseline:
    return learn_from(chat(60, 60, seed=99))


@cache
def baseline(more: bool) -> Baseline:
    return learn_from(traffic(60, 100, seed=99, change=rich if more else None))


def alerts(change: Change | None, minutes: int, more: bool = False) -> list[Alert]:
    """Sixty events a minute; the change sets in after six panes, or forty in a long story."""
    start = CHANGED - 40 * 300 if minutes > 100 else MONDAY

    def changed(row: dict[str, Any], rng: np.random.Generator) -> dict[str, Any] | None:
        made = rich(row, rng) if more else row
        return made if change is None or made is None else change(made, rng)

    rows = traffic(minutes, 60, start=start, seed=5, change=changed)
    return list(run_line(Made().add(rows).feeds(), small_settings(), baselines=[baseline(more)]).alerts.values())


def of_chats(change: Change | None, minutes: int = 60) -> list[Alert]:
    """Sixty questions a minute to a language model."""
    rows = chat(minutes, 60, seed=5, change=change)
    settings = small_settings().replace("privacy", key="key")
    return list(run_line(Made().add(rows).feeds(), settings, baselines=[talks_of()]).alerts.values())


@cache
def healthy() -> frozenset[str]:
    """The rules that say anything of five and a half healthy hours, of models that log little and all there is."""
    told = [alert for more in (False, True) for alert in alerts(None, 330, more)]
    return frozenset(alert.rule for alert in [*told, *of_chats(None, 330), *access_stories.healthy()])


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_it_fires_in_its_story(rule: Any) -> None:
    stories = STORIES | CHATS
    known = rule.id in {*stories, *access_stories.STORIES, *LONG}
    assert known, f"monitors/rules/{rule.id}.toml is new: add a story in which it fires to STORIES"
    change = stories.get(rule.id)
    told: Iterable[Alert]
    if rule.id in CHATS:
        told = of_chats(change)
    elif rule.id in access_stories.STORIES:
        told = access_stories.story(rule.id)
    elif rule.id in LONG:
        told = LONG[rule.id]()
    elif change is None:
        told = falls_silent(rule.id == "model_silent")
    elif rule.hourly:
        told = hours()
        assert min(alert.first_seen_ns for alert in told) > (MONDAY + 26 * 3600) * 1_000_000_000
    else:
        told = alerts(change, MINUTES.get(rule.id, 60), rule.id in RICH)
    mine = [alert for alert in told if alert.rule == rule.id]
    assert mine, f"only {sorted({alert.rule for alert in told})} fired"
    levels = {"suspected": {"suspected"}, "ticket": {"ticket"}, "page": {"ticket", "page"}}[rule.level]
    assert {alert.level for alert in mine} & levels


@pytest.mark.parametrize("rule_id", IDS)
def test_it_is_quiet_on_healthy_traffic(rule_id: str) -> None:
    assert rule_id not in healthy()


def test_no_story_is_left_over() -> None:
    assert {*STORIES, *CHATS, *access_stories.STORIES, *LONG} == set(IDS)


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_it_says_what_a_person_needs(rule: Any) -> None:
    for name in ("title", "meaning", "false_positives", "gaps", "triage", "runbook"):
        assert len(getattr(rule, name)) > 10, name
    load(rule.detector, rule.parameters)


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_its_metric_is_made_by_a_family(rule: Any) -> None:
    folders = [Path(str(package.__file__)).parent for package in (readings, attacks, talks, abuse)]
    files = [path for folder in folders for path in folder.glob("*.py")]
    assert any(f'"{rule.metric}"' in path.read_text() for path in files), rule.metric


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('detectr = "adwin"', "unknown key 'detectr'; did you mean detector"),
        ('family = "drfit"', "unknown family 'drfit'; did you mean drift"),
        ("open = [3, 2]", r"must be \[k, n\] with 1 <= k <= n"),
        ('min_n = "many"', "Expected `int`, got `str`"),
        ("level = [", "not valid TOML"),
    ],
)
def test_a_broken_rule_names_the_file_and_the_fault(tmp_path: Path, line: str, says: str) -> None:
    source = (Path(__file__).parents[2] / "monitors/rules/feature_drift.toml").read_text()
    key = line.split()[0]
    kept = [text for text in source.splitlines() if not text.startswith(f"{key} =")]
    path = tmp_path / "feature_drift.toml"
    path.write_text("\n".join([*kept, line]))
    with pytest.raises(RuleError, match=says) as caught:
        load_rule(path)
    assert str(path) in str(caught.value)


def test_all_that_is_wrong_with_a_rule_is_told_at_once(tmp_path: Path) -> None:
    source = (Path(__file__).parents[2] / "monitors/rules/feature_drift.toml").read_text()
    broken = {"family": '"drfit"', "level": '"pge"', "open": "[3, 2]", "detectr": '"x"'}
    kept = [line for line in source.splitlines() if line.split(" =")[0] not in broken]
    path = tmp_path / "feature_drift.toml"
    path.write_text("\n".join([*(f"{key} = {value}" for key, value in broken.items()), *kept]))
    with pytest.raises(
        RuleError, match=r"'detectr'.*; unknown family 'drfit'.*; unknown level 'pge'.*; open = \[3, 2\]"
    ):
        load_rule(path)
    path.write_text('id = "feature_drift"\nmin_n = "many"\n')
    with pytest.raises(RuleError, match=r"missing required field `title`; .*; min_n: Expected `int`, got `str`; "):
        load_rule(path)


def test_a_pane_spends_what_its_purse_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    """The levels of all calibrated tests of each pane, added up; `test_purse.py` adds up the panes of a week."""
    spent: dict[int, float] = {}
    real = testing.Tester._signal

    def counted(self: Any, question: Any, alpha: float, *more: Any) -> Any:
        if kind(question.rule.detector).calibrated:
            spent[question.reading.at_ns] = spent.get(question.reading.at_ns, 0.0) + alpha
        return real(self, question, alpha, *more)

    monkeypatch.setattr(testing.Tester, "_signal", counted)
    settings = small_settings(model_slots=100, false_tickets_per_week=1.0)
    run_line(Made().add(traffic(60, 60, seed=5)).feeds(), settings, baselines=[baseline(False)])
    purse = Purse(1.0, 1.0, 100, settings.line.pane_minutes, budgeted=True)
    assert len(spent) >= 11
    for at in sorted(spent):
        # Both kinds of reading were there in every pane, but for the first one, which knows no silence yet.
        three = purse.every_pane(1).ticket, purse.judged(1, 1).ticket, purse.hourly(1).ticket
        assert spent[at] <= sum(three) * (1 + 1e-9)
        purse.lord.enter(found=False)


def test_rules_are_plain_data() -> None:
    for rule in RULES:
        assert msgspec.json.decode(msgspec.json.encode(rule), type=type(rule)) == rule
