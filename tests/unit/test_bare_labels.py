"""A record that is only a label is no inference; it is handed on as its block is cut, joined with its answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from schemas.events import RawRecord, Source
from schemas.formats import Limits
from schemas.formats.json_lines import decode
from streams.barelabels import HandedOn, own_source
from streams.labelling import _features, summarise

SOURCE = Source("log", "inference", 2)
LIMITS = Limits(1 << 20, 300 * 10**9, 0)


def record(offset: int, **fields: Any) -> RawRecord:
    return RawRecord(offset, json.dumps({"ts": 1_750_000_000 + offset, "model": "m", **fields}).encode(), None)


@pytest.mark.parametrize(
    ("fields", "alone"),
    [
        ({"label": 1, "id": "r1", "label_source": "desk"}, True),
        ({"label": "fraud", "id": 7, "source": "desk", "principal": "amy", "served_ts": 1.0}, True),
        ({"label": 1, "id": "r1", "score": 0.2}, False),
        ({"label": 1, "id": "r1", "features": {"x": 1.0}}, False),
        ({"label": 1, "id": "r1", "prediction": 0}, False),
        ({"label": 1, "id": "r1", "status": 500}, False),
        ({"id": "r1"}, False),
    ],
)
def test_what_says_nothing_but_a_label_is_no_event(fields: dict[str, Any], alone: bool) -> None:
    batch = decode([record(0, **fields), record(1, score=0.5)], SOURCE, LIMITS)
    assert (len(batch), len(batch.labels)) == ((1, 1) if alone else (2, 0))
    assert batch.offset.tolist() == ([1] if alone else [0, 1])
    if alone:
        label = batch.labels[0]
        assert (label.offset, label.model, label.id) == (0, "m", str(fields["id"]))
        assert (label.label, label.source) == (str(fields["label"]), "desk")
        assert label.ts_ns == 1_750_000_000 * 10**9


async def test_labels_are_handed_on_cut_where_blocks_are_cut() -> None:
    fed: list[tuple[Source, list[tuple[int, int | None]]]] = []

    async def feed(source: Source, records: Sequence[RawRecord]) -> None:
        fed.append((source, [(r.offset, r.timestamp_ns) for r in records]))

    records = [record(i, label=1, id=f"r{i}") if i % 2 else record(i, score=0.5) for i in range(8)]
    await HandedOn(feed).take(SOURCE, decode(records, SOURCE, LIMITS), records, [3, 4, 9])
    at = {i: (1_750_000_000 + i) * 10**9 for i in range(8)}
    assert fed == [
        (own_source(SOURCE), [(1, at[1]), (3, at[3])]),
        (own_source(SOURCE), [(5, at[5]), (7, at[7])]),
    ]
    assert own_source(SOURCE) != SOURCE


def test_a_joined_label_carries_its_source_score_and_features() -> None:
    answer = {"num_names": ["age", "x"], "num": [40.0, float("nan")], "cat_names": ["kind"], "cat": ["a"]}
    row = {"model": "m", "version": "1", "offset": 3, "ts": 2 * 10**9, "served_ts": 10**9, "label": "1"}
    row |= {"prediction": "", "score": 0.25, "source": "desk-3", **_features(answer)}
    ((_, summary),) = summarise([row], SOURCE, 0)
    (kept,) = summary.labelled
    assert (kept.source, kept.score, kept.true) == ("desk-3", 0.25, True)
    assert (kept.num, kept.cat) == ({"age": 40.0}, {"kind": "a"})
