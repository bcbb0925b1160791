"""The log of attacks: repeatable, plain, with the truth beside it, in traffic of the kinds it promises."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from schemas.events import EventBatch, RawRecord, Source
from schemas.formats import Limits, json_lines
from tests.support.attack_log import MONDAY, SPEEDS, Campaign, Mix, diluted, make_log, quiet
from tests.support.attack_models import targets
from tests.support.benign import DAY, HOUR, SECOND, Rows, benign

CAMPAIGNS = (
    Campaign("zoo", "digits", "fast", 1, 0.0, 200, at=1.5),
    Campaign("extract_uniform", "cards", "slow", 20, 0.5, 400, at=1.5),
)
SMALL = Mix(days=4, events=2000)


@cache
def honest(model: str = "cards", days: int = 14) -> tuple[Rows, list[str]]:
    return benign(targets()[model], MONDAY, days, 20_000, 60, 3)


def of_kind(kind: str) -> list[Rows]:
    """One entry per client of the kind, in time order."""
    rows, kinds = honest()
    found = []
    for who in (i for i, each in enumerate(kinds) if each == kind):
        mine = np.flatnonzero(rows.who == who)
        mine = mine[np.argsort(rows.ts_ns[mine], kind="stable")]
        found.append(Rows(rows.ts_ns[mine], rows.who[mine], rows.features[mine]))
    return found


def test_equal_arguments_give_equal_logs_and_another_seed_does_not(tmp_path: Path) -> None:
    made = [
        make_log(Mix(days=4, events=2000, seed=seed), CAMPAIGNS).write(tmp_path / str(i))
        for i, seed in enumerate((0, 0, 1))
    ]
    first, again, other = (path.read_bytes() for path in made)
    assert first == again != other
    assert (tmp_path / "0/truth.json").read_bytes() == (tmp_path / "1/truth.json").read_bytes()


def test_the_log_is_plain_and_in_time_order_and_tells_no_answers(tmp_path: Path) -> None:
    lines = make_log(SMALL, CAMPAIGNS).write(tmp_path).read_bytes().splitlines()
    records = [json.loads(line) for line in lines]
    known = {"ts", "id", "principal", "model", "version", "features", "scores", "prediction"}
    assert all(set(record) == known for record in records)
    assert [r["ts"] for r in records] == sorted(r["ts"] for r in records)
    assert [r["id"] for r in records] == [str(i) for i in range(len(records))]
    batch: EventBatch = json_lines.decode(
        [RawRecord(i, line, MONDAY + 9 * DAY) for i, line in enumerate(lines)], Source("a", "b", 0), Limits()
    )
    assert len(batch) == len(lines)
    assert not batch.rejects


def test_the_truth_names_every_query_and_nobody_else(tmp_path: Path) -> None:
    log = make_log(SMALL, CAMPAIGNS)
    records = {r["id"]: r for r in map(json.loads, log.write(tmp_path).read_bytes().splitlines())}
    for number, (campaign, told) in enumerate(zip(CAMPAIGNS, log.truth.campaigns)):
        mine = [records[i] for i, name in log.truth.records.items() if name == f"c{number:02d}"]
        assert len(mine) == campaign.queries == told["queries"]
        assert {r["principal"] for r in mine} == set(told["principals"])
        assert len(told["principals"]) == campaign.accounts
        assert {r["model"] for r in mine} == {campaign.model}
        cover = [r for r in records.values() if r["principal"] in told["principals"] and r not in mine]
        assert len(cover) == campaign.cover * campaign.queries
        assert not set(told["principals"]) & set(log.truth.honest)


@pytest.mark.parametrize("speed", SPEEDS)
def test_a_campaign_takes_as_long_as_its_speed_says(speed: str) -> None:
    told = make_log(
        Mix(("cards",), events=500), [Campaign("extract_uniform", "cards", speed, queries=300)]
    ).truth.campaigns[0]
    assert told["end"] - told["start"] == pytest.approx(SPEEDS[speed] / SECOND, rel=0.05)
    assert told["times"] == sorted(told["times"])


def test_queries_stay_as_the_attacker_asked_them_and_answers_are_the_models() -> None:
    log = make_log(SMALL, CAMPAIGNS)
    target, rows, belongs = log.parts[1]
    assert target.name == "digits"
    mine = np.flatnonzero(belongs == 0)
    assert np.abs(np.diff(np.sort(rows.ts_ns[mine]))).min() >= 0
    assert (rows.features[mine] >= target.low).all()
    assert (rows.features[mine] <= target.high).all()


def test_working_hours_and_unequal_volumes() -> None:
    clients = of_kind("normal")
    ts_ns = np.concatenate([c.ts_ns for c in clients])
    hour, weekday = ts_ns // HOUR % 24, (ts_ns // DAY + 3) % 7
    assert ((hour >= 7) & (hour < 17)).mean() > 0.8
    assert np.isin(weekday, (4, 5)).mean() < 0.1
    sizes = sorted((len(c.ts_ns) for c in clients), reverse=True)
    assert sizes[0] == pytest.approx(10 * sizes[9], rel=0.1)


def test_some_clients_are_new_and_some_have_a_mix_of_their_own() -> None:
    clients = of_kind("normal")
    begins = [int(c.ts_ns[0] - MONDAY) // DAY for c in clients]
    assert sum(day >= 7 for day in begins) == len(clients) // 8
    model = targets()["cards"]
    own = [model.answer(c.features)[:, 1].mean() for c in clients[3::4]]
    usual = [model.answer(c.features)[:, 1].mean() for i, c in enumerate(clients) if i % 4 != 3 and len(c.ts_ns) > 100]
    assert np.std(own) > 2 * np.std(usual)


def test_batches_run_at_night_at_an_even_pace() -> None:
    for client in of_kind("batch"):
        assert (client.ts_ns // HOUR % 24 < 7).all()
        gaps = np.diff(client.ts_ns)
        assert len(np.unique(gaps[gaps < HOUR])) == 1
        assert len(np.unique(client.ts_ns // DAY)) == 14


def test_a_backfill_is_one_burst() -> None:
    for client in of_kind("backfill"):
        assert np.ptp(client.ts_ns) < HOUR


def test_a_what_if_officer_moves_one_field_of_one_case() -> None:
    for client in of_kind("whatif"):
        changed = (np.diff(client.features, axis=0) != 0).sum(axis=1)
        assert (changed <= 1).mean() > 0.8


def test_a_third_of_the_retries_is_sent_again_unchanged() -> None:
    for client in of_kind("retry"):
        distinct = len(np.unique(client.features, axis=0))
        assert 0.45 < distinct / len(client.ts_ns) < 0.8


def test_a_load_test_sends_twelve_records_over_and_over() -> None:
    for client in of_kind("loadtest"):
        assert len(np.unique(client.features, axis=0)) == 12
        assert np.median(np.diff(client.ts_ns)) < SECOND


def test_qa_goes_beyond_the_usual_ranges_and_others_hardly_do() -> None:
    high = targets()["cards"].high
    beyond = {
        kind: np.mean([(c.features > high).any(axis=1).mean() for c in of_kind(kind)]) for kind in ("qa", "normal")
    }
    assert beyond["qa"] > 0.3 > 0.05 > beyond["normal"]


def test_a_diluted_attack_is_one_in_a_hundred() -> None:
    log = diluted(Campaign("extract_uniform", "cards", queries=100))
    assert len(log) == pytest.approx(101 * 100, rel=0.02)
    assert sum((belongs == 0).sum() for _, _, belongs in log.parts) == 100


def test_quiet_weeks_hold_no_attack_and_are_as_many_as_asked(tmp_path: Path) -> None:
    log = quiet(6, events=500)
    assert log.truth.campaigns == []
    assert {target.name for target, _, _ in log.parts} == {"cards", "digits"}
    for _, rows, _ in log.parts:
        assert np.ptp(rows.ts_ns) / DAY == pytest.approx(21, abs=1.5)
    log.write(tmp_path)
    assert log.truth.records == {}
