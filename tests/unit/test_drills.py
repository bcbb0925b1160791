"""Drills: every kind changes a shadow and nothing else; what sees it is told; a monitor that is broken is named."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import numpy as np
import pytest

from monitors.drills import INTRUDER, STRENGTHS, Record, Shadow, all_kinds
from monitors.drills.lost import Past
from monitors.drills.surrogate import Surrogate
from monitors.written import written_of
from schemas.alerts import FAMILIES
from schemas.errors import BaselineError
from schemas.incidents import Incident
from schemas.settings import Settings
from streams import blindness, drilled
from streams.blindness import Blindness
from streams.drilling import drill
from streams.drillround import drill_model
from streams.known import store_baseline
from streams.onefile import feeds
from streams.pipeline import Line
from streams.ruleset import read_rules
from streams.shadowing import case_of
from streams.sinks.clickhouse import ClickHouseStore
from tests.support.weeks import ASSIGN, MONDAY, learnt, log_of, observe, opened, records

SETTINGS = Settings().replace("judge", model_slots=1)
RULES = read_rules(SETTINGS)
# What only makes a day of history slower, the watch on attacks, is left out.
PLAIN = SETTINGS.replace("line", max_queries=0)


def made(count: int, seed: int) -> list[Record]:
    """Two hours of traffic with failures never, labels always."""
    return [{**r, "status": "200", "label_source": "desk"} for r in records(MONDAY, count, seed, span=7200)]


@pytest.fixture(scope="module")
def shadow() -> Shadow:
    rows = [{**r, "prediction": str(r["prediction"]), "label": str(r["label"])} for r in made(1200, 3)]
    return Shadow(rows, float(rows[600]["ts"]), Surrogate(rows), float(rows[600]["ts"]) - 30 * 3600)


@pytest.mark.parametrize("kind", all_kinds().values(), ids=all_kinds())
def test_a_kind_changes_the_second_half_only_more_if_stronger_and_the_same_again(
    kind: ModuleType, shadow: Shadow
) -> None:
    assert set(kind.FAMILIES) <= set(FAMILIES)
    assert kind.MEANING
    assert kind.NEEDS
    assert kind.METRICS
    assert {rule.family for rule in RULES if rule.metric.startswith(kind.METRICS)} & set(kind.FAMILIES)
    assert "\n" not in kind.MEANING + kind.NEEDS
    before = [dict(r) for r in shadow.records]
    sizes = []
    for strength in range(len(STRENGTHS)):
        found = kind.inject(shadow, strength, np.random.default_rng(1))
        assert found == kind.inject(shadow, strength, np.random.default_rng(1))
        assert [r for r in found if r["ts"] < shadow.start] == [r for r in shadow.records if r["ts"] < shadow.start]
        assert [r["ts"] for r in found] == sorted(r["ts"] for r in found)
        own = {id(r) for r in shadow.records}
        mine = [r for r in found if r["model"] == "loans"]
        sizes.append(sum(id(r) not in own for r in mine) + max(0, len(shadow.records) - len(mine)))
    assert sizes == sorted(sizes)
    assert sizes[0] > 0
    assert [dict(r) for r in shadow.records] == before


@pytest.mark.parametrize("kind", all_kinds().values(), ids=all_kinds())
def test_a_kind_says_that_there_is_nothing_it_could_change_or_changes_it(kind: ModuleType) -> None:
    """Traffic of categories alone, without labels: no kind may fail."""
    rows = [
        {"ts": float(i), "model": "m", "prediction": str(i % 2), "features": {"a": "xy"[i % 2]}} for i in range(800)
    ]
    bare = Shadow(rows, 400.0, Surrogate(rows), 0.0)
    found = kind.inject(bare, 2, np.random.default_rng(1))
    assert found is None or len(found) > 0


def test_a_surrogate_says_how_faithful_it_is() -> None:
    rows = made(2000, 4)
    assert Surrogate(rows).fidelity > 0.97
    rng = np.random.default_rng(1)
    assert Surrogate([{**r, "prediction": int(rng.integers(2))} for r in rows]).fidelity < 0.6
    with pytest.raises(ValueError, match="needs 300"):
        Surrogate(rows[:100])
    with pytest.raises(ValueError, match="one answer only"):
        Surrogate([{**r, "prediction": 1} for r in rows])


def test_a_surrogate_that_always_says_no_is_right_and_refused_and_earlier_cases_teach_it() -> None:
    """One case in twenty is a yes: nothing but "no" is right 95 times of 100."""
    rng = np.random.default_rng(3)

    def cases(n: int, known: bool) -> list[dict[str, Any]]:
        found = []
        for i in range(n):
            x = float(rng.uniform())
            features = {"x": x} if known else {"x": float(rng.uniform())}
            answer = "yes" if x > 0.95 else "no"
            found.append({"ts": float(i), "model": "m", "prediction": answer, "features": features})
        return found

    blind = Surrogate(cases(2000, known=False))
    assert blind.fidelity > 0.9
    assert blind.balanced < 0.6
    assert "it does not know when the rare ones are taken" in blind.unfaithful
    few = [case for case in cases(2000, known=True) if case["prediction"] == "no"][:1000]
    some = [*few, *[case for case in cases(400, known=True) if case["prediction"] == "yes"][:4]]
    earlier = [case for case in cases(4000, known=True) if case["prediction"] == "yes"]
    taught = Surrogate(some, earlier)
    assert (taught.unfaithful, taught.balanced > 0.95) == ("", True)
    # What is said of the traffic is of the traffic alone.
    assert taught.fidelity > 0.98


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[ClickHouseStore]:
    base = log_of(tmp_path / "base.jsonl", records(MONDAY - 40_000, 2000, 1, span=36_000))
    log = log_of(tmp_path / "log.jsonl", made(1200, 2))
    async with opened(tmp_path / "store") as store:
        await observe(store, [base, log], learnt(base))
        yield store


async def test_a_lost_feed_is_seen_and_a_broken_monitor_is_a_ticket_until_it_sees_again(
    store: ClickHouseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await case_of(store, SETTINGS, RULES, "loans", 1200)
    found = await drill(SETTINGS, RULES, case, ["fault_missing"], {})
    strong = found[-1]
    assert [each.strength for each in found] == list(STRENGTHS)
    assert (strong.level in ("ticket", "page"), "feature_missing" in strong.rules, strong.lost) == (True, True, 0)
    assert strong.seconds is not None
    assert 0 < strong.seconds <= 3600
    assert strong.records is not None
    assert 0 < strong.records <= strong.injected
    await drilled.keep(store, SETTINGS, RULES, found, 1000)
    # The monitors that saw it now ask for an effect that no share can have.
    deaf = tuple(
        msgspec.structs.replace(rule, min_effect=9.0) if rule.family in ("fault", "drift") else rule for rule in RULES
    )
    again = await drill(SETTINGS, deaf, case, ["fault_missing"], await drilled.before(store, "loans"))
    assert (again[-1].level, again[-1].lost) == ("", 1)
    await drilled.keep(store, SETTINGS, deaf, again, 2000)
    assert (await drilled.before(store, "loans"))["fault_missing", "strong"] == [Past("", True), Past("page", False)]
    # Nothing of it is anywhere else.
    empty = dict.fromkeys(("alerts", "incidents", "deliveries", "rejects", "minutes", "readings", "error_rates"), 0)
    for table, count in {"events": 3200, "baselines": 1, **empty}.items():
        assert (await store.query(f"SELECT count() AS n FROM {table}_now"))[0]["n"] == count, table
    (row,) = await store.query("SELECT count() AS n FROM events_now WHERE principal = {who:String}", {"who": INTRUDER})
    assert row["n"] == 0
    # Whoever is on duty is told once, and told when it is over.
    told: list[Incident] = []

    async def take(incidents: list[Incident]) -> None:
        told.extend(incidents)

    async def no_lags(settings: Settings) -> dict[tuple[str, int], tuple[int, int]]:
        return {}

    monkeypatch.setattr(blindness, "lags", no_lags)
    look = Blindness(SETTINGS, store, lambda: 5000 + len(told), take, lambda why: None).look
    await look()
    await look()
    await drilled.keep(store, SETTINGS, RULES, found, 4000)
    await look()
    assert [(i.rule, i.family, i.level, i.state, i.model) for i in told] == [
        ("drill_lost", "blindness", "ticket", state, "loans") for state in ("open", "resolved")
    ]
    assert re.search("loans: .*strong fault_missing, which .*feature_missing.* saw", told[0].title)


async def test_a_model_that_cannot_be_drilled_is_told_why(store: ClickHouseStore, tmp_path: Path) -> None:
    """No baseline, 8 rows, answers that do not follow from the inputs, inputs that are texts."""
    logs = {
        "few": [{**r, "model": "few"} for r in made(8, 5)],
        "coin": [{**r, "model": "coin", "prediction": int(i * 7919 % 31 < 15)} for i, r in enumerate(made(800, 6))],
        "texts": [{**r, "model": "texts", "features": {}, "prompt": "How are you?"} for r in made(800, 7)],
    }
    (like,) = learnt(log_of(tmp_path / "like.jsonl", records(MONDAY - 40_000, 2000, 1, span=36_000)))
    same = [msgspec.structs.replace(like, model=model) for model in logs]
    await observe(store, [log_of(tmp_path / "logs.jsonl", *logs.values())], same)
    for model, why in {
        "nobody": "there is no baseline",
        "few": "8 events of version 1 are stored; a drill needs 600",
        "coin": "the surrogate gives .* of the logged answers, less than 90%",
        "texts": "0 answers with features are stored; a surrogate needs 300",
    }.items():
        with pytest.raises(BaselineError, match=f"{model}: {why}"):
            await case_of(store, SETTINGS, RULES, model, 1000)
    found = await drill_model(store, SETTINGS, RULES, "few", ["silence"], 1)
    assert {(each.level, each.untried) for each in found} == {
        ("", "few: 8 events of version 1 are stored; a drill needs 600")
    }


async def test_alerts_that_come_without_the_drill_hide_it_and_are_no_loss(store: ClickHouseStore) -> None:
    case = await case_of(store, SETTINGS, RULES, "loans", 1200)
    earlier = replace(case.shadow, start=case.shadow.start - 3000)
    troubled = all_kinds()["fault_missing"].inject(earlier, 2, np.random.default_rng(1))
    case = replace(case, shadow=replace(case.shadow, records=troubled))
    weak, *_ = await drill(SETTINGS, RULES, case, ["fault_missing"], {("fault_missing", "weak"): [Past("page", False)]})
    assert (weak.level, weak.lost) == ("", 0)
    assert "feature_missing" in weak.untried


@pytest.fixture
async def judged(tmp_path: Path) -> AsyncIterator[ClickHouseStore]:
    """A day and a half of one model judged by the whole line into a store, as a worker does."""
    folder = tmp_path
    base = log_of(folder / "base.jsonl", records(MONDAY - 40_000, 2000, 1, span=36_000))
    log = log_of(folder / "log.jsonl", records(MONDAY, 1500, 2, span=34 * 3600))
    async with opened(folder / "store") as store:
        now_ns = (MONDAY + 34 * 3600) * 1_000_000_000
        line = Line(PLAIN.replace("kafka", partitions=1), RULES, store, clock=lambda: now_ns)
        for baseline in learnt(base):
            line.baselines.add(baseline)
            await store_baseline(store, baseline)
        await line.run(feeds([log], ASSIGN, 512), [("log", 0)])
        yield store


async def test_a_judge_with_its_history_sees_silence_and_one_without_says_what_it_needs(
    judged: ClickHouseStore,
) -> None:
    case = await case_of(judged, PLAIN, RULES, "loans", 650)
    assert len(case.history) == 1
    *_, strong = await drill(PLAIN, RULES, case, ["silence"], {})
    assert (strong.level, strong.rules[:1]) == ("page", ("model_silent",))
    assert strong.seconds is not None
    assert strong.seconds < 3600
    fresh = replace(case, history=(), shadow=replace(case.shadow, known=case.shadow.records[0]["ts"]))
    assert {each.untried for each in await drill(PLAIN, RULES, fresh, ["silence"], {})} == {
        "it needs a day and an hour of the model's past before it begins"
    }
    # The state made from the last profile is the one that all minutes give.
    (profiles,) = await judged.query("SELECT count() AS n FROM profiles_now")
    assert profiles["n"] >= 5
    await judged.query("DELETE FROM profiles WHERE at_ns > 0")
    whole = await case_of(judged, PLAIN, RULES, "loans", 650)
    one, other = (written_of(each.history[0]) for each in (case, whole))
    assert (one.activity, one.usual, one.held) == (other.activity, other.usual, other.held)
