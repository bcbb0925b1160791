"""Whatever models lie side by side in a batch, each gets to the last bit what it gets alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import Generator

from monitors.observe import Observed, observe
from monitors.prepared import Prepared
from schemas.events import ANOMALOUS, FUTURE, MISSING_FEATURE, OUT_OF_RANGE, UNSEEN_CATEGORY, RawRecord
from schemas.formats import Limits, load
from schemas.summaries import Summary, SummaryKey
from tests.support.traffic import MONDAY, PLAIN_BOUNDS, SOURCE, Change, learn_from, rich, traffic

Row = dict[str, Any]


def renamed(row: Row, rng: Generator) -> Row:
    age, amount, channel = row["features"].values()
    return {**row, "features": {"zeta": age * 7, "beta": None if rng.random() < 0.1 else amount, "kind": channel}}


def wide(row: Row, rng: Generator) -> Row:
    """Numbers of which two move together and one has few values; with as many in `narrow`, others chosen."""
    a, b, c = rng.normal(size=3)
    return {**row, "features": {"a": a, "b": a + b / 9, "few": float(round(c)), "word": f"w{rng.integers(5)}"}}


def narrow(row: Row, rng: Generator) -> Row:
    return {**row, "features": {f"x{i}": float(v) for i, v in enumerate(rng.lognormal(0, 9, 3))} | {"on": True}}


def words(row: Row, rng: Generator) -> Row:
    return {**row, "features": {"channel": row["features"]["channel"]}}


KINDS: dict[str, Change | None] = {
    "plain": None, "renamed": renamed, "rich": rich, "rich2": rich, "wide": wide, "narrow": narrow, "words": words,
}  # fmt: skip


def troubled(row: Row, rng: Generator) -> Row:
    """Values that are absent, of another type, new, far out; events that come too late or from a time to come."""
    names = list(row["features"])
    name = names[rng.integers(len(names))]
    strange = [None, 1e308, -1e308, 4, "other", 0.0]
    if rng.random() < 0.4:
        row["features"][name] = strange[rng.integers(len(strange))]
    if rng.random() < 0.1:
        row["features"][f"new{rng.integers(2)}"] = 1.0
    if rng.random() < 0.05:
        del row["features"][name]
    row["ts"] += rng.choice([0, 0, 0, 0, 0, -600, 86_400])
    row["segment"] = {"region": str(rng.choice(["doha", "wakra"]))}
    return row


@cache
def known() -> dict[str, Prepared]:
    """Baselines of all kinds but one model's."""
    return {
        model: Prepared(learn_from(traffic(10, 60, seed=seed, model=model, change=change)))
        for seed, (model, change) in enumerate(KINDS.items())
    }


@cache
def logged() -> list[Row]:
    """Rows of all kinds of models, and of one without a baseline, in order of time."""
    kinds = [*KINDS.items(), ("unknown", wide)]
    rows = [
        row for seed, (m, change) in enumerate(kinds, 50) for row in traffic(3, 40, seed=seed, model=m, change=change)
    ]
    rng = np.random.default_rng(7)
    return [troubled(row, rng) for row in sorted(rows, key=lambda row: float(row["ts"]))]


def seen(rows: Sequence[tuple[int, Row]]) -> Observed:
    """Rows with their offsets, in blocks of 300; a first minute has closed, no second one does."""
    records = [RawRecord(offset, json.dumps(row).encode(), (MONDAY + 180) * 10**9) for offset, row in rows]
    batch = load("json_lines")(records, SOURCE, Limits())
    segments = {"plain": ("channel", "age"), "wide": ("few", "region")}
    bounds = replace(PLAIN_BOUNDS, queries=(3, 2), secret=b"salt", segments=lambda model: segments.get(model, ()))
    watermark = (MONDAY + 125) * 10**9
    return observe(batch, batch.offset // 300, 4, watermark, lambda m, v, b: known().get(m), bounds)


def plain(summaries: dict[SummaryKey, Summary]) -> dict[SummaryKey, Any]:
    return {
        key: ({name: counts.tolist() for name, counts in one.vectors.items()}, one.principals, one.predictions)
        + (msgspec.to_builtins((one.sample, one.queries, one.labelled)),)
        for key, one in summaries.items()
    }


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 999), many=st.sampled_from([1, 20, 200, 800]), skip=st.sets(st.sampled_from([*KINDS])))
def test_together_as_alone(seed: int, many: int, skip: set[str]) -> None:
    take = np.sort(np.random.default_rng(seed).choice(len(logged()), min(many, len(logged())), replace=False))
    rows = [(i, logged()[i]) for i in take.tolist() if logged()[i]["model"] not in skip]
    together = seen(rows)
    for model in {row["model"] for _, row in rows}:
        mine = [i for i, (_, row) in enumerate(rows) if row["model"] == model]
        alone = seen([rows[i] for i in mine])
        assert together.anomaly[mine].tobytes() == alone.anomaly.tobytes()
        assert together.flags[mine].tolist() == alone.flags.tolist()
        assert [together.baseline[i] for i in mine] == alone.baseline
        for ours, its in (*zip(together.on_time, alone.on_time), *zip(together.late, alone.late)):
            assert {key: one for key, one in plain(ours).items() if key.model == model} == plain(its)


def test_the_rows_have_everything_that_can_be_told_apart() -> None:
    found = seen(list(enumerate(logged())))
    kept = [*found.on_time, *found.late]
    assert found.late[0]
    assert (found.flags & FUTURE).any()
    assert {key.segment.partition("=")[0] for one in kept for key in one} == {"", "channel", "age", "few", "region"}
    names = {name for one in kept for summary in one.values() for name in summary.vectors}
    assert {"pairs", "cloud", "repeats", "schema", "num:age", "cat:channel"} <= names
    assert any(summary.queries.of for one in kept for summary in one.values())
    for flag in (OUT_OF_RANGE, MISSING_FEATURE, UNSEEN_CATEGORY, ANOMALOUS):
        assert (found.flags & flag).any()
