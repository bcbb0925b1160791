"""The audit chain: what is sealed can be neither changed nor removed without being named."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from schemas.actions import APPROVE, Action
from schemas.audit import Entry, faults, link
from streams import auditing
from streams.actions import record
from streams.sinks.clickhouse import ClickHouseStore
from tests.support.weeks import opened

NEWS = [Entry(0, i, "actions", f"s{i}", "ali", "approve on baseline", f"d{i}", "") for i in range(6)]


def told(entries: Sequence[Entry], kept: Sequence[Entry]) -> list[str]:
    return list(faults(entries, [entry.hash for entry in kept]))


def test_a_chain_that_nobody_touched_has_no_fault() -> None:
    first = list(link(None, NEWS[:3]))
    whole = [*first, *link(first[-1], NEWS[3:])]
    assert [entry.seq for entry in whole] == list(range(6))
    assert told(whole, whole) == []


@pytest.mark.parametrize("field", ["at_ns", "actor", "what", "digest", "subject"])
def test_a_changed_entry_is_named(field: str) -> None:
    whole = list(link(None, NEWS))
    changed = [*whole]
    other: dict[str, Any] = {field: 7 if field == "at_ns" else "other"}
    changed[2] = replace(whole[2], **other)
    assert "entry 2" in told(changed, whole)[0]
    # With its own hash made anew, the next one no longer follows.
    assert "entry 3" in told(changed, changed)[0]


def test_a_removed_entry_is_named() -> None:
    whole = list(link(None, NEWS))
    assert "entry 2 is missing" in told(whole[:2] + whole[3:], whole[:2] + whole[3:])[0]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[ClickHouseStore]:
    async with opened(tmp_path / "store") as store:
        for i in range(3):
            await record(store, Action(1000 + i, APPROVE, "baseline", f"b{i}", "ali", "a normal week"))
        yield store


async def test_sealing_twice_adds_nothing_and_later_acts_follow(store: ClickHouseStore) -> None:
    assert (await auditing.seal(store), await auditing.seal(store)) == (3, 0)
    await record(store, Action(2000, APPROVE, "baseline", "b9", "huda", "x"))
    assert await auditing.seal(store) == 1
    assert await auditing.check(store) == []


async def test_a_row_changed_or_removed_after_sealing_is_named(store: ClickHouseStore) -> None:
    await auditing.seal(store)
    await store.command(
        "ALTER TABLE actions UPDATE reason = 'never said' WHERE subject = 'b1' SETTINGS mutations_sync = 2"
    )
    await store.command("ALTER TABLE actions DELETE WHERE subject = 'b2' SETTINGS mutations_sync = 2")
    wrong = await auditing.check(store)
    assert [("b1" in text, "is not what was sealed" in text) for text in wrong[:1]] == [(True, True)]
    assert "is gone" in wrong[1]


async def test_an_entry_changed_in_the_chain_is_named(store: ClickHouseStore) -> None:
    await auditing.seal(store)
    await store.command("ALTER TABLE audit UPDATE actor = 'nobody' WHERE seq = 1 SETTINGS mutations_sync = 2")
    assert "entry 1" in (await auditing.check(store))[0]
