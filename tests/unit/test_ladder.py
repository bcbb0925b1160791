"""A ladder says of every number what a search in its feature's steps says, and a scale what interpolation says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from monitors import ladder
from monitors.ladder import Ladder, below
from monitors.scale import LARGEST, Scale, scaled
from schemas.events import Floats, Ints


def alone(steps: list[Floats], x: Floats) -> Ints:
    return below([Ladder(steps)], np.zeros(len(x), dtype=np.int64), x)


def ladders(seed: int, most: list[int]) -> tuple[list[list[Floats]], Floats]:
    """Steps of three features for each entry of `most`, and rows among which are all steps and both ends."""
    rng = np.random.default_rng(seed)
    pool = np.append(rng.normal(size=80), [-np.inf, np.inf])
    steps = [[np.sort(rng.choice(pool, n)) for n in (0, many // 2, many)] for many in most]
    return steps, rng.choice(np.append(pool, [0.0, -0.0, 1e308]), (200, 3))


@pytest.mark.parametrize("at_once", [1, 100, 1 << 13])
@pytest.mark.parametrize("most", [[0], [1], [9], [70], [2, 2, 2], [9, 0, 33]])
def test_it_is_a_search_in_every_feature_of_the_rows_own_model(
    most: list[int], at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ladder, "AT_ONCE", at_once)
    steps, x = ladders(len(most), most)
    which = np.sort(np.random.default_rng(0).integers(0, len(most), len(x)))
    found = below([Ladder(each) for each in steps], which, x)
    assert found.dtype == np.int64
    for row, model, counts in zip(x, which.tolist(), found.tolist(), strict=True):
        assert counts == [np.searchsorted(each, v, side="right") for each, v in zip(steps[model], row)]


def test_nothing_is_asked_of_nobody() -> None:
    assert alone([], np.empty((5, 0))).shape == (5, 0)
    assert alone([np.array([1.0])], np.empty((0, 1))).shape == (0, 1)


def test_no_step_is_below_what_is_absent() -> None:
    assert alone([np.array([-np.inf, 0.0])], np.array([[np.nan]])).tolist() == [[0]]


def interpolated(knots: Floats, values: Floats) -> Floats:
    """What a scale says, by numpy's own interpolation."""
    knots = np.where(np.abs(knots) < 1 / LARGEST, 0.0, np.clip(knots, -LARGEST, LARGEST))
    span = (knots[-1] - knots[0]) or abs(knots[-1]) or 1.0
    distinct, first, many = np.unique(knots, return_index=True, return_counts=True)
    ranks = 0.1 + 0.8 * (first + first + many - 1) / 2 / max(len(knots) - 1, 1)
    return np.asarray(np.interp(values, [knots[0] - span, *distinct, knots[-1] + span], [0.0, *ranks, 1.0]))


any_number = st.floats(width=64, allow_nan=False)
some_numbers = st.one_of(
    arrays(np.float64, 33, elements=st.sampled_from([-1e308, -3.0, 0.0, 1e-160, 2.0, 1e308])),
    arrays(np.float64, st.integers(1, 33), elements=st.floats(-1e6, 1e6)),
    arrays(np.float64, 5, elements=st.floats(allow_nan=False, allow_infinity=False)),
)


@given(knots=st.lists(some_numbers, min_size=1, max_size=4), values=arrays(np.float64, 20, elements=any_number))
def test_a_scale_is_an_interpolation_to_the_last_bit_whoever_is_beside_it(knots: list[Floats], values: Floats) -> None:
    knots = [np.sort(each) for each in knots]
    rows = [np.concatenate([values, each, [np.nan]]) for each in knots]
    which = np.repeat(np.arange(len(knots)), [len(each) for each in rows])
    found = scaled([Scale([each]) for each in knots], which, np.concatenate(rows)[:, None])[:, 0]
    expected = np.concatenate([interpolated(*pair) for pair in zip(knots, rows, strict=True)])
    assert found.tobytes() == expected.tobytes()
