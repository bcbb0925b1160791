"""An attack is told before its minute closes: the ledger is the same with and without, and nobody is paged twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitors.judge import Judge
from schemas.alerts import CONFIRMED, PAGE, TICKET, TOLD, WITHDRAWN, Alert
from schemas.events import MINUTE_NS
from schemas.incidents import OVER, Incident
from schemas.pages import ACCEPTED, RESOLVE, TRIGGER, Answer, Page
from schemas.receivers import Receiver, Route
from schemas.settings import Settings
from streams.correlating import Correlator
from streams.paging import Paging
from streams.sinks.clickhouse import ClickHouseStore
from streams.sinks.memory import MemoryStore
from tests.integration.test_correlator_again import made
from tests.support.fresh import fresh
from tests.support.live import Judged, Messages, progress
from tests.support.queries import asks, prepared
from tests.support.traffic import MONDAY, RULES, rich, small_settings, traffic

BASELINE = prepared().baseline
CALM = traffic(9, 20, seed=1, change=rich)
ROWS = sorted([*CALM, *asks(40, "search", start=MONDAY + 240)], key=lambda row: float(row["ts"]))
Rows = list[dict[str, Any]]
LEDGER = "SELECT * EXCEPT generation FROM alerts_now ORDER BY id, transition"
SETTLED = "SELECT id, early, transition FROM notices_now ORDER BY id, transition"


@pytest.fixture(scope="module")
def said() -> Sequence[Messages]:
    return asyncio.run(progress(ROWS, [BASELINE], small_settings()))


@asynccontextmanager
async def new_store(folder: Path) -> AsyncIterator[ClickHouseStore]:
    async with fresh(Settings().replace("store", folder=str(folder))) as store:
        yield store


async def ledger(store: ClickHouseStore) -> Rows:
    return [dict(row) for row in await store.query(LEDGER)]


@pytest.fixture(scope="module")
def undisturbed(said: Sequence[Messages], tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """The ledger where nothing is told early: files, or a line that only closes."""

    async def judged() -> Rows:
        async with new_store(tmp_path_factory.mktemp("files")) as store:
            files = Judged(store, [BASELINE], looks=False)
            await files.start()
            await files.read(said)
            assert files.notices() == []
            return await ledger(store)

    rows = asyncio.run(judged())
    assert rows
    return rows


async def test_what_is_told_early_is_confirmed_and_the_ledger_is_the_same(
    said: Sequence[Messages], undisturbed: Rows, tmp_path: Path
) -> None:
    async with new_store(tmp_path) as store:
        live = Judged(store, [BASELINE])
        await live.start()
        await live.read(said)
        told, confirmed = live.notices()
        (alert,) = [a for a in live.told if a.id == told.id and not a.early and len(a.transitions) == 1]
        assert await ledger(store) == undisturbed
        assert [row["early"] for row in await store.query(SETTLED)] == [TOLD, CONFIRMED]
    assert (told.early, confirmed.early, told.principals) == (TOLD, CONFIRMED, ("eve",))
    assert live.told.index(told) < live.told.index(alert) < live.told.index(confirmed)


@pytest.mark.parametrize("again", [True, False], ids=["looks again", "only closes"])
async def test_a_kill_between_notice_and_close_changes_nothing(
    said: Sequence[Messages], undisturbed: Rows, tmp_path: Path, again: bool
) -> None:
    async with new_store(tmp_path) as store:
        killed = Judged(store, [BASELINE])
        await killed.start()
        at = await killed.read(said, until=lambda: bool(killed.notices()))
        assert at < len(said)
        killed.looks = again  # or so far behind that minutes close before it has looked
        await killed.start()
        await killed.read(said)
        assert await ledger(store) == undisturbed
        rows = [(row["id"], row["early"]) for row in await store.query(SETTLED)]
    first, *rest = killed.notices()
    assert [(n.id, n.early) for n in rest] == [(first.id, TOLD), (first.id, CONFIRMED)], "told again, by its id"
    assert rows == [(first.id, TOLD), (first.id, CONFIRMED)]


@pytest.mark.parametrize(("took_ms", "looks"), [(1, 20), (4, 10), (20, 4)])
async def test_looks_are_as_often_as_they_are_cheap(
    said: Sequence[Messages], monkeypatch: pytest.MonkeyPatch, took_ms: int, looks: int
) -> None:
    """Messages come a tenth of a second apart."""
    live, looked = Judged(MemoryStore(), [BASELINE]), []
    await live.start()
    assert live.judging is not None

    def look(news: object) -> list[Alert]:
        looked.append(live.now_ns)
        live.now_ns += took_ms * 10**6
        return []

    monkeypatch.setattr(live.judging.judge, "look", look)
    for messages in said[:20]:
        await live.judging.feed(messages)
        live.now_ns += 10**8
    assert len(looked) == looks


class Duty:
    """A receiver that keeps its pages."""

    def __init__(self) -> None:
        self.pages: list[Page] = []

    async def send(self, page: Page) -> Answer:
        self.pages.append(page)
        return Answer(ACCEPTED)

    async def close(self) -> None:
        """Nothing is held."""


ON_DUTY = replace(
    Settings().replace("pager", wait_seconds=0.0, repeat_minutes=0.0),
    receivers={"duty": Receiver("duty", "webhook")},
    routes=(Route(receivers=("duty",), levels=("ticket", PAGE)),),
)


async def pages(changes: Iterable[Sequence[Incident]]) -> list[Page]:
    """What a person on duty is told of these changes of incidents, one after the other."""
    duty, ticks = Duty(), iter(range(1, 10**6))
    paging = Paging(ON_DUTY, (), MemoryStore(), {"duty": duty}, lambda: next(ticks))
    for changed in changes:
        await paging.take(changed)
        await paging.look()
        while paging.busy:
            await asyncio.sleep(0)
    await paging.close()
    return duty.pages


async def paged(told: Sequence[Alert]) -> tuple[list[Page], Correlator]:
    """What a person on duty is told of all this, alert after alert."""
    correlator = Correlator(MemoryStore(), ON_DUTY)
    return await pages([await correlator.feed([alert]) for alert in told]), correlator


async def test_nobody_is_paged_twice_for_what_was_told_early(said: Sequence[Messages], tmp_path: Path) -> None:
    async with new_store(tmp_path / "store") as store:
        live = Judged(store, [BASELINE])
        await live.start()
        await live.read(said)
        told, _ = live.notices()
        mine = [alert for alert in live.told if alert.id == told.id]
    heard, correlator = await paged([mine[0], *mine])
    loud = [(page.key, page.level) for page in heard if page.kind == TRIGGER]
    assert [alert.level for alert in mine] == [PAGE, TICKET, PAGE, PAGE]  # a ticket after a page is no news
    assert loud == [(f"i-{told.id}", PAGE)]
    assert "told early" in heard[0].line
    (one,) = correlator.told.values()
    assert (one.early, one.alerts) == ("", (told.id,))


async def test_who_was_paged_hears_that_it_did_not_hold() -> None:
    judge, notice = Judge(small_settings(), RULES), _notice()
    judge.early.restore([notice])
    closes = [judge.close((MONDAY // 60 + minute) * MINUTE_NS, {}) for minute in range(12)]
    (end,) = (each for close in closes for each in close.notices)
    assert (end.early, end.transitions[-1].at_ns) == (WITHDRAWN, (MONDAY + 11 * 60) * 10**9)
    heard, correlator = await paged([notice, end, notice])
    assert [page.kind for page in heard] == [TRIGGER, RESOLVE]
    assert "withdrawn" in heard[1].line
    (one,) = correlator.told.values()
    assert (one.state, one.early) == (OVER, WITHDRAWN)
    # The closes may find it after all, and later: then it is news again.
    (back,) = await correlator.feed([replace(notice, early="")])
    assert (back.open, back.early, back.reason) == (True, "", "open again")


def _notice() -> Alert:
    at = MONDAY * 10**9
    alert = made("n", "card", 0, principals=("eve",))
    return replace(
        alert, early=TOLD, first_seen_ns=at, opened_ns=at, transitions=(replace(alert.transitions[0], at_ns=at),)
    )
