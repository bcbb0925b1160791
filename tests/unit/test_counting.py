"""Families that count all models of a batch in one call give each model what it would get alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.random import Generator

from monitors.observe import IN_ONE, observe
from schemas.events import RawRecord
from schemas.formats import Limits, load
from schemas.summaries import Summary, SummaryKey
from tests.support.chats import chat
from tests.support.traffic import PLAIN_BOUNDS, SOURCE, Made, rich, traffic

Row = dict[str, Any]


def rows_of_three_models() -> list[Row]:
    """One with classes, tokens and labels, one with a lone score, one with texts; they take turns."""

    def plain(row: Row, rng: Generator) -> Row:
        return {**row, "model": "plain"}

    both = [*traffic(4, 30, seed=1, change=rich), *traffic(4, 30, seed=2, change=plain)]
    return sorted([*both, *chat(4)], key=lambda row: float(row["ts"]))


def seen(records: Sequence[RawRecord]) -> dict[SummaryKey, Summary]:
    batch = load("json_lines")(records, SOURCE, Limits())
    return observe(batch, np.zeros(len(batch), dtype=np.int64), 1, 0, lambda m, v, b: None, PLAIN_BOUNDS).on_time[0]


def test_models_counted_together_get_what_each_gets_alone() -> None:
    records = Made().add(rows_of_three_models()).records
    found = seen(records)
    names = {key.model for key in found}
    assert len(names) == 3
    counted = set()
    for name in names:
        alone = seen([record for record in records if f'"{name}"'.encode() in record.value])
        assert set(alone) == {key for key in found if key.model == name}
        for key, summary in alone.items():
            assert {n: v.tolist() for n, v in found[key].vectors.items()} == {
                n: v.tolist() for n, v in summary.vectors.items()
            }
            assert (found[key].principals, found[key].predictions) == (summary.principals, summary.predictions)
            counted |= set(summary.vectors)
    assert {"latency", "score", "confidence", "entropy", "tokens", "label", "failed", "n", "text_language"} <= counted
    assert len(IN_ONE) >= 9
