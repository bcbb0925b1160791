"""What the queries of an account look like together, and which family of attacks claims that."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from monitors.attacks import claims
from monitors.marks import mark
from monitors.querylaw import law_of
from monitors.track import Shape, Track
from schemas.queries import layout
from tests.support.queries import narrowed, prepared, shape


@pytest.mark.parametrize(
    ("looks", "family"),
    [
        (shape(unsure=0.9, around=0.2, close=0.9, near=0.8), "attack.evasion"),
        (shape(crowd=0.5, one=0.4, around=0.4, recent=0.5), "attack.evasion"),
        (shape(strange=0.8, close=0.1), "attack.extraction"),
        (shape(near=0.2, close=0.7, around=0.05, recent=0.06), "attack.extraction"),
        (shape(unsure=0.8, close=0.3), "attack.extraction"),
        (shape(strange=0.9, odd=0.9, close=0.9, around=0.3, rise=5.0), "attack.inversion"),
        (shape(strange=0.9, odd=0.9, close=0.9, around=0.3, rise=-5.0), "attack.evasion"),
        (shape(torn=0.4, around=0.01, recent=0.01), "attack.extraction"),
        (shape(torn=0.2, around=0.04, recent=0.05, fresh=0.14), "attack.extraction"),
        (shape(torn=0.2, around=0.04, recent=0.05, fresh=0.6), "attack.evasion"),
        (shape(near=0.2, around=0.07, recent=0.12, one=0.2), "attack.evasion"),
        (shape(one=0.5, sweep=0.5, flips=0.2, around=0.1, recent=0.2), "attack.extraction"),
        (shape(one=0.4, sweep=1.0), "attack.inversion"),
        (shape(near=0.3, hub=0.5, around=0.2, recent=0.4, close=0.9), "attack.membership"),
        (shape(torn=0.6, close=0.2, around=0.02, recent=0.03, fresh=0.7, next=0.12), "attack.membership"),
        (shape(torn=0.2, around=0.03, recent=0.04, flips=0.2, fresh=0.3, next=0.2), "attack.evasion"),
        (shape(near=0.4, crowd=0.2, around=0.2, recent=0.2, fresh=0.2, next=0.04), "attack.evasion"),
        (shape(near=0.3, crowd=0.2, boxed=0.9, around=0.2, recent=0.2, fresh=0.2), "attack.extraction"),
        (shape(one=0.4, sweep=0.1, near=0.15, around=0.06, recent=0.08, fresh=0.2), "attack.evasion"),
        (shape(one=0.9, sweep=0.3, crowd=0.7, around=0.5, recent=0.6), "attack.extraction"),
        (shape(torn=0.4, around=0.4, recent=0.4, fresh=0.3, rise=2.0), "attack.inversion"),
    ],
)
def test_a_shape_is_claimed_by_its_family(looks: Shape, family: str) -> None:
    said = claims(looks)
    assert max(said, key=lambda metric: said[metric]) == family


def test_steps_are_fresh_and_customers_and_samples_are_not() -> None:
    rng = np.random.default_rng(8)

    def track(codes: Any) -> Track:
        made = np.zeros(len(codes), layout(6))
        made["codes"], made["time"], made["hash"] = codes, np.arange(len(codes)), np.arange(len(codes))
        made["prints"], made["whole"] = rng.integers(0, 256, made["prints"].shape), np.arange(len(codes))
        law = law_of(prepared().baseline)
        assert law is not None
        small = narrowed(law, 6)
        found = Track(6)
        nobody = np.zeros(len(made), dtype=bool)
        assert list(mark([found], made, nobody.astype(np.int64), nobody, small))
        return found

    walk = np.clip(17 + np.cumsum(rng.integers(-1, 2, (300, 6)), axis=0), 1, 34)
    walks, scattered = track(walk).shape(), track(rng.integers(1, 34, (300, 6))).shape()
    assert walks.fresh is not None
    assert scattered.fresh is not None
    assert walks.fresh > 0.7 > 0.25 > scattered.fresh
    assert (walks.chained, scattered.chained) == (True, False)
    assert track(walk[:80]).shape().fresh is None
