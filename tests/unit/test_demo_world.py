"""The demo's world: deterministic, cut anywhere, alive by day, and in the trouble that its scenes announce."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from itertools import pairwise
from statistics import mean
from typing import Any

import msgspec
import numpy as np
import pytest

from schemas.events import MINUTE_NS
from streams.commands.demo import few_days
from streams.demo.clock import DAY_NS, HOUR_NS, Clock, last_opening
from streams.demo.messages import Announcement
from streams.demo.play import page_of
from streams.demo.principals import principals
from streams.demo.rebuilding import PROBES, STEPS, rebuild
from streams.demo.scenes import all_scenes, stage
from streams.demo.theft import copied, steal
from streams.demo.world import World

TUESDAY_NOON = 1_795_510_800_000_000_000  # 2026-11-24 12:00 in the bank's zone
LIVE = last_opening(TUESDAY_NOON)
SCENES = {scene.name: scene for scene in all_scenes()}


@lru_cache
def world() -> World:
    return World(7)


def during(name: str, *, calm: bool = False) -> list[dict[str, Any]]:
    """The records of a scene's model while it plays, with or without it."""
    scene = SCENES[name]
    start, end = (int(LIVE + m * MINUTE_NS) for m in (scene.start_minute, scene.start_minute + scene.minutes))
    return [r for _, r in world().records(start, end, () if calm else stage(LIVE)) if r["model"] == scene.model]


def test_equal_seeds_give_equal_records_and_others_do_not() -> None:
    span = (LIVE, LIVE + 10 * MINUTE_NS, stage(LIVE))
    assert list(World(7).records(*span)) == list(world().records(*span))
    assert list(World(8).records(*span)) != list(world().records(*span))


def test_records_come_in_time_order_and_do_not_depend_on_the_cut() -> None:
    whole = list(world().records(LIVE, LIVE + HOUR_NS, stage(LIVE)))
    parts = [
        row
        for start in range(LIVE, LIVE + HOUR_NS, 7 * MINUTE_NS)
        for row in world().records(start, min(start + 7 * MINUTE_NS, LIVE + HOUR_NS), stage(LIVE))
    ]
    assert parts == whole
    assert [ts for ts, _ in whole] == sorted(ts for ts, _ in whole)


def test_a_record_is_a_plain_log_record() -> None:
    for model in world().models.values():
        _, record = next(row for row in world().records(LIVE, LIVE + HOUR_NS) if row[1]["model"] == model.name)
        assert set(record["features"]) == set(model.features)
        assert {"ts", "version", "principal", "id", "status", "latency_ms", "source_ip", "prediction"} <= set(record)
        assert ("scores" in record) != ("score" in record)
        assert msgspec.json.decode(msgspec.json.encode(record)) == record


def test_ids_are_unique() -> None:
    ids = [record["id"] for _, record in world().records(LIVE, LIVE + HOUR_NS, stage(LIVE))]
    assert len(set(ids)) == len(ids)


def test_a_working_morning_fills_panes_and_a_weekend_night_does_not() -> None:
    def a_minute(start: int) -> dict[str, float]:
        seen = Counter(record["model"] for _, record in world().records(start, start + HOUR_NS))
        return {model: count / 60 for model, count in seen.items()}

    morning, friday_night = a_minute(LIVE), a_minute(LIVE - 3 * DAY_NS - 6 * HOUR_NS)
    assert morning["card-payments"] >= 20
    assert morning["phishing-sites"] >= 20
    assert sum(friday_night.values()) < 0.3 * sum(morning.values())


def test_the_models_are_worth_watching() -> None:
    rows = [record for _, record in world().records(LIVE, LIVE + 2 * HOUR_NS)]
    for model, usual in (("card-payments", "approve"), ("phishing-sites", "legitimate")):
        share = mean(r["prediction"] == usual for r in rows if r["model"] == model and r["status"] == "ok")
        assert 0.5 < share < 0.999
    assert len({r["prediction"] for r in rows if "scores" in r}) == 10


def test_about_sixty_clients_each_with_an_address() -> None:
    everyone = principals()
    assert 50 <= len(everyone) <= 70
    assert len({p.ip for p in everyone}) == len({p.name for p in everyone}) == len(everyone)


def test_scenes_come_one_after_another_within_two_hours() -> None:
    scenes = all_scenes()
    assert scenes[0].start_minute == 15
    for before, after in pairwise(scenes):
        assert before.start_minute + before.minutes <= after.start_minute
    assert scenes[-1].start_minute + scenes[-1].minutes <= 120
    assert all(scene.model in world().models and scene.say for scene in scenes)


def test_currency_shift_moves_the_amounts() -> None:
    calm, shifted = (mean(r["features"]["amount"] for r in during("currency-shift", calm=c)) for c in (True, False))
    assert shifted == pytest.approx(3.64 * calm, rel=0.01)


