"""The picture of a principal's queries: distances, flips, who asks alike, and rows that are not what we write."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import numpy as np

from dashboards.console.chain import chain, similar
from schemas.queries import layout


def row(codes: list[list[int]], start: int = 0, labels: list[int] | None = None, **more: Any) -> dict[str, Any]:
    made = np.zeros(len(codes), layout(len(codes[0])))
    made["codes"], made["time"] = codes, start + np.arange(len(codes))
    made["hash"] = made["time"]
    made["label"] = labels or [0] * len(codes)
    return {"baseline": "b1", "width": len(codes[0]), "queries": b64encode(made.tobytes()).decode(), **more}


def test_a_query_is_as_far_as_its_nearest_earlier_one_and_flips_against_it() -> None:
    found = chain([row([[9, 9], [1, 1]], 10, [0, 1]), row([[1, 1], [1, 2], [1, 4]], 0, [0, 0, 1])])
    assert found is not None
    assert found.queries == 5
    assert found.repeats == 1  # [1, 1] again, though answered otherwise: the same query is no step
    assert found.farthest == 13
    assert [flip for _, _, flip in found.dots] == [False, True, True]
    assert found.dots[0][1] > found.dots[1][1] > found.dots[2][1]


def test_other_baselines_are_not_compared_and_too_few_are_not_drawn() -> None:
    assert chain([]) is None
    assert chain([row([[1, 1], [2, 2]]), row([[3, 3], [4, 4]], baseline="b0")]) is None


def test_who_asks_about_the_same_case_is_similar_and_a_stranger_is_not() -> None:
    mine = [row([[i, 5 + i % 2] for i in range(9)])]
    alike = row([[1, 6], [2, 6]], principal="alike")
    stranger = row([[30, 30], [20, 20]], principal="stranger")
    assert [name for name, _ in similar(mine, [alike, stranger])] == ["alike"]


def test_rows_that_are_no_signatures_are_left_out() -> None:
    good = row([[1, 1], [3, 3], [8, 8]])
    for bad in ("!", "QUJD", ""):
        assert chain([good, {**good, "queries": bad}]) is not None
    assert chain([{**good, "width": 0}]) is None
