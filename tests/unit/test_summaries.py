"""Merging is associative and commutative, limits included: whoever merges first, the minute is the same."""

from __future__ import annotations

from functools import reduce
from typing import TypedDict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from schemas.queries import MOST_BYTES, NONE, Queries, layout, room
from schemas.summaries import (
    SAMPLE_BYTES,
    SampleRow,
    Summary,
    SummaryKey,
    bounded_sample,
    from_wire,
    merge,
    to_wire,
)


class Limits(TypedDict):
    max_principals: int
    max_predictions: int
    max_sample: int
    max_queries: tuple[int, int]


LIMITS: Limits = {"max_principals": 3, "max_predictions": 2, "max_sample": 4, "max_queries": (2, 3)}
names = st.text("abcdefg", min_size=1, max_size=2)


def row(hash: int, width: int = 1) -> SampleRow:
    return SampleRow(hash, {f"f{i}{'x' * 200}": 1.0 for i in range(width)}, {}, 0.5, "1", None)


def asked(hashes: list[int], who: str) -> Queries:
    """Signatures of two features; every query is in one part only."""
    kept = sorted(hashes)[: LIMITS["max_queries"][1]]
    made = np.zeros(len(kept), layout(2))
    made["hash"] = kept
    return Queries(7, 2, {who: made.tobytes()}) if hashes else NONE


@st.composite
def summaries(draw: st.DrawFn) -> list[Summary]:
    """Parts of one minute: an event's sample row is in one part only, as in a log."""
    hashes = draw(st.lists(st.integers(0, 1 << 63), unique=True, max_size=24))
    parts = []
    for part in range(draw(st.integers(1, 5))):
        events = draw(st.integers(0, 50))
        parts.append(
            Summary(
                {"n": np.array([events]), f"v{part % 2}": np.array([events, 1])},
                draw(st.dictionaries(names, st.lists(st.integers(0, 9), min_size=3, max_size=3), max_size=3)),
                draw(st.dictionaries(names, st.integers(1, 9), max_size=2)),
                bounded_sample([row(h, draw(st.integers(1, 140))) for h in hashes[part::5]], LIMITS["max_sample"]),
                asked(hashes[part::5], draw(st.sampled_from("abcd"))),
            )
        )
    return parts


def plain(summary: Summary) -> object:
    vectors = {name: counts.tolist() for name, counts in sorted(summary.vectors.items())}
    return vectors, summary.principals, summary.predictions, summary.sample, summary.queries


@given(summaries(), st.randoms(use_true_random=False))
def test_any_order_and_any_grouping_gives_the_same(parts: list[Summary], random: object) -> None:
    wide: Limits = {**LIMITS, "max_principals": 99, "max_predictions": 99}
    whole = plain(merge(parts, **wide))
    shuffled = list(parts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert plain(merge(shuffled, **wide)) == whole
    assert plain(reduce(lambda a, b: merge([a, b], **wide), shuffled)) == plain(merge([merge(parts, **wide)], **wide))


@given(summaries())
def test_limits_keep_the_same_names_whatever_the_grouping(parts: list[Summary]) -> None:
    together = merge(parts, **LIMITS)
    stepwise = reduce(lambda a, b: merge([a, b], **LIMITS), parts)
    assert plain(merge([stepwise], **LIMITS)) == plain(together)


@given(summaries())
def test_what_travels_arrives(parts: list[Summary]) -> None:
    for part in parts:
        assert plain(from_wire(to_wire(SummaryKey("m", "1", "", 0, ""), part))) == plain(part)


def test_a_sample_of_wide_rows_ends_with_a_mark_before_it_is_too_large_to_send() -> None:
    rows = [row(h, 100) for h in range(50)]
    kept = bounded_sample(rows, 512)
    assert kept[-1].cut
    assert not any(r.cut for r in kept[:-1])
    assert sum(r.size for r in kept) <= SAMPLE_BYTES + 40
    # Rows beyond the mark cannot come back from another part.
    assert bounded_sample([*kept, row(10_000)], 512) == kept


def test_a_minute_of_wide_queries_keeps_fewer_principals_so_that_it_fits_a_message() -> None:
    assert room(128, 64, 20) == 128
    assert room(128, 64, 64) * 64 * layout(64).itemsize <= MOST_BYTES
    assert room(128, 64, 64) > 64
    assert room(128, 10**9, 64) == 1
