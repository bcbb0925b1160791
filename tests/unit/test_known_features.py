"""Records read by what was met before are read as the general way reads them, whatever comes."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import EventBatch, RawRecord, Source
from schemas.formats import Limits, json_lines
from schemas.formats._known import REPEATS, Known
from schemas.formats._record import Record

SOURCE = Source("log", "topic", 0)
LIMITS = Limits(1 << 20, 300 * 10**9, 0)
numbers = st.one_of(st.floats(-1e6, 1e6), st.integers(-(2**70), 2**70))
odd = st.one_of(numbers, st.none(), st.booleans(), st.text(max_size=4), st.just(float("nan")))
features = st.one_of(
    st.fixed_dictionaries({"a": numbers, 'b"c': numbers}),
    st.fixed_dictionaries({"x": numbers, "y": numbers}),
    st.fixed_dictionaries({"y": numbers, "x": numbers}),
    st.dictionaries(st.sampled_from("xyz"), odd),
    st.lists(odd, max_size=3),
    st.none(),
)
records = st.fixed_dictionaries(
    {"ts": st.one_of(st.just(1.7e9), st.just("2024-01-01"), st.just(-5)), "model": st.sampled_from(["m", "n"])},
    optional={
        "version": st.sampled_from([1, "1", 2.5]),
        "features": features,
        "score": odd,
        "scores": st.lists(numbers, max_size=3),
        "prediction": odd,
        "principal": st.one_of(st.none(), st.just("u"), st.just(7)),
        "id": st.one_of(st.none(), st.just("i")),
        "request_id": st.just("r"),
        "artifact_hash": st.sampled_from(["sha256:1", 7, None]),
        "status": st.sampled_from([200, "500", "error", None]),
        "served_ts": st.sampled_from([1.6e9, "never", None]),
        "label_source": st.sampled_from(["", "desk", None]),
        "source": st.just("back office"),
    },
)


def columns(batch: EventBatch) -> dict[str, Any]:
    found = {f.name: getattr(batch, f.name) for f in fields(batch)}
    found["layouts"] = [(one.num_names, one.cat_names, one.rows, one.num, one.cat) for one in batch.layouts]
    return found


def decoded(raw: list[RawRecord], known: Known) -> dict[str, Any]:
    before, json_lines._known = json_lines._known, known
    try:
        return columns(json_lines.decode(raw, SOURCE, LIMITS))
    finally:
        json_lines._known = before


def warm() -> Known:
    """One that has met both shapes often enough to read them quickly."""
    known = Known(Record)
    for model, names in (("m", "xy"), ("n", "yx")):
        for version in (None, "1", 1.0, 2.5):
            for _ in range(REPEATS):
                known.meet(model, version, dict.fromkeys(names, 0.5))
    return known


@given(st.lists(records, max_size=20))
def test_reading_quickly_changes_nothing(many: list[dict[str, Any]]) -> None:
    raw = [RawRecord(i, json.dumps(one).encode(), 1_700_000_000_000_000_000) for i, one in enumerate(many)]
    np.testing.assert_equal(decoded(raw, warm()), decoded(raw, Known(Record)))


def test_names_that_repeat_are_read_quickly_from_then_on() -> None:
    known, value = Known(Record), b'{"ts": 1.7e9, "model": "m", "features": {"x": 1, "y": 2.5}}'
    assert known.read(value) is None
    for _ in range(REPEATS):
        known.meet("m", None, {"x": 1.0, "y": 2.5})
    assert (event := known.read(value)) is not None
    assert (event.features.f0, event.features.f1) == (1.0, 2.5)
    assert known.read(value.replace(b"2.5", b"null")) is None


@given(st.lists(records, max_size=20), st.integers(1, 5))
def test_records_decoded_piece_by_piece_are_decoded_as_at_once(many: list[dict[str, Any]], piece: int) -> None:
    raw = [RawRecord(i, json.dumps(one).encode(), 1_700_000_000_000_000_000) for i, one in enumerate(many)]
    whole, before = decoded(raw, warm()), json_lines.PIECE
    try:
        json_lines.PIECE = piece
        np.testing.assert_equal(decoded(raw, warm()), whole)
    finally:
        json_lines.PIECE = before
