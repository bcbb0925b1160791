"""Blindness alarms of the pager: what Mirqab itself no longer sees becomes an incident like any other.

Looked at every minute: whether the store answers, whether records wait that nobody reads, whether more is rejected than
usual, whether a metric fell silent. Time is that of the stored data where it can be, so that a demo's own time is no
alarm. What the store cannot keep, because it is away, is told without it.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from hashlib import blake2b

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from monitors.blind import CHECKS, Standing, readings_gone, rejects_rising
from schemas.errors import MirqabError
from schemas.incidents import ALERT, OVER, Incident
from schemas.settings import Settings
from schemas.tables import INCIDENTS
from streams.incidentrows import incident_of, incident_rows
from streams.kafka import aio_arguments
from streams.store import Store

log = logging.getLogger("mirqab.pager")
MINUTE_NS = 60_000_000_000
EVERY_SECONDS = 60.0
AWAY_TIMES = 2  # looks in a row that find no store before it is told
MODEL = "(mirqab)"
REJECTED = """
WITH (SELECT max(opened) FROM blocks_now) AS newest
SELECT sumIf(rejects, opened >= newest - INTERVAL 15 MINUTE) AS rejects_now,
    sumIf(events + rejects, opened >= newest - INTERVAL 15 MINUTE) AS records_now,
    sumIf(rejects, opened < newest - INTERVAL 15 MINUTE) AS rejects_before,
    sumIf(events + rejects, opened < newest - INTERVAL 15 MINUTE) AS records_before
FROM blocks_now WHERE opened >= newest - INTERVAL 1 DAY
"""
GIVEN = """
WITH (SELECT max(at) FROM readings) AS newest
SELECT metric, countIf(at > newest - INTERVAL 65 MINUTE) AS last, countIf(at <= newest - INTERVAL 65 MINUTE) AS before
FROM readings WHERE at > newest - INTERVAL 1 DAY AND value IS NOT NULL GROUP BY metric
"""
STANDING = "SELECT content FROM incidents_now WHERE startsWith(id, 'self-') ORDER BY id, transition DESC LIMIT 1 BY id"


class Blindness:
    """`store` does not wait: a look that finds it away says so. `take` is told incidents, `away` why it is away.

    `now_ns` is the machine's own clock.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        now_ns: Callable[[], int],
        take: Callable[[list[Incident]], Awaitable[None]],
        away: Callable[[str], None],
    ) -> None:
        self.settings, self.store, self.now_ns, self.take, self.away = settings, store, now_ns, take, away
        self.standing = Standing(int(settings.pager.stuck_minutes * MINUTE_NS))
        self.open: dict[str, Incident] | None = None
        self.missed = 0

    async def look(self) -> None:
        """One look: new incidents, and the end of those that are over."""
        try:
            if self.open is None:
                known = [incident_of(row["content"]) for row in await self.store.query(STANDING)]
                self.open = {i.rule: i for i in known}
            found = {"rejects_rising": await self._rejected(), "readings_gone": await self._gone()}
        except MirqabError as e:
            self.missed += 1
            if self.missed == AWAY_TIMES:
                self.away(f"{CHECKS['store_away'].title}: {e}")
            return
        if self.missed >= AWAY_TIMES:
            self.away("")
        self.missed = 0
        found["stuck_partition"] = await self._stuck()
        changed = [self._change(rule, why) for rule, why in found.items()]
        told = [i for i in changed if i is not None]
        if told:
            await self.store.insert(INCIDENTS.name, incident_rows(told))
            await self.take(told)

    def _change(self, rule: str, why: str) -> Incident | None:
        assert self.open is not None
        before, now = self.open.get(rule), self.now_ns()
        if before is not None and before.open:
            if why:
                return None
            over = replace(before, state=OVER, resolved_ns=now, updated_ns=now, number=before.number + 1, reason="over")
            self.open[rule] = over
            return over
        if not why:
            return None
        check = CHECKS[rule]
        self.open[rule] = Incident(
            id=f"self-{rule}-{blake2b(str(now).encode(), digest_size=4).hexdigest()}", state="open", level=check.level,
            cause=ALERT, family="blindness", rule=rule, model=MODEL, lead="", alerts=(), explained=(), models=(MODEL,),
            principals=(), opened_ns=now, updated_ns=now, resolved_ns=None, title=f"{check.title}: {why}", p=None,
            effect=None, n=0, reason="opened",
        )  # fmt: skip
        return self.open[rule]

    async def _rejected(self) -> str:
        (row,) = await self.store.query(REJECTED)
        now, before = ((int(row[f"rejects_{when}"]), int(row[f"records_{when}"])) for when in ("now", "before"))
        return rejects_rising(now, before)

    async def _gone(self) -> str:
        rows = await self.store.query(GIVEN)
        gone = readings_gone(
            {row["metric"]: int(row["last"]) for row in rows}, {row["metric"]: int(row["before"]) for row in rows}
        )
        return ", ".join(gone[:10]) if gone else ""

    async def _stuck(self) -> str:
        """What the group has not read; "" where the broker does not tell."""
        try:
            ends = await lags(self.settings)
        except (KafkaError, OSError) as e:
            log.debug("lags are not known: %r", e)
            return ""
        return "; ".join(self.standing.look(ends, self.now_ns())[:10])


async def lags(settings: Settings) -> dict[tuple[str, int], tuple[int, int]]:
    """(committed, end) of every partition that the workers' group has committed. Raises KafkaError.

    It asks in the group's name without joining it.
    """
    kafka = settings.kafka
    consumer = AIOKafkaConsumer(*kafka.topics, **aio_arguments(kafka), enable_auto_commit=False)
    asking = AIOKafkaConsumer(**aio_arguments(kafka), group_id=kafka.group, enable_auto_commit=False)
    try:
        await consumer.start()
        known = [TopicPartition(topic, p) for topic in kafka.topics for p in consumer.partitions_for_topic(topic) or ()]
        asking.assign(known)
        await asking.start()
        ends = await consumer.end_offsets(known)
        held = {tp: await asking.committed(tp) for tp in known}
        return {(tp.topic, tp.partition): (at, int(ends[tp])) for tp, at in held.items() if at is not None}
    finally:
        await consumer.stop()
        await asking.stop()
