"""The pager over a real store: what is owed after a kill, retries, a receiver that refuses, what people said."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from schemas.actions import Action, act, closing, window
from schemas.incidents import OVER, Incident
from schemas.pages import ACCEPTED, AGAIN, NEVER, Answer, Page
from schemas.receivers import Receiver, Route
from schemas.settings import Settings
from schemas.tables import INCIDENTS
from streams.actions import record
from streams.incidentrows import incident_rows
from streams.paging import Paging
from streams.sinks.clickhouse import ClickHouseStore
from tests.unit.test_stages import MINUTE, incident


class Heard:
    """A receiver in memory whose answers are given; at the end of them it accepts."""

    def __init__(self, answers: Sequence[Answer] = ()) -> None:
        self.answers, self.pages = list(answers), list[Page]()

    async def send(self, page: Page) -> Answer:
        answer = self.answers.pop(0) if self.answers else Answer(ACCEPTED)
        if answer.word == ACCEPTED:
            self.pages.append(page)
        return answer

    async def close(self) -> None:
        """Nothing is held."""

    @property
    def said(self) -> list[tuple[str, int, str]]:
        return [(page.key, page.number, page.kind) for page in self.pages]


class Clock:
    now = 1_800_000_000_000_000_000

    def __call__(self) -> int:
        return self.now


class House:
    """A pager with receivers in memory; `again` is the next one after a kill."""

    def __init__(self, store: ClickHouseStore, **heard: Heard) -> None:
        self.store, self.heard, self.clock = store, heard, Clock()
        kinds = {name: Receiver(name, "slack" if name == "chat" else "webhook") for name in heard}
        options: dict[str, Any] = {"wait_seconds": 0.0, "undelivered_seconds": 0.0}
        options |= {"fallback": "second"} if "second" in heard else {}
        options |= {"escalate_to": ["boss"]} if "boss" in heard else {}
        self.settings = replace(Settings(receivers=kinds).replace("pager", **options))
        routes = tuple(name for name in heard if name not in ("second", "boss"))
        self.settings = replace(self.settings, routes=(Route(receivers=routes),))
        self.paging = self.again()

    def again(self) -> Paging:
        self.paging = Paging(self.settings, (), self.store, self.heard, self.clock)
        for desk in self.paging.desks.values():
            desk.sleep = lambda seconds: asyncio.sleep(0)
        return self.paging

    async def news(self, *incidents: Incident) -> None:
        """As `correlate` does: stored, then told."""
        await self.store.insert(INCIDENTS.name, incident_rows(incidents))
        await self.paging.take(incidents)
        await self.turn()

    async def turn(self, minutes: float = 0) -> None:
        self.clock.now += int(minutes * MINUTE)
        await self.paging.read_acts()
        await self.paging.look()
        while self.paging.busy:
            await asyncio.sleep(0.005)

    async def did(self, *actions: Action) -> None:
        await record(self.store, *actions)
        await self.turn()


House_ = Callable[..., House]


async def test_an_incident_is_told_from_its_beginning_to_its_end_once(store: ClickHouseStore) -> None:
    house = House(store, duty=Heard(), chat=Heard())
    await house.news(incident())
    await house.news(incident(number=1, reason="1 alert joined", alerts=("1", "2")))
    await house.turn(1)
    await house.news(incident(number=2, state=OVER, resolved_ns=9))
    await house.news(incident(number=2, state=OVER, resolved_ns=9))
    assert house.heard["duty"].said == [("i-1", 0, "trigger"), ("i-1", 1, "update"), ("i-1", 2, "resolve")]
    assert house.heard["chat"].said == [("i-1", 0, "trigger"), ("i-1", 2, "resolve")], "a chat is not told of updates"
    rows = await store.query("SELECT receiver, transition, kind, answer FROM deliveries_now ORDER BY receiver, at_ns")
    assert len(rows) == 5


async def test_after_a_kill_only_what_is_not_settled_is_told_again(store: ClickHouseStore) -> None:
    house = House(store, duty=Heard(), other=Heard([Answer(AGAIN, "busy")] * 1000))
    await store.insert(INCIDENTS.name, incident_rows([incident()]))
    await house.paging.rebuild()
    await house.paging.look()
    while not await store.query("SELECT answer FROM deliveries_now WHERE receiver = 'duty'"):
        await asyncio.sleep(0.005)
    await house.paging.close()  # killed: `other` has not taken it

    house.heard["other"].answers = []
    await house.again().rebuild()
    await house.turn()
    late = ("undelivered-other-i-1", 0, "undelivered")
    assert house.heard["duty"].said == [("i-1", 0, "trigger"), late], "it was settled"
    assert house.heard["other"].said == [("i-1", 0, "trigger")]
    await house.again().rebuild()
    await house.turn()
    assert (len(house.heard["duty"].pages), len(house.heard["other"].pages)) == (2, 1)


async def test_what_happened_while_the_pager_was_dead_is_told(store: ClickHouseStore) -> None:
    """What was over before the first pager of a store began is not; that it began is known even if it told nothing."""
    house = House(store, duty=Heard())
    begun = incident().updated_ns
    old = incident(id="i-0", number=1, state=OVER, resolved_ns=begun)
    await store.insert(INCIDENTS.name, incident_rows([incident(id="i-0"), old]))
    await house.paging.rebuild()
    over = replace(incident(number=1, state=OVER), resolved_ns=begun + 9, updated_ns=begun + 9)
    await store.insert(INCIDENTS.name, incident_rows([incident(), over, incident(id="i-2")]))
    await house.again().rebuild()
    await house.turn()
    await house.turn()
    assert sorted(house.heard["duty"].said) == [("i-1", 1, "resolve"), ("i-1", 1, "trigger"), ("i-2", 0, "trigger")]


async def test_who_is_named_as_a_receiver_later_is_told_what_stands_and_not_what_was(store: ClickHouseStore) -> None:
    nobody = House(store)
    await nobody.paging.rebuild()
    for n in range(20):
        await nobody.news(incident(id=f"self-{n}"))
        await nobody.news(replace(incident(id=f"self-{n}", number=1, state=OVER), resolved_ns=9))
    await nobody.news(incident())
    assert nobody.paging.book == {}
    later = House(store, duty=Heard())
    await later.paging.rebuild()
    await later.turn()
    assert later.heard["duty"].said == [("i-1", 0, "trigger")]


async def test_a_page_that_is_not_taken_is_a_page_to_somebody_else(store: ClickHouseStore) -> None:
    house = House(store, duty=Heard([Answer(AGAIN, "HTTP 503 <b>", 3.0), Answer(AGAIN, "HTTP 503")]), second=Heard())
    await house.news(incident())
    assert house.heard["duty"].said == [("i-1", 0, "trigger")]
    late, well = house.heard["second"].pages
    assert (late.kind, late.key) == ("undelivered", "undelivered-duty-i-1")
    assert late.line.startswith("PAGE NOT DELIVERED to duty (HTTP 503 _b_): PAGE feature_drift on card")
    assert (well.kind, well.key) == ("resolve", late.key)
    house = House(store, duty=Heard([Answer(NEVER, "HTTP 400")]), second=Heard())
    await house.news(incident(id="i-3"))
    assert [page.kind for page in house.heard["second"].pages] == ["undelivered"]
    rows = await store.query(
        "SELECT answer, attempt FROM deliveries_now WHERE receiver = 'duty' ORDER BY incident, attempt"
    )
    assert [row["answer"] for row in rows] == [AGAIN, AGAIN, ACCEPTED, NEVER]


async def test_where_no_fallback_is_named_or_it_is_the_silent_one_another_is_told(store: ClickHouseStore) -> None:
    house = House(store, duty=Heard([Answer(NEVER, "HTTP 400")]), chat=Heard())
    await house.news(incident())
    assert house.heard["chat"].said == [("i-1", 0, "trigger"), ("undelivered-duty-i-1", 0, "undelivered")]
    house = House(store, duty=Heard(), second=Heard([Answer(NEVER, "HTTP 400")]))
    house.settings = replace(house.settings, routes=(Route(receivers=("second",)),))
    house.again()
    await house.news(incident(id="i-2"))
    assert [page.kind for page in house.heard["duty"].pages] == ["undelivered"]


async def test_news_of_a_silent_receiver_makes_no_news_of_its_own(store: ClickHouseStore) -> None:
    house = House(store, duty=Heard([Answer(NEVER, "HTTP 400")]), second=Heard([Answer(AGAIN, "HTTP 503")]))
    await house.news(incident())
    assert [page.kind for page in house.heard["second"].pages] == ["undelivered"]
    assert house.heard["duty"].pages == [], "it was told of no trouble that could be over"


async def test_a_store_that_is_away_is_told_to_each_receiver_once(store: ClickHouseStore) -> None:
    house = House(store, duty=Heard(), second=Heard())
    house.settings = replace(house.settings, routes=())
    house.again().store_away("no answer")
    await house.turn()
    assert [len(heard.pages) for heard in house.heard.values()] == [1, 1]


async def test_a_mailbox_hears_of_other_models_only(store: ClickHouseStore) -> None:
    house = House(store, chat=Heard())
    await house.news(incident())
    await house.news(incident(number=1, alerts=("1", "2"), reason="1 alert joined"))
    await house.news(incident(number=2, spread=2, models=("card", "loan"), reason="1 alert joined and reached loan"))
    assert house.heard["chat"].said == [("i-1", 0, "trigger"), ("i-1", 2, "spread")]
    assert "1 alert joined and reached loan" in house.heard["chat"].pages[1].line
    await house.again().rebuild()
    await house.turn()
    assert len(house.heard["chat"].said) == 2, "the next pager knows it"


async def test_people_are_heard(store: ClickHouseStore) -> None:
    house = House(store, duty=Heard(), boss=Heard())
    said = {"actor": "amal", "reason": "because"}
    await house.did(act(1, "silence", "model", "quiet*", value=window(0, house.clock.now + 60 * MINUTE), **said))
    await house.news(incident(), incident(id="i-2", model="quiet-1", models=("quiet-1",)))
    assert house.heard["duty"].said == [("i-1", 0, "trigger")]
    await house.turn(31)
    assert house.heard["boss"].said == [("i-1", 0, "escalation")]
    await house.did(act(2, "acknowledge", "incident", "i-1", **said))
    await house.turn(500)
    kinds = [(key, kind) for key, _, kind in house.heard["duty"].said]
    assert kinds == [("i-1", "trigger"), ("i-1", "acknowledge"), ("i-2", "trigger")], (
        "the silence ended, and it is open"
    )
    await house.did(*closing(3, "i-1", ["1"], value="drift", **said))
    assert house.heard["duty"].said[-1] == ("i-1", 0, "resolve")
    assert house.heard["boss"].said[-1] == ("i-1", 0, "resolve")
    held = await store.query("SELECT incident, detail FROM deliveries_now WHERE answer = 'held'")
    assert [(row["incident"], row["detail"]) for row in held] == [("i-2", "silence by amal")]
