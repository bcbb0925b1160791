"""Minutes drawn as counts are what observing their events would have counted."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from monitors.observe import observe
from monitors.prepared import Prepared
from schemas.events import EventBatch, Ints
from schemas.summaries import Summary
from tests.support.drawn_minutes import BOUNDS, Said, at, bank_of, baseline_of, draw, taken

EVENTS = 2000


@pytest.fixture(scope="module")
def bank() -> EventBatch:
    return bank_of("m", 3, 0.1, EVENTS, [1])


@pytest.fixture(scope="module")
def prepared(bank: EventBatch) -> Prepared:
    which = draw(np.random.default_rng(2), EVENTS, 2100, 0.6)
    return Prepared(baseline_of(bank, which, np.arange(2100) // 35))


def observed(bank: EventBatch, which: Ints, prepared: Prepared) -> Summary:
    events = at(taken(bank, which), np.full(len(which), 7))
    block = np.zeros(len(which), dtype=np.int64)
    (said,) = observe(events, block, 1, 0, lambda model, version, number: prepared, BOUNDS).on_time[0].values()
    return said


def minutes(bank: EventBatch, prepared: Prepared) -> Iterator[tuple[Summary, Summary | None]]:
    """Some minutes, observed and drawn."""
    rng = np.random.default_rng(3)
    which = [draw(rng, EVENTS, size, 0.6) for size in (50, 1, 300)]
    drawn = Said.of(bank, prepared).together(which, rng)
    return zip([observed(bank, one, prepared) for one in which], drawn, strict=True)


def test_a_drawn_minute_counts_what_its_events_say(bank: EventBatch, prepared: Prepared) -> None:
    for direct, drawn in minutes(bank, prepared):
        assert drawn is not None
        assert {name: counts.tolist() for name, counts in drawn.vectors.items() if counts.any()} == {
            name: counts.tolist() for name, counts in direct.vectors.items() if counts.any()
        }
        assert drawn.principals == direct.principals
        assert drawn.predictions == direct.predictions


def test_its_labels_are_those_of_its_events(bank: EventBatch, prepared: Prepared) -> None:
    for direct, drawn in minutes(bank, prepared):
        assert drawn is not None
        assert len({row.hash for row in drawn.labelled}) == len(drawn.labelled)
        assert sorted((r.score, r.true) for r in drawn.labelled) == sorted((r.score, r.true) for r in direct.labelled)


def test_a_minute_without_events_is_none(bank: EventBatch, prepared: Prepared) -> None:
    empty = np.empty(0, dtype=np.int64)
    assert list(Said.of(bank, prepared).together([empty], np.random.default_rng(0))) == [None]
