"""What a reading may not call trouble: each was a false alarm once, told here on rows whose truth is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from monitors.learn import Learnt, learn
from monitors.pane import Pane
from monitors.prepared import Prepared
from monitors.readings import embeddings, features, pairs, repeats
from schemas.events import MINUTE_NS
from schemas.readings import Reading
from tests.support.null_streams import panes
from tests.support.traffic import Made, learn_from, merge, observed, traffic

Row = dict[str, Any]


def read(family: Any, rows: list[Row], prepared: Prepared) -> list[Reading]:
    total = merge(observed(Made().add(rows).records, prepared=prepared).values())
    return list(family.read(Pane("card", "1", 5 * MINUTE_NS, 5, total, total, prepared)))


def paid(share: float) -> Any:
    def change(row: Row, rng: np.random.Generator) -> Row:
        row["features"]["paid"] = bool(rng.random() < share)
        return row

    return change


def test_a_yes_or_no_that_comes_out_yes_more_often_is_another_mix_and_nothing_repeated() -> None:
    prepared = Prepared(learn_from(traffic(40, 50, seed=1, change=paid(0.55))))
    more = traffic(5, 60, seed=2, change=paid(0.8))
    assert "paid" not in {reading.series.feature for reading in read(repeats, more, prepared)}
    mix = next(
        r for r in read(features, more, prepared) if (r.series.metric, r.series.feature) == ("feature.psi", "paid")
    )
    assert (mix.p or 1.0) < 1e-8
    assert (mix.effect or 0.0) > 0.1


def p_values(kind: str, family: Any, metric: str, learnt_from: int) -> list[float]:
    """Of 8 baselines and 60 healthy panes of 300 events each."""
    found = []
    for seed in range(8):
        rng = np.random.default_rng([seed, 77])
        learnt = panes(kind, rng, [40] * (learnt_from // 40), None)
        rows = [row for summary in learnt for row in summary.sample]
        prepared = Prepared(learn("m", "", 1, rows, merge(learnt), Learnt(0, MINUTE_NS, 1)))
        for summary in panes(kind, rng, [300] * 60, prepared):
            pane = Pane("m", "", MINUTE_NS, 1, summary, summary, prepared)
            found += [r.p for r in family.read(pane) if r.series.metric == metric and r.p is not None]
    return found


@pytest.mark.parametrize(
    ("kind", "family", "metric", "learnt_from"),
    [
        ("heavy", embeddings, "embedding.shift", 1000),
        ("sparse", pairs, "pair.correlation", 520),
        ("plain", features, "feature.unseen", 1000),
    ],
    ids=["heavy tails", "features that are nearly always 0", "categories with a long tail of rare ones"],
)
def test_p_is_as_small_as_it_says_and_no_more_often(kind: str, family: Any, metric: str, learnt_from: int) -> None:
    # Honest ones are below 0.01 once in a hundred; panes of eight baselines are related, so twice that is chance. Of
    # the sparse pairs few or none have a p at all.
    found = p_values(kind, family, metric, learnt_from)
    assert sum(p <= 0.01 for p in found) <= max(1.0, 0.02 * len(found))
