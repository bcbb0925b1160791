"""Agent `judge`, without the broker: progress messages of one shard to stored closes, judgement, published alerts.

The protocol, per shard (design §3.2):
 1. take messages; store what came too late;
 2. store every close, and the minutes it counted, before judging it;
 3. judge; store baselines, readings, signals, alerts and profiles;
 4. publish baselines and changed alerts;
 5. look at what has come of open minutes; an attack found there is stored, then published, as a notice;
 6. let the offset of the oldest message that an open minute still needs be committed.
State is rebuilt from the last profiles and the closes since, through the same code. Outcomes of closes whose commit is
not known to have happened are stored and published again; everything downstream removes duplicates.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from monitors.judge import Judge, Outcome
from monitors.shard import Close, Shard, ShardLimits
from monitors.week import WEEK_NS
from schemas import tables
from schemas.alerts import Alert
from schemas.baselines import Baseline
from schemas.errors import StoreRefused
from schemas.rules import Rule
from schemas.settings import Settings
from streams import judgerows as rows
from streams.alertwire import decode as alert_of
from streams.known import Baselines, store_baseline
from streams.meter import Meter
from streams.minutes import minutes_of
from streams.store import Store
from streams.wire import decode

SECOND_NS = 1_000_000_000
LOOK_NS = SECOND_NS // 2  # most between two looks at open minutes, while messages come
LOOKED = 50  # or so many times what the last one took, if that is less
AT_ONCE = 500  # closes stored and judged together while catching up
A_DAY = 1440  # closes read together while rebuilding
UNSURE = 2 * AT_ONCE  # rebuilt outcomes kept until it is known from where messages are read again

LAST_PROFILE = "SELECT max(at_ns) AS at_ns FROM profiles_now WHERE shard = {shard:UInt32}"
PROFILES = "SELECT state FROM profiles_now WHERE shard = {shard:UInt32} AND at_ns = {at_ns:Int64} ORDER BY model"
CLOSES = """
SELECT minute_ns, position, floor, sources FROM closes_now
WHERE shard = {shard:UInt32} AND minute_ns >= {since:Int64} ORDER BY minute_ns LIMIT {limit:UInt32}
"""
# Those settled since are told again as the closes are judged again.
NOTICES = """
SELECT content FROM notices_now
WHERE shard = {shard:UInt32} AND first_seen_ns > {week:Int64} AND (early = 'told' OR at_ns <= {since:Int64})
ORDER BY id, transition DESC LIMIT 1 BY id
"""
CLOSED_BEFORE = """
SELECT minute_ns, position, sources FROM closes_now
WHERE shard = {shard:UInt32} AND minute_ns < {since:Int64} ORDER BY minute_ns DESC LIMIT {limit:UInt32}
"""


class Clocks(NamedTuple):
    """The line's clock, by which a notice is told, and the machine's, by which looks are apart; both ns."""

    line: Callable[[], int]
    wall: Callable[[], int]


class Judging:
    """One shard. `tell(alerts, baselines)` publishes; `floor(offset)` is told what may be committed.

    With `clocks` attacks are told before their minute closes; files have none, and wait for no minute.
    """

    def __init__(
        self,
        shard: int,
        settings: Settings,
        ruleset: tuple[Rule, ...],
        store: Store,
        baselines: Baselines,
        *,
        tell: Callable[[Sequence[Alert], Sequence[Baseline]], Awaitable[None]],
        floor: Callable[[int], None],
        meter: Meter,
        clocks: Clocks | None = None,
    ) -> None:
        self.number, self.settings, self.store, self.baselines = shard, settings, store, baselines
        self.tell, self.floor, self.meter = tell, floor, meter
        self.judge = Judge(settings, ruleset, settings.kafka.partitions)
        self.shard = Shard(ShardLimits.of(settings), lambda model, version: (model, version) in self.judge.states)
        self.clocks, self.next_look_ns = clocks, 0
        self.looks = clocks is not None and settings.judge.early_share > 0
        if self.looks:
            self.shard.news()
        self.generation = 0
        self.told = False  # whether notices that were open at the start were told again
        self.unsure: list[tuple[int, Outcome]] = []  # (floor, outcome) of rebuilt closes that may not have been told

    async def rebuild(self, seen: Callable[[int], None] = lambda minute_ns: None) -> int:
        """Bring the judge to where the stored closes end; returns how many closes were replayed.

        `seen` is called with each minute as it is judged.
        """
        self._know(self.baselines)
        since = -1
        found = await self.store.query(LAST_PROFILE, {"shard": self.number})
        if found and found[0]["at_ns"]:
            since = int(found[0]["at_ns"])
            states = await self.store.query(PROFILES, {"shard": self.number, "at_ns": since})
            self.judge.load([row["state"].encode() for row in states], since - 60 * SECOND_NS)
            # What these counted is in the profiles; that they are closed is not.
            for close in reversed(
                await self.store.query(CLOSED_BEFORE, {"shard": self.number, "since": since, "limit": UNSURE})
            ):
                self._restore(close)
        told = await self.store.query(NOTICES, {"shard": self.number, "since": since, "week": since - WEEK_NS})
        self.judge.early.restore(alert_of(row["content"]) for row in told)
        replayed = 0
        async for close, outcome in self._replay(since):
            self._restore(close)
            self.unsure.append((int(close["floor"]), outcome))
            del self.unsure[:-UNSURE]
            replayed += 1
            seen(int(close["minute_ns"]))
        return replayed

    def _restore(self, close: Mapping[str, Any]) -> None:
        self.shard.restore(int(close["minute_ns"]), rows.sources_of(close["sources"]), int(close["position"]))

    async def replay_all(self, seen: Callable[[int], None] = lambda minute_ns: None) -> list[Alert]:
        """Every alert transition of all stored closes, judged anew from the first one; nothing is stored or told.

        `seen` is called with each minute as it is judged.
        """
        self._know(self.baselines)
        alerts: list[Alert] = []
        async for close, outcome in self._replay(-1):
            alerts += outcome.alerts
            seen(int(close["minute_ns"]))
        return alerts

    async def _replay(self, since: int) -> AsyncIterator[tuple[Mapping[str, Any], Outcome]]:
        """Judge the stored closes from `since` on, a day at a time."""
        while True:
            closes = await self.store.query(CLOSES, {"shard": self.number, "since": since, "limit": A_DAY})
            if not closes:
                return
            until = int(closes[-1]["minute_ns"])
            minutes = await minutes_of(self.store, self.number, since, until)
            for close in closes:
                minute = int(close["minute_ns"])
                yield close, self.judge.close(minute, minutes.get(minute, {}))
                await asyncio.sleep(0)  # without a breath a long rebuild would miss the consumer's heartbeats
            since = until + 1

    def _know(self, baselines: Baselines) -> None:
        for prepared in baselines.all():
            self.judge.know(prepared)

    def expect(self, partitions: Iterable[tuple[str, int]]) -> None:
        """The source partitions that exist, as (topic, partition)."""
        self.shard.expect(partitions)

    async def feed(self, messages: Sequence[tuple[int, bytes]], generation: int = 0) -> None:
        """Messages of this shard in offset order: (offset, bytes). Returns when everything they close is told."""
        self.generation = generation
        await self._retell(messages[0][0])
        late = []
        for offset, data in messages:
            try:
                message = decode(data)
            except msgspec.MsgspecError as e:
                topic = f"{self.settings.kafka.prefix}.summaries"
                raise StoreRefused(f"{topic} partition {self.number} offset {offset} is not Mirqab's: {e}") from e
            late += self.shard.ingest(message, offset)
        if late:
            await self.store.insert(tables.MINUTES_LATE.name, rows.late_rows(late))
        closes = self.shard.closable()
        for at in range(0, len(closes), AT_ONCE):
            await self._close(closes[at : at + AT_ONCE])
        await self._look()
        self.floor(self.shard.floor())

    async def _look(self) -> None:
        """What can be told of minutes that are open, as often as it is cheap.

        Of a quiet model the next message may be long in coming, so what this one brings is not left for it.
        """
        if self.clocks is None or not self.looks or (began := self.clocks.wall()) < self.next_look_ns:
            return
        notices = self.judge.look(self.shard.news())
        ended = self.clocks.wall()
        self.next_look_ns = ended + min(LOOK_NS, LOOKED * (ended - began))
        if notices:
            await self._store_notices(notices)
            await self.tell(notices, [])

    async def _store_notices(self, notices: Sequence[Alert]) -> None:
        known_ns = 0 if self.clocks is None else self.clocks.line()
        table = rows.notice_rows(notices, known_ns, self.number, self.generation)
        await self.store.insert(tables.NOTICES.name, table)

    async def _retell(self, offset: int) -> None:
        """Closes whose floor is not behind where we read on were perhaps judged, but not known to be told.

        A floor equal to it says nothing: many minutes may hang on one message, and only the first of them was told.
        """
        outcome = Outcome()
        for floor, past in self.unsure:
            if floor >= offset:
                outcome.extend(past)
        told = [] if self.told else self.judge.early.open
        self.unsure, self.told = [], True
        await self._emit(outcome)
        if told:
            await self.tell(told, [])

    async def _close(self, closes: list[Close]) -> None:
        minutes = rows.minute_rows(closes, self.number, self.generation)
        if minutes is not None:
            await self.store.insert(tables.MINUTES.name, minutes)
        queries = rows.principal_minute_rows(closes, self.number, self.generation)
        if queries is not None:
            await self.store.insert(tables.PRINCIPAL_MINUTES.name, queries)
        texts = rows.text_minute_rows(closes, self.number, self.generation)
        if texts is not None:
            await self.store.insert(tables.TEXT_MINUTES.name, texts)
        await self.store.insert(tables.CLOSES.name, rows.close_rows(closes, self.number, self.generation))
        await self._learn_of({key.baseline for close in closes for key in close.summaries})
        outcome = Outcome()
        for close in closes:
            outcome.extend(self.judge.close(close.minute_ns, close.summaries))
            await asyncio.sleep(0)
        await self._emit(outcome)
        self.meter.closed(self.number, closes, outcome)

    async def _learn_of(self, ids: set[str]) -> None:
        """Another worker may have scored with a baseline that has not reached us by topic; it is in the store."""
        if any(id and id not in self.judge.prepared for id in ids):
            await self.baselines.read(self.store)
            self._know(self.baselines)

    async def _emit(self, outcome: Outcome) -> None:
        """Store, then tell: an alert's page must exist before the phone rings."""
        for baseline in outcome.baselines:
            await store_baseline(self.store, baseline)
        if outcome.readings:
            await self.store.insert(tables.READINGS.name, rows.reading_rows(outcome.readings, self.generation))
        if outcome.signals:
            await self.store.insert(tables.SIGNALS.name, rows.signal_rows(outcome.signals, self.generation))
        if outcome.alerts:
            await self.store.insert(tables.ALERTS.name, rows.alert_rows(outcome.alerts, self.generation))
        if outcome.notices:
            await self._store_notices(outcome.notices)
        if outcome.profiles:
            await self.store.insert(
                tables.PROFILES.name, rows.profile_rows(outcome.profiles, self.number, self.generation)
            )
        if outcome.alerts or outcome.notices or outcome.baselines:
            await self.tell([*outcome.alerts, *outcome.notices], outcome.baselines)
