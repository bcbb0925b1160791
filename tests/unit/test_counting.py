"""What is counted and signed for all models of a batch in one call gives each model what it would get alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.random import Generator

from monitors.observe import IN_ONE, observe
from monitors.prepared import Prepared
from schemas.events import RawRecord
from schemas.formats import Limits, load
from schemas.summaries import Summary, SummaryKey
from tests.support.chats import chat
from tests.support.traffic import PLAIN_BOUNDS, SOURCE, Made, learn_from, rich, traffic

Row = dict[str, Any]


def rows_of_three_models() -> list[Row]:
    """One with classes, tokens and labels, one with a lone score, one with texts; they take turns."""

    def plain(row: Row, rng: Generator) -> Row:
        return {**row, "model": "plain"}

    both = [*traffic(4, 30, seed=1, change=rich), *traffic(4, 30, seed=2, change=plain)]
    return sorted([*both, *chat(4)], key=lambda row: float(row["ts"]))


Known = dict[str, Prepared]


def seen(records: Sequence[RawRecord], known: Known | None = None) -> dict[SummaryKey, Summary]:
    batch, known = load("json_lines")(records, SOURCE, Limits()), known or {}
    bounds = replace(PLAIN_BOUNDS, queries=(3, 2), secret=b"salt")
    return observe(batch, np.zeros(len(batch), dtype=np.int64), 1, 0, lambda m, v, b: known.get(m), bounds).on_time[0]


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


def named(model: str, rows: Iterable[Row]) -> list[Row]:
    return [{**row, "model": model} for row in rows]


def test_models_scored_and_signed_together_get_what_each_gets_alone() -> None:
    """Two have equally many features of other names and ranges, one has more, one has no baseline."""

    def other(row: Row, rng: Generator) -> Row:
        age, amount, channel = row["features"].values()
        return {**row, "features": {"zeta": age * 7, "beta": None if rng.random() < 0.1 else amount, "kind": channel}}

    logs = {
        "a": traffic(3, 60, seed=1),
        "b": traffic(3, 60, seed=2, change=other),
        "c": traffic(3, 60, seed=3, change=rich),
        "d": traffic(3, 60, seed=4),
    }
    usual = {"a": traffic(30, 60, seed=5), "b": traffic(30, 60, seed=6, change=other)}
    usual["c"] = traffic(30, 60, seed=7, change=rich)
    known = {model: Prepared(learn_from(named(model, rows))) for model, rows in usual.items()}
    every = sorted((row for m, rows in logs.items() for row in named(m, rows)), key=lambda row: float(row["ts"]))
    records = Made().add(every).records
    found = seen(records, known)
    assert {key.model for key, summary in found.items() if summary.queries.of} == set(known)
    for model in logs:
        alone = seen([record for record in records if f'"model": "{model}"'.encode() in record.value], known)
        assert set(alone) == {key for key in found if key.model == model}
        assert {key: summary.queries for key, summary in alone.items()} == {key: found[key].queries for key in alone}
        for key, summary in alone.items():
            assert {n: v.tolist() for n, v in found[key].vectors.items()} == {
                n: v.tolist() for n, v in summary.vectors.items()
            }
            assert found[key].principals == summary.principals
