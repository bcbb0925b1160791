"""Who draws from the ranges of independent numbers is told from customers and from testers of extreme values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np

from monitors.prepared import Prepared
from monitors.querycodes import codes_of
from monitors.querylaw import LAW, law_of
from monitors.track import STREAMS
from monitors.watch import benign_rates
from tests.support.traffic import learn_from, traffic

NAMES = ("income", "debt", "age", "tenure")


def normals(row: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Four numbers that have nothing to do with each other."""
    row["features"] = dict(zip(NAMES, rng.normal(0, 1, len(NAMES)).round(4).tolist()))
    return row


BASELINE = learn_from(traffic(40, 60, seed=4, change=normals))


def boxed(draw: Callable[[dict[str, float], np.random.Generator], dict[str, float]]) -> float:
    """Share of 400 queries that are boxed, each drawn by `draw`."""
    rows = traffic(20, 60, seed=8, change=normals)[:400]
    rng = np.random.default_rng(2)
    for row in rows:
        row["features"] = draw(row["features"], rng)
    law = law_of(BASELINE)
    assert law is not None
    values = np.array([[row["features"][each.name] for each in BASELINE.numeric] for row in rows])
    none = np.zeros((len(rows), 0), dtype=np.int64)
    codes = codes_of([Prepared(BASELINE)], np.zeros(len(rows), dtype=np.int64), values, none)
    return float(law.boxed(codes).mean())


def uniform(_: dict[str, float], rng: np.random.Generator) -> dict[str, float]:
    return dict(zip(NAMES, rng.uniform(-3.2, 3.2, len(NAMES)).tolist()))


def beyond(honest: dict[str, float], rng: np.random.Generator) -> dict[str, float]:
    return {name: 5.0 if rng.random() < 0.35 else x for name, x in honest.items()}


def test_a_draw_from_the_ranges_is_boxed_and_customers_and_testers_are_not() -> None:
    assert boxed(uniform) > 0.4
    assert boxed(lambda honest, rng: honest) < 0.03
    assert boxed(beyond) < 0.1


def test_what_a_tester_would_show_raises_the_benign_rate() -> None:
    law = law_of(BASELINE)
    assert law is not None
    assert benign_rates(law)[STREAMS.index("boxed")] >= law.tested[2] > 0.05


def test_under_an_older_baseline_nothing_is_boxed() -> None:
    older = msgspec.structs.replace(BASELINE, vectors=BASELINE.vectors | {LAW: BASELINE.vectors[LAW][:9]})
    law = law_of(older)
    assert law is not None
    assert not law.boxed(np.full((1, len(law.surprise)), 1, dtype=np.uint8)).any()