def test_silent_release_moves_scores_under_the_old_version() -> None:
    calm, after = during("silent-release", calm=True), during("silent-release")
    assert {r["version"] for r in calm} == {r["version"] for r in after}
    assert mean(r["score"] for r in after if "score" in r) > mean(r["score"] for r in calm if "score" in r) + 0.1


def test_lost_feature_is_null_in_two_of_three() -> None:
    assert mean(r["features"]["days_since_last"] is None for r in during("lost-feature")) == pytest.approx(
        2 / 3, abs=0.1
    )
    assert all(r["features"]["days_since_last"] is not None for r in during("lost-feature", calm=True))


def test_silent_client_sends_nothing() -> None:
    name = SCENES["silent-client"].principal
    assert sum(r["principal"] == name for r in during("silent-client", calm=True)) > 30
    assert not any(r["principal"] == name for r in during("silent-client"))


def test_slow_answers_take_longer() -> None:
    calm, slow = (mean(r["latency_ms"] for r in during("slow-answers", calm=c)) for c in (True, False))
    assert slow > 2 * calm


def test_boundary_attack_follows_the_answers_to_the_boundary() -> None:
    attack = [r for r in during("boundary-attack") if r["principal"] == "kiosk-07" and "scores" in r]
    assert 1300 < len(attack) < 1500

    def margin(record: dict[str, Any]) -> float:
        best, second = sorted(record["scores"], reverse=True)[:2]
        return float(best - second)

    calm = [r for r in during("boundary-attack", calm=True) if "scores" in r]
    assert mean(margin(r) for r in attack) < 0.5 * mean(margin(r) for r in calm)


def test_live_starts_on_a_working_morning_at_least_three_hours_ago() -> None:
    for hours in range(0, 14 * 24, 5):
        now = TUESDAY_NOON + hours * HOUR_NS
        start = last_opening(now)
        assert 3 * HOUR_NS <= now - start <= 75 * HOUR_NS
        local_days, local_ns = divmod(start + 3 * HOUR_NS, DAY_NS)
        assert local_ns == 9 * HOUR_NS
        assert (local_days + 3) % 7 not in (4, 5)


def test_the_clock_runs_fast_and_never_overtakes_the_wall() -> None:
    wall = [1000 * MINUTE_NS]
    clock = Clock(0, speed=1.0, wall=lambda: wall[0])
    assert clock.now_ns() == 0
    wall[0] += MINUTE_NS
    assert clock.now_ns() == 0
    clock.go()
    wall[0] += 10 * 1_000_000_000
    assert clock.now_ns() == 10 * MINUTE_NS
    wall[0] += 100 * MINUTE_NS
    assert clock.now_ns() == wall[0]


def test_the_stolen_scorer_is_copied_by_what_was_asked() -> None:
    """The attack is a real one: a copy made of its queries says mostly what the model says of ordinary payments."""
    model = world().models["card-payments"]
    rng = np.random.default_rng(3)
    asked = steal(model, rng, 800)
    assert len(asked) == 800
    copy = copied(asked, model.answer(asked).argmax(axis=1).astype(np.float64))
    payments = model.draw(rng, np.zeros(2000))
    same = copy.predict(np.nan_to_num(payments, nan=-1.0)) == model.answer(payments).argmax(axis=1)
    assert same.mean() > 0.8
    name = SCENES["stolen-model"].principal
    assert sum(r["principal"] == name for r in during("stolen-model")) >= 800


def test_the_rebuilt_digits_end_where_the_model_is_sure() -> None:
    model = world().models["cheque-digit-reader"]
    images = rebuild(model, np.random.default_rng(3), 1000)
    length = 2 * PROBES * STEPS + 1
    ends = images[length - 1 :: length]
    sure = [model.answer(image[None])[0, wanted] for wanted, image in enumerate(ends)]
    assert len(sure) == 2
    assert min(sure) > 0.9


def test_few_days_of_history_are_said_to_hide_what_they_hide() -> None:
    said = few_days(3)
    assert "of what breaks silent release and silent client are told late or not at all; --days 7 shows all" in said
    assert "less than a day" not in said
    assert "less than a day" in few_days(0.2)
    assert SCENES["silent-client"].told(3).endswith("(3 days of history; 7 are needed)")
    assert all(scene.told(7) == scene.say for scene in SCENES.values())


def test_what_was_broken_is_told_with_its_page() -> None:
    pages = {name: page_of(Announcement(name, s.model, s.say, s.principal), "http://x/") for name, s in SCENES.items()}
    assert pages["currency-shift"] == "http://x/model?name=card-payments"
    assert pages["stolen-model"] == "http://x/principal?name=partner-fintech"
    assert pages["silent-client"] == "http://x/principal?name=pos-acquirer-north"
