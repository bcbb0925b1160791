"""Few rows, nights, silence, late labels, wrong clocks: what a person then reads, word for word."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from dashboards.console.pages.wellness import late_check
from dashboards.reports.gather import Asked
from dashboards.reports.judged import Judged, Schema
from dashboards.reports.sections import performance
from monitors.judge import Judge
from monitors.weekly.outcomes import estimated, measured
from schemas.alerts import Alert
from schemas.events import FUTURE, LATE, MINUTE_NS, RawRecord, Source
from schemas.settings import Settings
from schemas.summaries import Summary, SummaryKey
from streams.labelling import Labelling
from streams.pipeline import Line
from streams.sinks.memory import MemoryStore
from tests.support.cli import Mirqab
from tests.support.traffic import (
    MONDAY,
    NOW_NS,
    RULES,
    SOURCE,
    Made,
    Ran,
    learn_from,
    minute_of,
    run_line,
    small_settings,
    traffic,
)
from tests.unit.test_weekly_judgement import rows

Hours = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
DAY = 86_400
START_NS = MONDAY * 1_000_000_000


def rhythm(
    days: float, per_minute: float, awake: Callable[[Hours], Any], *, local: Callable[[Hours], Any] = lambda ts: ts
) -> list[dict[str, Any] | bytes]:
    """Traffic of one model that follows the local hour: how much there is (`awake`, 0 to 1) and how high it scores."""
    rng = np.random.default_rng(1)
    ts = np.sort(rng.uniform(0, days * DAY, rng.poisson(days * 1440 * per_minute)))
    hour = local(ts) / 3600 % 24
    keep = rng.random(len(ts)) < awake(hour)
    ts, noon = ts[keep], (1 - np.cos(hour[keep] / 12 * np.pi)) / 2
    score, amount = rng.beta(2 + 2 * noon, 5), rng.lognormal(4 + noon / 2, 1)
    who = rng.integers(6, size=len(ts))
    return [
        f'{{"ts":{MONDAY + t:.3f},"model":"card","version":"1","principal":"c{w}","score":{s:.4f},'
        f'"prediction":{int(s > 0.5)},"features":{{"amount":{a:.2f}}}}}'.encode()
        for t, w, s, a in zip(ts, who, score, amount, strict=True)
    ]


def by_day(hour: Hours) -> Any:
    return (hour >= 6) & (hour < 22)


def transitions(ran: Ran) -> list[tuple[str, str, str]]:
    return [(alert.rule, alert.transitions[-1].level, alert.summary) for alert in ran.told]


@pytest.mark.parametrize("rows", [8, 35])
def test_a_few_rows_are_not_enough_data(rows: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither alarm nor all-clear; with a baseline and without one."""
    lines = traffic(60, 60, seed=3)[:rows]
    for row in lines:
        row["features"]["age"] = 900.0  # as wrong as can be, and still too few to say so
    mirqab = Mirqab(capsys)
    log, known = tmp_path / "few.jsonl", tmp_path / "known.jsonl"
    log.write_text("\n".join(json.dumps(row) for row in lines))
    said = mirqab("replay", log)[2]
    counts, note = said.splitlines()[-2:]
    assert counts == f"{rows} events, 0 rejects, 0 alerts, 0 suspected"
    assert note.startswith(f"not enough data: none of the {rows} answers of ")
    assert "learnt from 2,000 answers (judge.baseline_events) over 60 minutes (judge.baseline_minutes)" in note
    normal = tmp_path / "normal.jsonl"
    normal.write_text("\n".join(json.dumps(row) for row in traffic(60, 100, seed=99)))
    mirqab("baseline", "set", "--from", normal, "--output", known)
    said = mirqab("replay", log, "--baselines", known)[2]
    assert said.splitlines()[-1].endswith("no model had 100 events in a pane of 5 minutes, or 300 in several")


def test_nights_without_traffic_are_no_silence_and_dawn_is_no_drift() -> None:
    """Nine days, and the first minutes of another; the score has a rhythm too."""
    ran = run_line(Made().add(rhythm(9 + 6.5 / 24, 8, by_day)).feeds())
    assert [each for each in transitions(ran) if "silent" in each[0]] == []
    assert [alert.summary for alert in ran.told if alert.level == "page"] == []
    settled = START_NS + 7 * DAY * 10**9  # one morning was learnt, the evening differs: tickets at most
    assert [alert.summary for alert in ran.told if alert.opened_ns and alert.transitions[-1].at_ns > settled] == []
    reasons = [alert.transitions[-1].reason for alert in ran.told if alert.level == "ticket" and alert.state == "open"]
    assert all(reason.endswith("less than a week of this model is known") for reason in reasons)


def test_when_such_a_model_stops_by_day_it_is_told() -> None:
    """The last words are spoken on a Tuesday at half past ten; the log ends at noon."""
    lines = [
        *rhythm(8 + 10.5 / 24, 8, by_day),
        json.dumps({"ts": MONDAY + 8.5 * DAY, "model": "other", "score": 0.5}).encode(),
    ]
    ran = run_line(Made().add(lines).feeds())
    told = [alert for alert in ran.told if alert.rule == "model_silent"]
    assert told[0].summary.startswith("Silent model on card 1: nothing for 5 min, usually heard every ")
    assert told[0].first_seen_ns == START_NS + (8 * DAY + 37_800 + 300) * 10**9
    assert {alert.rule for alert in ran.told if "silent" in alert.rule} == {"model_silent"}


