"""What goes together: torn queries, extremes that are left out, and the last queries of everybody else."""

from __future__ import annotations

import numpy as np
import pytest

from monitors.coherence import coherence_of, extremes, tree_of
from monitors.others import EACH, Others
from monitors.querycodes import CODES
from monitors.querylaw import QueryLaw
from schemas.queries import Records, layout

RNG = np.random.default_rng(4)


def together(n: int) -> np.ndarray:
    """Codes of three pairs of features; each pair moves as one."""
    base = RNG.integers(2, 33, (n, 3))
    return np.concatenate([base, np.clip(base + RNG.integers(-1, 2, base.shape), 1, 34)], axis=1).astype(np.uint8)


def counted(codes: np.ndarray) -> np.ndarray:
    return np.stack([np.bincount(column, minlength=CODES) for column in codes.T])


KNOWN = together(2000)
COUNTS = counted(KNOWN)
MADE = coherence_of(COUNTS, *tree_of(KNOWN, COUNTS), numeric=6)


def test_the_tree_joins_what_moves_as_one() -> None:
    pairs = {frozenset(edge) for edge in MADE.edges.tolist()}
    assert pairs >= {frozenset((i, i + 3)) for i in range(3)}


def test_values_of_different_rows_are_torn_though_each_is_ordinary() -> None:
    line = np.quantile(MADE.lack(together(1000)), 0.99)
    mixed = np.stack([RNG.permutation(column) for column in KNOWN.T], axis=1)
    assert (MADE.lack(mixed) > line).mean() > 0.5
    assert (MADE.lack(together(1000)) > line).mean() < 0.05


def test_a_tester_of_extreme_values_is_not_torn() -> None:
    line = np.quantile(MADE.lack(together(1000)), 0.99)
    tested = together(1000)
    ends = RNG.choice([0, 1, 34, 35], tested.shape)
    tested = np.where(RNG.random(tested.shape) < 0.3, ends, tested).astype(np.uint8)
    assert (MADE.lack(tested) > line).mean() < 0.05


def test_flags_have_no_extremes_and_categories_neither() -> None:
    flags = np.zeros((2, CODES), dtype=np.int64)
    flags[:, 1:3] = 50
    assert not extremes(flags, 2).any()
    assert extremes(COUNTS, 6)[:, 0].all()
    assert not extremes(COUNTS, 0).any()


def queries(codes: list[int], start: int) -> Records:
    made = np.zeros(len(codes), layout(2))
    made["codes"][:, 0], made["time"] = codes, start + np.arange(len(codes))
    made["hash"], made["whole"] = made["time"], np.array(codes) + 1000 * start
    return made


LAW = QueryLaw(1, 2, 5, 0.0, np.zeros((2, CODES)), 2)


def test_a_query_near_to_anothers_is_shared_an_equal_one_or_ones_own_is_not() -> None:
    others = Others()
    others.add(["a", "b"], np.array([0, 0, 1]), np.concatenate([queries([10, 20], 0), queries([30], 5)]))
    asked = queries([11, 10, 25], 9)
    asked["whole"][1] = others.rows["whole"][others.rows["codes"][:, 0] == 10][0]  # type: ignore[index]
    one = np.zeros(3, dtype=np.int64)
    assert others.shared(["c"], one, asked, LAW).tolist() == [True, False, False]
    assert others.shared(["a"], one, asked, LAW).tolist() == [False, False, False]
    both = np.concatenate([asked, asked])
    assert others.shared(["a", "c"], np.repeat([0, 1], 3), both, LAW).tolist() == [False] * 3 + [True, False, False]


def test_few_of_anybody_are_remembered_the_newest_and_through_a_profile() -> None:
    others = Others()
    rows = np.concatenate([queries(list(range(1, 31)), 0), queries([30], 99)])
    others.add(["a", "b"], np.repeat([0, 1], [30, 1]), rows)
    again = Others.load(others.dump(), 2)
    assert again.names == ["b"] + ["a"] * EACH
    assert again.rows is not None
    assert again.rows["codes"][1:, 0].tolist() == list(range(30, 30 - EACH, -1))


@pytest.mark.parametrize("rows", [0, 3])
def test_nobody_is_like_nobody(rows: int) -> None:
    assert not Others().shared(["a"], np.zeros(rows, dtype=np.int64), queries([5] * rows, 0), LAW).any()
