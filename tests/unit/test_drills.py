"""Drills: every kind changes a shadow and nothing else; what sees it is told; a monitor that is broken is named."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType

import msgspec
import numpy as np
import pytest

from monitors.drills import INTRUDER, STRENGTHS, Record, Shadow, all_kinds
from monitors.drills.surrogate import Surrogate
from schemas.alerts import FAMILIES
from schemas.errors import BaselineError
from schemas.settings import Settings
from streams import drilling
from streams.ruleset import read_rules
from streams.sinks.clickhouse import ClickHouseStore
from tests.support.weeks import MONDAY, learnt, log_of, observe, opened, records

SETTINGS = Settings().replace("judge", model_slots=1)
RULES = read_rules(SETTINGS)


def made(count: int, seed: int) -> list[Record]:
    """Two hours of traffic with failures never, labels always."""
    return [{**r, "status": "200", "label_source": "desk"} for r in records(MONDAY, count, seed, span=7200)]


@pytest.fixture(scope="module")
def shadow() -> Shadow:
    rows = [{**r, "prediction": str(r["prediction"]), "label": str(r["label"])} for r in made(1200, 3)]
    return Shadow(rows, float(rows[600]["ts"]), Surrogate(rows))


@pytest.mark.parametrize("kind", all_kinds().values(), ids=all_kinds())
def test_a_kind_changes_the_second_half_only_more_if_stronger_and_the_same_again(
    kind: ModuleType, shadow: Shadow
) -> None:
    assert set(kind.FAMILIES) <= set(FAMILIES)
    assert kind.MEANING
    assert "\n" not in kind.MEANING
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
    bare = Shadow(rows, 400.0, Surrogate(rows))
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


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[ClickHouseStore]:
    base = log_of(tmp_path / "base.jsonl", records(MONDAY - 40_000, 2000, 1, span=36_000))
    log = log_of(tmp_path / "log.jsonl", made(1200, 2))
    async with opened(tmp_path / "store") as store:
        await observe(store, [base, log], learnt(base))
        yield store


async def test_a_lost_feed_is_seen_and_a_broken_monitor_is_named(store: ClickHouseStore) -> None:
    shadow, baseline = await drilling.shadow_of(store, "loans", 1200)
    found = await drilling.drill(SETTINGS, RULES, shadow, baseline, "fault_missing", {})
    strong = found[-1]
    assert [each.strength for each in found] == list(STRENGTHS)
    assert (strong.level in ("ticket", "page"), "feature_missing" in strong.rules, strong.lost) == (True, True, 0)
    assert strong.seconds is not None
    assert 0 < strong.seconds <= 3600
    assert strong.records is not None
    assert 0 < strong.records <= strong.injected
    await drilling.keep(store, SETTINGS, RULES, found, 1000)
    # The monitors that saw it now ask for an effect that no share can have.
    deaf = tuple(
        msgspec.structs.replace(rule, min_effect=9.0) if rule.family in ("fault", "drift") else rule for rule in RULES
    )
    before = await drilling.before(store, "loans")
    again = await drilling.drill(SETTINGS, deaf, shadow, baseline, "fault_missing", before)
    assert (again[-1].level, again[-1].lost) == ("", 1)
    # Nothing of it is anywhere else.
    for table, count in (("events", 3200), ("baselines", 1), ("alerts", 0), ("incidents", 0), ("rejects", 0)):
        assert (await store.query(f"SELECT count() AS n FROM {table}_now"))[0]["n"] == count, table
    (row,) = await store.query("SELECT count() AS n FROM events_now WHERE principal = {who:String}", {"who": INTRUDER})
    assert row["n"] == 0


async def test_a_model_without_a_baseline_is_not_drilled(store: ClickHouseStore) -> None:
    assert await drilling.models(store) == ["loans"]
    with pytest.raises(BaselineError, match="no baseline"):
        await drilling.shadow_of(store, "nobody", 1000)