def of_clients(seed: int) -> Summary:
    made = minute_of(np.random.default_rng(seed), 6)
    made.principals = {f"client-{i}": [2, 0, 0] for i in range(3)}
    return made


def test_one_model_of_a_thousand_falls_silent_and_it_alone_is_named() -> None:
    """Each has its thousandth of one false ticket a week, and still it takes five minutes of silence."""
    settings: Settings = small_settings(model_slots=1000).replace("line", max_models=2000)
    one, day = Judge(settings, RULES), 26 * 60
    for i in range(day):
        minute = START_NS + i * MINUTE_NS
        one.close(minute, {SummaryKey("m", "1", "", minute, ""): of_clients(i)})
    state = json.loads(one.turn(START_NS + day * MINUTE_NS)[0].state)
    judge = Judge(settings, RULES)
    copies = [json.dumps({**state, "model": f"model-{i:03}", "slot": i}).encode() for i in range(1000)]
    judge.load(copies, START_NS + (day - 1) * MINUTE_NS)
    told = []
    for i in range(day, day + 35):
        minute, silent = START_NS + i * MINUTE_NS, day + 10 <= i < day + 25
        keys = [SummaryKey(name, "1", "", minute, "") for name, _ in sorted(judge.states)]
        heard = {key: of_clients(i) for key in keys if not (silent and key.model == "model-417")}
        told += [(i - day + 1, alert) for alert in judge.close(minute, heard).alerts]
    assert {(alert.rule, alert.series.model) for _, alert in told} == {("model_silent", "model-417")}
    assert (told[0][0], told[0][1].level) == (15, "page")
    assert told[0][1].summary == (
        "Silent model on model-417 1: nothing for 5 min, usually heard every 10 s (p = 3.8e-11, n = 360)"
    )
    assert told[-1][1].transitions[-1].reason == "heard again: p 1.0e+00 > 3.1e-08, on 360 events"


def labels_path(line: Line, store: MemoryStore) -> Labelling:
    """The agent over what the line stored; it looks for answers, and for labels that wait, as in a database."""
    at_zero = {"offset": 0, "matched_block": -1}

    def matched(asked: Any) -> list[dict[str, Any]]:
        return [r for r in store.rows("labels") if r["matched"] and r["matched_block"] == asked["first"]]

    def answers(asked: Any) -> list[dict[str, Any]]:
        return [r for r in store.rows("events") if r["id"] in asked["ids"]]

    store.answer("matched = 1", matched)
    store.answer("matched = 0", lambda asked: [{**at_zero, **r} for r in store.rows("labels") if not r["matched"]])
    store.answer("FROM events_now", answers)
    return Labelling(line.settings, store, line._publish, clock=lambda: NOW_NS, floor=lambda source, offset: None)


def test_labels_that_arrive_weeks_later_are_joined_counted_once_and_judge_nothing() -> None:
    """Of 500 labels 480 belong to answers three weeks old; 20 belong to nothing yet and wait."""
    late = MONDAY + 21 * DAY
    rows = [{**row, "id": f"r{i}"} for i, row in enumerate(traffic(60, 60, seed=8))]
    answers = Made().add(rows).add({**r, "id": f"late-{i}"} for i, r in enumerate(traffic(120, 60, start=late, seed=9)))
    kept, told = MemoryStore(), list[Alert]()
    line = Line(small_settings(), RULES, kept, clock=lambda: NOW_NS, told=told.append)
    line.baselines.add(learn_from(traffic(60, 100, seed=99)))
    ids = [f"r{i}" if i < 480 else f"x{i}" for i in range(500)]
    labels = [
        RawRecord(i, json.dumps({"ts": late, "model": "card", "id": id, "label": "0"}).encode(), (late + 1800) * 10**9)
        for i, id in enumerate(ids)
    ]

    async def story() -> None:
        partitions = [(SOURCE.topic, SOURCE.partition)]
        await line.run([(SOURCE, answers.records[: len(rows)])], partitions)
        agent = labels_path(line, kept)
        await agent.feed(Source("log", "mirqab.labels", 0), labels)
        await agent.feed(Source("log", "mirqab.labels", 0), labels)  # read again after a kill
        await line.run([(SOURCE, answers.records[len(rows) :])], partitions)

    asyncio.run(story())
    assert sum(row["matched"] for row in kept.rows("labels")) == 480
    assert len(kept.rows("labels")) == 500
    counted = [row for row in kept.rows("readings") if row["metric"] == "labels.count"]
    assert [row["value"] for row in counted] == [480.0]
    ages = [row["vectors"]["label_age"] for row in kept.rows("minutes") if "label_age" in row["vectors"]]
    assert np.sum(ages, axis=0).tolist() == [0, 0, 0, 480, 0]  # between a week and 30 days
    assert [alert.summary for alert in told if alert.opened_ns] == []


