"""A ladder says of every number what a search in its feature's steps says."""

from __future__ import annotations

import numpy as np
import pytest

from monitors import ladder
from monitors.ladder import FEW, Ladder


@pytest.mark.parametrize("at_once", [1, 1000, 1 << 22])
@pytest.mark.parametrize("most", [0, 1, 9, FEW, FEW + 1])
def test_it_is_a_search_in_every_feature(most: int, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ladder, "AT_ONCE", at_once)
    rng = np.random.default_rng(most)
    steps = [np.sort(rng.choice(np.append(rng.normal(size=80), [-np.inf, np.inf]), n)) for n in (0, most // 2, most)]
    ends = [[-np.inf, np.inf, 0.0, -0.0, 1e308, *(each if len(each) else [1.0])] for each in steps]
    x = np.stack([rng.choice(end, 50) for end in ends], axis=1)
    found = Ladder(steps).below(x)
    assert found.dtype == np.int64
    assert found.flags.f_contiguous
    for j, each in enumerate(steps):
        assert found[:, j].tolist() == np.searchsorted(each, x[:, j], side="right").tolist()


def test_nothing_is_asked_of_nobody() -> None:
    assert Ladder([]).below(np.empty((5, 0))).shape == (5, 0)
    assert Ladder([np.array([1.0])]).below(np.empty((0, 1))).shape == (0, 1)
