"""The score of a series: in range, in order, without looking ahead, and quiet where nothing happens."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.series.bar import Bar
from monitors.series.novelty import Novelty
from monitors.series.scorer import DETECTION, SeriesScorer


def scores(values: object) -> list[float]:
    scorer = SeriesScorer()
    return [scorer.update(float(value)) for value in np.asarray(values, dtype=float)]


def wave(rows: int, seed: int = 0) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.sin(np.arange(rows) / 48 * 2 * np.pi) + np.random.default_rng(seed).normal(0, 0.1, rows)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=120))
def test_any_finite_numbers_are_scored_from_0_to_1(values: list[float]) -> None:
    assert all(0.0 <= score <= 1.0 for score in scores(values))


@pytest.mark.parametrize("rows", [0, 1, 8, 37, 500])
def test_what_comes_later_changes_nothing(rows: int) -> None:
    known = wave(rows)
    assert scores(np.append(known, [1e9, -1e9] * 20))[:rows] == scores(known)


def test_two_scorers_do_not_know_each_other() -> None:
    one, other = SeriesScorer(), SeriesScorer()
    mixed = [(one.update(float(value)), other.update(0.0))[0] for value in wave(300)]
    assert mixed == scores(wave(300))


def test_a_spike_a_shift_and_a_line_that_goes_flat_are_detected_and_hardly_repeated() -> None:
    spike, shift, flat = wave(2000), wave(2000), wave(2000)
    spike[1500] += 5
    shift[1500:] += 3
    flat[1500:] = flat[1500]
    for values in (spike, shift, flat):
        detected = [i for i, score in enumerate(scores(values)) if score >= DETECTION and i >= 300]
        assert 1 <= len(detected) <= 3
        assert 1500 <= detected[0] < 1600


def test_nothing_happens_in_a_constant_or_exactly_periodic_series() -> None:
    assert max(scores([0.1] * 1000)) == 0.0
    assert max(scores([0.1, 0.2, 0.3, 0.7] * 250)[20:]) < DETECTION


def test_the_unit_of_the_value_does_not_matter() -> None:
    assert scores(wave(600) * 1024) == scores(wave(600))


def test_one_huge_value_does_not_blind() -> None:
    values = wave(1500)
    values[500] = 1.7e308
    values[1400] += 5
    said = scores(values)
    assert said[500] >= DETECTION
    assert said[1400] >= DETECTION


def test_what_happens_every_day_is_detected_ever_less() -> None:
    values = wave(4800)
    values[np.arange(200, 4800, 200)] += np.random.default_rng(4).uniform(2, 6, 23)
    detected = np.flatnonzero(np.array(scores(values)) >= DETECTION)
    assert np.isin(detected[detected > 300], np.arange(200, 4800, 200)).all()
    assert (detected > 2400).sum() < (detected <= 2400).sum() < 12


def test_the_bar_rises_rests_and_is_forgotten() -> None:
    bar = Bar(base=1.0, step=0.5, forget=1.0, memory=20, pause=1.0, longest=5)
    passed = [bar.passes(rarity) for rarity in [0.9] * 10 + [1.0] + [9.0] * 5]
    assert passed == [False] * 10 + [True] + [False] * 4 + [True]
    assert bar.height > 1.5
    assert not any(bar.passes(0.0) for _ in range(500))
    assert bar.height < 1.001


def test_memory_stays_bounded() -> None:
    novelty = Novelty(scale=1, blocks=4, history=50)
    value = np.arange(4.0)
    sizes = set()
    for i in range(500):
        novelty.update(value + i)
        sizes.add(novelty._past.nbytes)
    assert len(sizes) == 1


def test_what_is_older_than_the_history_is_new_again() -> None:
    novelty = Novelty(scale=1, blocks=1, neighbours=1, history=10)
    said = [novelty.update(np.array([value])) for value in [9.0] + [1.0] * 9 + [9.0] + [1.0] * 20 + [9.0]]
    assert said[10] == 0.0
    assert said[-1] is not None
    assert math.isclose(said[-1], 8.0)
