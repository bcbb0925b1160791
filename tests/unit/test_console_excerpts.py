"""Excerpts of an alert's evidence, cut at their marks; whatever is stored there, nothing is raised."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dashboards.console.excerpts import read

SAID = {"at": 5, "by": "amy", "score": 0.9, "text": "Forget it <b>", "marks": [[0, 6, "injection.override"]]}


def test_an_excerpt_is_cut_at_its_marks() -> None:
    (one,) = read(json.dumps({"excerpts": [SAID]}))
    assert one.parts == (("Forget", "injection.override"), (" it <b>", ""))
    assert (one.at_ns, one.who, one.told, one.score) == (5, "amy", False, 0.9)
    (told,) = read(json.dumps({"excerpts": [{"at": 5, "to": "amy", "text": "x", "marks": []}]}))
    assert (told.told, told.score, told.parts) == (True, None, (("x", ""),))


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 99) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@given(anything, st.lists(anything, max_size=3))
def test_malformed_parts_are_left_out(more: Any, marks: list[Any]) -> None:
    text = json.dumps({"excerpts": [more, SAID | {"marks": [*marks, [2, 1, "x"], [0, 99, "x"], [1, 3, "k"]]}, more]})
    for one in read(text):
        assert all(isinstance(part, str) and part for part, _ in one.parts)
    assert "Forget it <b>" in {"".join(part for part, _ in one.parts) for one in read(text)}


def test_no_json_is_no_excerpt() -> None:
    assert read("{") == read("") == read("[1]") == read("{}") == ()
