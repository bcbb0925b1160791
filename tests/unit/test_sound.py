"""A baseline that somebody gives is looked over: one whose parts do not fit together would stop every worker."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from monitors.prepared import Prepared
from monitors.sound import faults
from schemas.baselines import Baseline, Forest, Numeric
from tests.support.traffic import learn_from, traffic


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    return learn_from(traffic(60, 20))


def changed(baseline: Baseline, **values: Any) -> list[str]:
    return faults(msgspec.structs.replace(baseline, **values))


def test_what_is_learnt_is_sound(baseline: Baseline) -> None:
    assert faults(baseline) == []
    bare = [{"ts": 1_750_000_000 + i, "model": "m"} for i in range(200)]
    assert faults(learn_from(bare)) == []


def test_each_part_that_does_not_fit_is_named(baseline: Baseline) -> None:
    age, *rest = baseline.numeric
    assert baseline.forest is not None

    def numeric(**values: Any) -> tuple[Numeric, ...]:
        return (msgspec.structs.replace(age, **values), *rest)

    def forest(**values: Any) -> Forest:
        assert baseline.forest is not None
        return msgspec.structs.replace(baseline.forest, **values)

    (channel,) = baseline.categorical
    broken: list[tuple[dict[str, Any], str]] = [
        ({"model": ""}, "cannot be the name"),
        ({"model": "(other)"}, "cannot be the name"),
        ({"number": 0}, "must be counts"),
        ({"events": 1 << 60}, "must be counts"),
        ({"learnt_to_ns": 0}, "times in order"),
        ({"numeric": (age, age, *rest)}, "more than once"),
        ({"numeric": numeric(counts=age.counts[1:])}, "edges and so needs"),
        ({"numeric": numeric(counts=(-1, *age.counts[1:]))}, "edges and so needs"),
        ({"numeric": numeric(edges=age.edges[::-1])}, "edges must rise"),
        ({"numeric": numeric(knots=())}, "knots"),
        ({"numeric": numeric(high=float("inf"))}, "knots"),
        ({"categorical": (msgspec.structs.replace(channel, counts=(1,)),)}, "one count for each"),
        ({"categorical": (msgspec.structs.replace(channel, vocabulary=("a", "a", "b")),)}, "one count for each"),
        ({"vectors": {**baseline.vectors, "latency": (1, 2)}}, "'latency' must have 82"),
        ({"principals": {"bob": (1,)}}, "three counts"),
        ({"forest": forest(masses=(1, 2))}, "needs 12775 masses"),
        ({"forest": forest(masses=(0, *baseline.forest.masses[1:]))}, "the first above 0"),
        ({"forest": forest(height=40)}, "height of at most"),
        ({"forest": forest(calibration=())}, "calibration"),
        ({"forest": baseline.forest, "numeric": ()}, "numeric features"),
    ]
    for values, says in broken:
        assert any(says in fault for fault in changed(baseline, **values)), (values, says)


def test_what_is_called_sound_can_be_prepared(baseline: Baseline) -> None:
    Prepared(baseline)