def test_a_report_says_how_right_the_model_seems_before_labels_come_and_how_right_it_was_after() -> None:
    """Made on Monday, and made again when a third of the labels have come."""
    rng = np.random.default_rng(2)
    normal, week = rows(rng, 3000), rows(rng, 3000)

    def said(labels: int) -> str:
        known = replace(week, label=np.where(np.arange(3000) < labels, week.label, ""))
        found = measured(normal, known), estimated(normal, known)
        section = performance.section(
            Judged(cast(Asked, None), Schema((), (), ()), (), (), found[1], found[0], (), None)
        )
        assert section is not None
        return str(section.blocks)

    monday, later = said(0), said(1000)
    assert "No label of this week's answers has arrived yet." in monday
    assert "('Estimated accuracy', '74.9 %, was 74.7 %')" in monday
    assert "It holds while the same score is right as often as before" in monday
    assert "1,000 of 3,000 answers looked at" in later
    assert "Change against the baseline's time" in later


def test_labels_inside_late_records_have_their_age() -> None:
    """Feedback logged three weeks after it was served: an event of its own, its label as old as it is."""
    rows = traffic(120, 60, seed=8)
    rows = [{**row, "label": str(row["prediction"]), "served_ts": row["ts"] - 21 * DAY} for row in rows]
    ran = run_line(Made().add(rows).feeds(), baselines=[learn_from(traffic(60, 100, seed=99))])
    ages = np.sum([row["vectors"]["label_age"] for row in ran.store.rows("minutes")], axis=0)
    assert ages.tolist() == [0, 0, 0, len(rows), 0]
    accuracy = {row["value"] for row in ran.store.rows("readings") if row["metric"] == "labels.accuracy"}
    assert accuracy == {1.0}
    assert [alert.summary for alert in ran.told if alert.opened_ns] == []


def test_labels_are_no_sign_of_life() -> None:
    """A model that is silent stays silent when somebody labels its old answers."""
    judge, told = Judge(small_settings(), RULES), []
    for i in range(0, 26 * 60 + 120, 5):
        minute = START_NS + i * MINUTE_NS
        labels = minute_of(np.random.default_rng(0), 0)
        labels.vectors = {**labels.vectors, "label": np.array([50, 50, 0, 0])}
        summary = of_clients(i) if i < 26 * 60 else labels
        told += judge.close(minute, {SummaryKey("m", "1", "", minute, ""): summary}).alerts
    assert {(alert.rule, alert.state) for alert in told} == {("model_silent", "open")}


@pytest.mark.parametrize(
    ("jump", "flag", "says"),
    [
        (3600, FUTURE, "0 late and 246 ahead of the clock in 24 h"),
        (-3600, LATE, "246 late and 0 ahead of the clock in 24 h"),
    ],
)
def test_a_clock_that_jumps_costs_only_its_own_events_and_it_is_said(jump: int, flag: int, says: str) -> None:
    """One client's clock is an hour wrong for half an hour. Every event is stored; those are flagged and not judged."""
    made = Made()
    for row in traffic(180, 60, seed=7):
        at = row["ts"]
        wrong = row["principal"] == "client-3" and 5400 <= at - MONDAY < 7200
        value = json.dumps({**row, "ts": round(at + jump, 3)} if wrong else row).encode()
        made.records.append(RawRecord(len(made.records), value, int(at * 1e9)))
    ran = run_line(made.feeds(512), baselines=[learn_from(traffic(60, 100, seed=99))])
    events = ran.store.rows("events")
    flagged = [row for row in events if row["flags"] & (FUTURE | LATE)]
    assert len(events) == len(made.records)
    assert {(row["principal"], row["flags"] & (FUTURE | LATE)) for row in flagged} == {("client-3", flag)}
    judged = sum(row["vectors"]["n"][0] for row in ran.store.rows("minutes"))
    apart = sum(row["vectors"]["n"][0] for row in ran.store.rows("minutes_late"))
    assert judged + len(flagged) == len(events)
    assert apart == (len(flagged) if flag == LATE else 0)
    assert ran.told == []
    sums = {key: sum(row[key] for row in ran.store.rows("blocks")) for key in ("late", "future", "events")}
    check = late_check(sums)
    assert (check.word, check.finding) == ("look", says)
    assert "Check the producers' clocks" in check.advice


@pytest.mark.parametrize("hours", [1, -1], ids=["spring", "autumn"])
def test_summer_time_pages_nobody(hours: int) -> None:
    """After eight days the local day begins an hour earlier or later in UTC; amount and score follow it."""
    moved = rhythm(10, 10, by_day, local=lambda ts: ts + np.where(ts >= 8 * DAY, 3600 * hours, 0))
    ran = run_line(Made().add(moved).feeds())
    since = [alert for alert in ran.told if alert.first_seen_ns >= START_NS + 7 * DAY * 10**9]
    assert [(alert.summary, alert.transitions[-1].reason) for alert in since if alert.opened_ns] == []
