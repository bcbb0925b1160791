"""Counts side by side say what the same counts by name say, added or sent."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from numpy.typing import NDArray

from schemas.events import Source
from schemas.summaries import Progress, Summary, SummaryKey, to_wire
from schemas.vectors import Vectors, add
from streams.wire import decode, encode

WIDTHS = {"n": 1, "latency": 5, "num:age": 3, "cat:kind": 2}
Rows = dict[str, NDArray[np.int64]]


@st.composite
def rows(draw: st.DrawFn) -> Rows:
    """Some of the names in any order; small, large and negative counts, many of them 0."""
    some = draw(st.lists(st.sampled_from(sorted(WIDTHS)), unique=True))
    count = st.one_of(st.just(0), st.integers(-300, 300), st.integers(-(1 << 62), (1 << 62) - 1))
    return {name: np.array(draw(st.lists(count, min_size=WIDTHS[name], max_size=WIDTHS[name]))) for name in some}


def plain(vectors: Mapping[str, NDArray[np.int64]]) -> dict[str, list[int]]:
    return {name: counts.tolist() for name, counts in vectors.items()}


@given(st.lists(rows(), min_size=1, max_size=5))
def test_sums_are_by_name_whatever_names_a_part_has(parts: list[Rows]) -> None:
    expected: Rows = {}
    for part in parts:
        for name, counts in part.items():
            expected[name] = expected[name] + counts if name in expected else counts
    assert plain(add(parts)) == plain(expected)
    assert list(add(parts)) == list(expected)
    assert plain(add([add(parts[:2]), *map(Vectors.of, parts[2:])])) == plain(expected)


def test_another_width_is_an_error() -> None:
    with pytest.raises(ValueError, match="n has 2 counts here and 1 there"):
        add([{"n": np.array([1])}, {"n": np.array([1, 2])}])


def progress(parts: list[Rows], late: list[Rows]) -> Progress:
    def keyed(rows: list[Rows]) -> list[tuple[SummaryKey, Summary]]:
        return [
            (SummaryKey(f"m{i}", "1", "", 0, ""), Summary(row, {"eve": [1, 0, 0]}, {}, []))
            for i, row in enumerate(rows)
        ]

    return Progress(Source("log", "t", 0), 0, 9, True, 1, 5, 6, summaries=keyed(parts), late=keyed(late))


@given(st.lists(rows(), max_size=6), st.lists(rows(), max_size=3))
def test_what_is_sent_arrives(parts: list[Rows], late: list[Rows]) -> None:
    told = progress(parts, late)
    ((shard, data),) = encode(told, 1)
    heard = decode(data)
    assert shard == 0
    for sent, got in ((told.summaries, heard.summaries), (told.late, heard.late)):
        assert [(key, plain(s.vectors), s.principals) for key, s in got] == [
            (key, plain(s.vectors), s.principals) for key, s in sent
        ]
    assert replace(heard, summaries=(), late=()) == replace(told, summaries=(), late=())


def test_a_message_too_large_is_halved_and_only_the_last_part_has_weight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.wire.LARGEST", 300)
    told = progress([{"n": np.array([i])} for i in range(40)], [{"n": np.array([i])} for i in range(3)])
    heard = [decode(data) for _, data in encode(told, 1)]
    assert len(heard) > 4
    assert [part.last_part for part in heard] == [False] * (len(heard) - 1) + [True]
    assert [s.n for part in heard for _, s in part.summaries] == list(range(40))
    assert [s.n for part in heard for _, s in part.late] == list(range(3))


def test_messages_of_older_versions_are_read() -> None:
    """They had the vectors in each summary."""
    told = progress([{"n": np.array([7])}], [])
    own = {name: getattr(told, name) for name in told.__struct_fields__ if name not in ("summaries", "late")}
    old = msgspec.msgpack.encode({**own, "summaries": [to_wire(*keyed) for keyed in told.summaries]})
    ((_, summary),) = decode(old).summaries
    assert plain(summary.vectors) == {"n": [7]}


def test_counts_that_fit_no_summary_are_not_ours() -> None:
    ((_, data),) = encode(progress([{"n": np.array([7])}], []), 1)
    message = msgspec.msgpack.decode(data)
    message["counts"][0][2] = [5]
    with pytest.raises(msgspec.ValidationError, match="do not fit"):
        decode(msgspec.msgpack.encode(message))


def test_counts_that_mirqab_did_not_write_are_refused() -> None:
    for names, widths, of, some, gaps in (
        (("n",), (1,), [0], 1, b"abc"),  # numbers of three bytes
        (("n",), (1,), [9], 0, b""),  # of a summary that is not there
        (("n", "m"), (1,), [0], 0, b""),
    ):
        counts = [names, widths, of, some, gaps, gaps]
        own = {"source": ("l", "t", 0), "first": 0, "last": 0, "final": False, "generation": 0, "watermark_ns": 0}
        message = msgspec.msgpack.encode({**own, "tick_ns": 0, "counts": [counts]})
        with pytest.raises(msgspec.MsgspecError, match="do not fit"):
            decode(message)
