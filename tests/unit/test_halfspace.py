"""The columnar half-space trees are River's, to the last bit, however the rows are cut and whatever is missing."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river import anomaly

from monitors import halfspace
from monitors.halfspace import (
    HalfSpaceTrees,
    freeze,
    learn_masses,
    score_frozen,
    score_groups,
    score_stacked,
    structure,
)
from schemas.events import Floats


def record(row: Floats) -> dict[str, float]:
    return {f"f{i}": float(value) for i, value in enumerate(row) if not np.isnan(value)}


def data(seed: int, n: int, features: int, missing: float) -> Floats:
    """Rows in and around [0, 1]; the first is complete, because River plants its trees on the first row's features."""
    rng = np.random.default_rng(seed)
    x = np.where(rng.random((n, features)) < 0.5, rng.random((n, features)), rng.normal(0.4, 0.3, (n, features)))
    x[1:][rng.random((n - 1, features)) < missing] = np.nan
    return x


def river_forest(trees: int, height: int, window: int, seed: int) -> anomaly.HalfSpaceTrees:
    return anomaly.HalfSpaceTrees(n_trees=trees, height=height, window_size=window, seed=seed)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    features=st.sampled_from([1, 2, 5, 12]),
    window=st.sampled_from([1, 2, 7, 25, 60]),
    height=st.sampled_from([1, 2, 5, 8]),
    missing=st.sampled_from([0.0, 0.02, 0.3, 1.0]),
    cuts=st.lists(st.integers(0, 150), max_size=6),
)
def test_equals_river_score_then_learn_however_it_is_cut(
    seed: int, features: int, window: int, height: int, missing: float, cuts: list[int]
) -> None:
    x = data(seed, 150, features, missing)
    theirs, expected = river_forest(4, height, window, seed), []
    for row in x:
        expected.append(float(theirs.score_one(record(row))))
        theirs.learn_one(record(row))
    ours = HalfSpaceTrees(structure(features, 4, height, seed), window)
    got = np.concatenate([ours.score_then_learn(part) for part in np.split(x, sorted(cuts))])
    assert np.abs(got - expected).max() == 0.0


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), learnt=st.integers(1, 120), window=st.sampled_from([10, 40]))
def test_scoring_alone_follows_the_child_that_is_heavier_at_that_moment(seed: int, learnt: int, window: int) -> None:
    x, new = data(seed, learnt, 3, 0.2), data(seed + 1, 30, 3, 0.4)
    theirs = river_forest(5, 6, window, seed)
    for row in x:
        theirs.learn_one(record(row))
    ours = HalfSpaceTrees(structure(3, 5, 6, seed), window)
    ours.learn_many(x)
    expected = [float(theirs.score_one(record(row))) for row in new]
    assert ours.score_many(new).tolist() == expected
    assert ours.score_many(new).tolist() == expected  # scoring changed nothing
    assert ours.ready == (learnt >= window)


def test_the_trees_are_rivers_even_where_names_sort_differently_from_numbers() -> None:
    theirs = river_forest(2, 3, 10, 7)
    theirs.learn_one({f"f{i}": 0.5 for i in range(12)})
    ours = structure(12, 2, 3, 7)
    root = theirs.trees[1]
    assert (f"f{ours.feature[1, 0]}", ours.threshold[1, 0]) == (root.feature, root.threshold)
    assert (f"f{ours.feature[1, 2]}", ours.threshold[1, 2]) == (root.right.feature, root.right.threshold)
    assert structure(12, 2, 3, 7) is ours


def test_frozen_masses_score_like_river_after_the_last_whole_window() -> None:
    x, new = data(3, 130, 6, 0.0), data(4, 200, 6, 0.0)
    theirs = river_forest(25, 8, 50, 1)
    for row in x:
        theirs.learn_one(record(row))
    shape = structure(6, 25, 8, 1)
    masses = learn_masses(x, shape, 50)
    assert masses[0, 0] == 50
    assert score_frozen(masses, shape, new).tolist() == [theirs.score_one(record(row)) for row in new]


