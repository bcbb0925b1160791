"""Silence: nights and weekends are none, a client that never paused and stops is one, and its return ends it."""

from __future__ import annotations

import numpy as np

from monitors.activity import Activity
from monitors.judge import Judge
from monitors.week import MONDAY_NS, WEEK_NS
from schemas.alerts import RESOLVED
from schemas.events import MINUTE_NS
from schemas.summaries import SummaryKey
from tests.support.traffic import RULES, minute_of, small_settings

START = MONDAY_NS + 2800 * WEEK_NS
DAY = 24 * 60


def silences(heard: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> list[tuple[str, str, float]]:
    """(rule, level, minute since the start) of every transition, for so many events in each minute."""
    judge, told = Judge(small_settings(), RULES), []
    for i, n in enumerate(heard.tolist()):
        minute = START + i * MINUTE_NS
        made = {SummaryKey("m", "1", "", minute, ""): minute_of(np.random.default_rng(i), n)} if n else {}
        if n or i % 5 == 4:
            for alert in judge.close(minute, made).alerts:
                at = alert.transitions[-1].at_ns
                told.append((alert.rule, alert.transitions[-1].level, (at - START) / MINUTE_NS))
    return [each for each in told if "silent" in each[0]]


def poisson(days: int, per_minute: float, seed: int = 0) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.random.default_rng(seed).poisson(per_minute, days * DAY).astype(np.int64)


def test_nights_and_weekends_are_no_silence() -> None:
    heard = poisson(15, 0.4)
    minute = np.arange(len(heard))
    heard[(minute % DAY < 8 * 60) | (minute % DAY >= 18 * 60)] = 0
    heard[minute // DAY % 7 >= 5] = 0
    assert silences(heard) == []


def test_a_first_weekend_is_no_silence_to_whoever_sleeps_at_night() -> None:
    heard = poisson(7, 0.5)
    heard[np.arange(len(heard)) % DAY < 6 * 60] = 0
    heard[5 * DAY :] = 0
    assert silences(heard) == []


def test_traffic_that_never_stops_is_never_silent() -> None:
    assert silences(poisson(15, 0.3)) == []


def test_one_who_never_paused_and_stops_is_told_and_its_return_ends_it() -> None:
    for stopped in (3 * DAY, 10 * DAY):
        heard = poisson(stopped // DAY + 2, 0.5, seed=2)
        heard[stopped : stopped + DAY] = 0
        told = silences(heard)
        assert {rule for rule, _, _ in told} == {"model_silent"}, "its only client's silence is the model's"
        first = min(at for _, _, at in told)
        assert stopped < first <= stopped + 240
        ends = [at for _, level, at in told if level == RESOLVED]
        assert ends
        assert all(stopped + DAY <= at <= stopped + DAY + 20 for at in ends)


def test_a_silence_lasts_into_hours_in_which_it_would_surprise_nobody() -> None:
    """By day five events a minute, by night three an hour; it stops at three in the afternoon, until noon."""
    heard = poisson(10, 5.0)
    minute = np.arange(len(heard))
    night = (minute % DAY < 8 * 60) | (minute % DAY >= 18 * 60)
    heard[night] = minute[night] % 20 == 0
    stopped = 8 * DAY + 15 * 60
    heard[stopped : stopped + 21 * 60] = 0
    told = silences(heard)
    assert told[0] == ("model_silent", "page", stopped + 5)
    assert [at for _, level, at in told if level == RESOLVED] == [stopped + 21 * 60 + 5]


def test_a_week_after_a_week_it_is_still_watched() -> None:
    """The same hour a week ago must be remembered, or its absence reads as a night."""
    heard = poisson(22, 0.5, seed=3)
    heard[20 * DAY + 300 :] = 0
    assert silences(heard)


def test_hours_kept_are_bounded() -> None:
    activity = Activity()
    for hour in range(5000):
        activity.add(hour, 1, 0)
    assert len(activity.hours) < 175


def test_pauses_between_bursts_are_no_silence() -> None:
    """Batch jobs: hundreds of events within minutes, then nothing, at times that are not the same every day."""
    rng = np.random.default_rng(5)
    heard = np.zeros(21 * DAY, dtype=np.int64)
    for hour in range(21 * 24):
        for burst in rng.integers(0, 60, 2):
            heard[hour * 60 + burst] = 40
    assert silences(heard) == []


def test_a_burst_that_never_comes_again_is_told() -> None:
    rng = np.random.default_rng(6)
    heard = np.zeros(12 * DAY, dtype=np.int64)
    for hour in range(10 * 24):
        heard[hour * 60 + rng.integers(0, 60, 6)] = 40
    told = silences(heard)
    assert told
    assert min(at for _, _, at in told) > 10 * DAY


def test_a_busy_stream_without_pauses_is_told_within_two_panes() -> None:
    heard = poisson(9, 200.0)
    heard[8 * DAY :] = 0
    assert min(at for _, _, at in silences(heard)) <= 8 * DAY + 10


def test_what_it_remembers_survives_being_written() -> None:
    activity = Activity()
    for minute in (3, 4, 9, 70, 400):
        activity.heard(minute * MINUTE_NS)
        activity.add(minute // 60, 5, 0)
    again = Activity.load(activity.dump())
    assert again == activity
    assert again.pauses == {0: (4, 1), 1: (60, 1), 6: (329, 1)}
