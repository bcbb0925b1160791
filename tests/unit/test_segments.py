"""Segments: which there are, what each is compared with, what they may spend, and that Monday forgets none of it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from monitors.judge import Judge, Profile
from monitors.observe import Bounds, observe
from monitors.prepared import Prepared
from monitors.segments import dimensions, parsed
from schemas.alerts import Alert
from schemas.baselines import Baseline
from schemas.errors import SettingError
from schemas.events import MINUTE_NS
from schemas.formats import Limits, load
from schemas.modelinfo import ModelInfo
from schemas.settings import Settings, load_settings
from schemas.summaries import Summary, SummaryKey
from streams.judgerows import profile_rows
from streams.known import store_baseline
from streams.migrate import migrate
from streams.pipeline import Line
from streams.sinks.clickhouse import ClickHouseStore
from streams.sinks.memory import MemoryStore
from streams.stored import judged_again
from tests.support.traffic import MONDAY, NOW_NS, RULES, SOURCE, Made, learn_from, run_line, small_settings, traffic

START_NS = MONDAY * 1_000_000_000
COUNTRIES = {"country=QA", "country=SA", "country=OM"}
NAMED = ModelInfo(segments=("channel",))


def with_country(row: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    row["segment"] = {"country": str(rng.choice(["QA", "SA", "OM"], p=[0.6, 0.3, 0.1]))}
    return row


def branch_ages(row: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """From the third hour on the customers of the branches are older; they are a fifth of all."""
    if row["ts"] > MONDAY + 3 * 3600 and row["features"]["channel"] == "branch":
        row["features"]["age"] += 15
    return with_country(row, rng)


def settings_of(info: ModelInfo = NAMED, **line: Any) -> Settings:
    return replace(small_settings().replace("line", **line), models={"card": info})


@cache
def baseline() -> Baseline:
    return learn_from(traffic(60, 60, seed=99, change=with_country))


@cache
def closes() -> dict[int, dict[SummaryKey, Summary]]:
    """Five hours by minute, scored by the baseline and split by channel."""
    records = Made().add(traffic(300, 60, seed=3, change=branch_ages)).records
    bounds = Bounds(256, 64, 60_000_000_000, 16, lambda model: ("channel",))
    prepared = Prepared(baseline())
    batch = load("json_lines")(records, SOURCE, Limits())
    seen = observe(batch, np.zeros(len(batch), dtype=np.int64), 1, 0, lambda m, v, b: prepared, bounds)
    found: dict[int, dict[SummaryKey, Summary]] = {}
    for key, summary in seen.on_time[0].items():
        found.setdefault(key.minute_ns, {})[key] = summary
    return found


def fresh() -> Judge:
    judge = Judge(settings_of(), RULES)
    judge.know(Prepared(baseline()))
    return judge


def told(judge: Judge, minutes: range) -> list[Alert]:
    ns = (START_NS + m * MINUTE_NS for m in minutes)
    return [alert for minute in ns for alert in judge.close(minute, closes().get(minute, {})).alerts]


def test_a_value_may_hold_commas_but_a_name_may_not() -> None:
    assert parsed("") == {}
    assert parsed("channel=web,city=Doha, West Bay,x=a=b") == {"channel": "web", "city": "Doha, West Bay", "x": "a=b"}


def test_the_commonest_values_have_names_and_the_rest_are_one() -> None:
    prepared = Prepared(baseline())
    named = {d.key: d.labels for d in dimensions(prepared, ("channel", "age"), 2)}
    assert named["channel"] == ["channel=web", "channel=app", "channel=(other)"]
    assert len(named["age"]) == 3
    assert "country" not in named  # three values are more than two, and nobody asked for it
    assert [d.key for d in dimensions(prepared, (), 16)] == ["country"]


def test_segments_add_up_to_the_model_and_none_without_a_key() -> None:
    rows = traffic(2, 60, seed=5, change=with_country)
    for row in rows[::3]:
        del row["segment"]
    records = Made().add(rows).records
    batch = load("json_lines")(records, SOURCE, Limits())
    prepared = Prepared(baseline())
    bounds = Bounds(256, 64, 60_000_000_000)
    seen = observe(batch, np.zeros(len(batch), dtype=np.int64), 1, 0, lambda m, v, b: prepared, bounds).on_time[0]
    whole = sum(s.n for key, s in seen.items() if not key.segment)
    parts = sum(s.n for key, s in seen.items() if key.segment)
    assert whole == len(rows)
    assert parts == sum("segment" in row for row in rows)


def test_models_without_segments_are_not_split() -> None:
    records = Made().add(traffic(2, 60)).records
    batch = load("json_lines")(records, SOURCE, Limits())
    prepared = Prepared(learn_from(traffic(60, 60, seed=99)))
    bounds = Bounds(256, 64, 60_000_000_000)
    seen = observe(batch, np.zeros(len(batch), dtype=np.int64), 1, 0, lambda m, v, b: prepared, bounds)
    assert {key.segment for key in seen.on_time[0]} == {""}


def test_what_is_compared_is_the_pane_that_was_judged_and_no_more() -> None:
    judge = fresh()
    told(judge, range(90))
    of = judge.states["card", "1"]
    assert of.held.panes == 0, "the last pane was judged"
    assert set(of.parts.parts) == {"channel=web", "channel=app", "channel=branch", *COUNTRIES}
    assert all(part.now is None and part.done for name, part in of.parts.parts.items() if name != "country=OM")
    told(judge, range(90, 93))
    assert all(part.now is None for part in of.parts.parts.values()), "an open pane is not compared"


def test_values_that_are_invented_cost_nothing() -> None:
    def invents(row: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
        return {**row, "segment": {"country": f"{rng.integers(10**9)}"}}

    ran = run_line(Made().add(traffic(30, 60, change=invents)).feeds(), settings_of(), baselines=[baseline()])
    segments = {row["segment"] for row in ran.store.rows("minutes")}
    assert segments == {"", "channel=web", "channel=app", "channel=branch", "country=(other)"}


def test_a_change_in_one_channel_is_told_of_that_channel() -> None:
    alerts = {a.id: a for a in told(fresh(), range(300)) if a.opened_ns}
    drift = [a for a in alerts.values() if a.rule == "feature_drift"]
    assert [a.series.segment for a in drift] == ["channel=branch"]
    assert drift[0].summary.startswith("Drift of feature age on card 1, channel=branch: 1.")
    assert START_NS + 180 * MINUTE_NS < drift[0].first_seen_ns < START_NS + 240 * MINUTE_NS


def test_what_the_whole_model_has_told_its_segments_only_suspect() -> None:
    def older(row: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
        row["features"]["age"] += 15 * (row["ts"] > MONDAY + 3 * 3600)
        return with_country(row, rng)

    feeds = Made().add(traffic(300, 60, seed=3, change=older)).feeds()
    ran = run_line(feeds, settings_of(), baselines=[baseline()])
    drift = [a for a in ran.alerts.values() if a.rule == "feature_drift"]
    assert {(a.series.segment, a.level) for a in drift if not a.series.segment} == {("", "ticket")}
    parts = [a for a in drift if a.series.segment]
    assert parts
    assert all(a.level == "suspected" for a in parts if a.first_seen_ns >= min(x.opened_ns or 0 for x in drift))
    assert any("the whole model has an open alert of this rule" in t.reason for a in parts for t in a.transitions)


def test_all_levels_together_stay_within_the_budget() -> None:
    """Every pane, what the model and each of its segments may spend together is what a model alone may spend."""
    judge, alone = fresh(), Judge(small_settings(), RULES)
    told(judge, range(120))
    alone.know(Prepared(baseline()))
    whole = {m: {k: s for k, s in closes()[START_NS + m * MINUTE_NS].items() if not k.segment} for m in range(5)}
    for minute, summaries in whole.items():
        alone.close(START_NS + minute * MINUTE_NS, summaries)
    states = [judge.states["card", "1"], *judge._segments(("card", "1"))]
    assert len(states) == 4
    one = alone.states["card", "1"].purse
    assert sum(s.purse.every_pane(1).page for s in states) == pytest.approx(one.every_pane(1).page)
    assert sum(s.purse.judged(1, 12).page for s in states) == pytest.approx(one.judged(1, 12).page)
    assert sum(s.purse.weight for s in states) == pytest.approx(one.weight) == pytest.approx(1.0)


@pytest.mark.parametrize("written", [20, 60, 120, 200])
def test_a_judge_rebuilt_from_what_was_written_goes_on_the_same(written: int) -> None:
    going = fresh()
    told(going, range(written))
    profiles = going.turn(START_NS + written * MINUTE_NS)
    assert {p.segment for p in profiles} == {"", "channel=web", "channel=app", "channel=branch"}
    rebuilt = fresh()
    rebuilt.load([profile.state for profile in profiles], START_NS + (written - 1) * MINUTE_NS)
    later = told(going, range(written, 300))
    assert any(alert.series.segment for alert in later)
    assert told(rebuilt, range(written, 300)) == later
    assert [p.state for p in rebuilt.turn(0)] == [p.state for p in going.turn(0)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("segments = 'channel'", "array"),
        ("segments = ['a', 'b', 'c', 'd', 'e']", "5 names are too many; at most 4"),
        ("segments = ['channel=web']", "'channel=web' cannot be a segment's name"),
        ("segments = ['a', 'a']", "stands there twice"),
        ("segment = ['a']", "did you mean segments"),
    ],
)
def test_settings_that_cannot_work_are_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "mirqab.toml"
    file.write_text(f'[models."card-*"]\n{text}\n')
    with pytest.raises(SettingError, match=said):
        load_settings(file, {})


def test_segments_are_part_of_what_an_alert_was_judged_under() -> None:
    assert settings_of().judged_hash != replace(settings_of(), models={"card": ModelInfo()}).judged_hash


async def test_stored_time_judged_again_gives_the_same_alerts(tmp_path: Path) -> None:
    """As after a restart: closes and minutes of all segments come back from a real store."""
    settings = settings_of().replace("store", folder=str(tmp_path / "store"))
    store = ClickHouseStore(settings.store, wait=False)
    await store.connect()
    try:
        await migrate(store, settings)
        await store_baseline(store, baseline())
        told_then: list[Alert] = []
        line = Line(settings, RULES, store, clock=lambda: NOW_NS, told=told_then.append)
        await line.run(Made().add(traffic(300, 60, seed=3, change=branch_ages)).feeds(), [("inference", 0)])
        assert await judged_again(store, settings, RULES) == told_then
        assert any(alert.series.segment for alert in told_then)
        kept = await store.query(
            "SELECT DISTINCT segment FROM readings_now WHERE metric = 'feature.psi' ORDER BY segment"
        )
        assert [row["segment"] for row in kept] == ["", "channel=app", "channel=branch", "channel=web"]
        last = await store.query("SELECT DISTINCT segment FROM alerts_now WHERE level = 'ticket'")
        assert [row["segment"] for row in last] == ["channel=branch"]
    finally:
        await store.close()


async def test_profiles_of_two_versions_and_of_segments_stand_side_by_side() -> None:
    store = MemoryStore()
    profiles = [Profile("card", v, s, 7, b"{}") for v in ("1", "2") for s in ("", "channel=web")]
    await store.insert("profiles", profile_rows(profiles, 0, 1))
    assert len(store.rows("profiles")) == 4