def test_learning_masses_with_gaps_equals_river() -> None:
    x = data(5, 90, 4, 0.3)
    theirs = river_forest(3, 5, 40, 2)
    for row in x[:80]:
        theirs.learn_one(record(row))
    expected = [theirs.trees[2].r_mass, theirs.trees[2].left.r_mass, theirs.trees[2].right.r_mass]
    assert learn_masses(x, structure(4, 3, 5, 2), 40)[2, :3].tolist() == expected


def test_frozen_scoring_sends_a_gap_to_the_heavier_child() -> None:
    shape = structure(1, 1, 1, 0)
    right = learn_masses(np.full((20, 1), 0.99), shape, 20)
    left = learn_masses(np.full((20, 1), 0.01), shape, 20)
    for masses, usual in ((right, 0.99), (left, 0.01)):
        assert score_frozen(masses, shape, [[np.nan]]) == score_frozen(masses, shape, [[usual]])


def test_many_models_at_once_equal_one_at_a_time() -> None:
    shape = structure(5, 7, 6, 3)
    masses = np.stack([learn_masses(data(i, 40 + i, 5, 0.1), shape, 40 + i) for i in range(4)])
    x, model = data(9, 3000, 5, 0.05), np.random.default_rng(0).integers(0, 4, 3000)
    got = score_stacked(masses, shape, x, model)
    for i in range(4):
        assert (got[model == i] == score_frozen(masses[i], shape, x[model == i])).all()
    assert (freeze(masses, shape).score(x, model) == got).all()
    order = np.argsort(model, kind="stable")
    one_by_one = [freeze(each, shape) for each in masses]
    assert (score_groups(one_by_one, model[order], x[order]) == got[order]).all()
    assert score_groups([], model[:0], x[:0]).shape == (0,)
    with pytest.raises(ValueError, match="need a model each, not 10"):
        score_groups(one_by_one, model[:10], x)


def test_a_window_of_billions_does_not_overflow() -> None:
    shape = structure(1, 2, 3, 0)
    masses = learn_masses([[0.2], [0.9]], shape, 2)
    assert (score_frozen(masses * 2_000_000_000, shape, [[0.3]]) == score_frozen(masses, shape, [[0.3]])).all()


def test_nothing_in_nothing_out() -> None:
    shape = structure(2, 3, 2, 0)
    forest = HalfSpaceTrees(shape, 5)
    assert forest.score_then_learn(np.empty((0, 2))).shape == (0,)
    assert forest.score_many(np.empty((0, 2))).shape == (0,)
    assert score_frozen(learn_masses(data(0, 5, 2, 0), shape, 5), shape, np.empty((0, 2))).shape == (0,)


def test_what_cannot_be_is_refused_in_words() -> None:
    shape = structure(2, 3, 2, 0)
    with pytest.raises(ValueError, match="at least 1, not 0"):
        structure(0, 3, 2, 0)
    with pytest.raises(ValueError, match=r"rows must be \[n, 2\]"):
        HalfSpaceTrees(shape).learn_many(np.zeros((4, 3)))
    with pytest.raises(ValueError, match="at least 1 row"):
        HalfSpaceTrees(shape, 0)
    with pytest.raises(ValueError, match="there are 4"):
        learn_masses(np.zeros((4, 2)), shape, 5)
    with pytest.raises(ValueError, match=r"masses must be \[models, 3, 7\]"):
        freeze(np.zeros((3, 8)), shape)
    with pytest.raises(ValueError, match="learnt nothing"):
        freeze(np.zeros((3, 7)), shape)


def test_the_example_in_the_docstring_holds() -> None:
    assert doctest.testmod(halfspace).failed == 0


def test_models_are_scored_together_even_when_their_trees_were_made_twice() -> None:
    shape = structure(3, 4, 3, 8)
    structure.cache_clear()
    again = structure(3, 4, 3, 8)
    x = data(1, 30, 3, 0)
    frozen = [freeze(learn_masses(x, each, 30), each) for each in (shape, again)]
    which = np.repeat([0, 1], [10, 20])
    assert (score_groups(frozen, which, x) == score_frozen(learn_masses(x, shape, 30), shape, x)).all()
    other = structure(3, 4, 3, 9)
    with pytest.raises(ValueError, match="one shared structure"):
        score_groups([frozen[0], freeze(learn_masses(x, other, 30), other)], which, x)
