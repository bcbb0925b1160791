"""Blindness alarms of the pager: what Mirqab itself no longer sees becomes an incident like any other.

Looked at every minute: whether the store answers, whether records wait that nobody reads, whether more is rejected than
usual, whether a metric fell silent, whether models answer that no setting names, whether a version's file changed,
whether Grafana was given what this version ships, whether drills see no more what they saw, whether reports reach their
owners, whether rounds of reports and drills fail. Time is that of the stored
data where it can be, so that a demo's own time is no alarm. What the store cannot keep, because it is away, is told
without it.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from hashlib import blake2b
from importlib.metadata import entry_points

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from monitors.blind import (
    CHECKS,
    Finding,
    Standing,
    drills_lost,
    exchanged,
    grafana_stale,
    readings_gone,
    rejects_rising,
    rounds_failed,
    unmailed,
    unregistered,
)
from schemas.actions import PUSH
from schemas.errors import MirqabError
from schemas.incidents import ALERT, OVER, SELF, Incident
from schemas.settings import Settings
from schemas.tables import INCIDENTS
from streams.incidentrows import incident_of, incident_rows
from streams.kafka import aio_arguments
from streams.rounds import FACT
from streams.store import Store

log = logging.getLogger("mirqab.pager")
MINUTE_NS = 60_000_000_000
EVERY_SECONDS = 60.0
AWAY_TIMES = 2  # looks in a row that find no store before it is told
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
SELECT metric, countIf(at > newest - INTERVAL 65 MINUTE) AS last,
    uniqExactIf(toStartOfHour(at), at <= newest - INTERVAL 65 MINUTE) AS before
FROM readings WHERE at > newest - INTERVAL 1 DAY AND value IS NOT NULL GROUP BY metric
"""
ANSWERED = """
WITH (SELECT max(minute) FROM minutes) AS newest
SELECT model, count() AS minutes FROM minutes_now
WHERE segment = '' AND minute > newest - INTERVAL 1 DAY GROUP BY model ORDER BY model LIMIT 5000
"""
FILES = """
SELECT model, version, artifact FROM assets_now
WHERE (model, version) IN (SELECT model, version FROM assets_now GROUP BY model, version HAVING count() > 1)
ORDER BY first_ns, artifact LIMIT 100000
"""
LOST = """
SELECT model, kind, groupArrayIf(strength, lost) AS strengths,
    arrayDistinct(arrayFlatten(groupArrayIf(by, lost))) AS rules
FROM (
    SELECT model, kind, strength, argMax(lost, at_ns) = 1 AS lost,
        argMaxIf(rules, at_ns, level IN ('ticket', 'page')) AS by
    FROM drills_now WHERE untried = '' GROUP BY model, kind, strength
    ORDER BY indexOf(['weak', 'medium', 'strong'], strength)
)
GROUP BY model, kind HAVING notEmpty(strengths) ORDER BY model, kind LIMIT 1000
"""
UNMAILED = """
SELECT model, period, detail FROM (
    SELECT r.model AS model, r.period AS period, d.detail AS detail, d.taken AS taken, d.late AS late
    FROM reports_now AS r INNER JOIN (
        SELECT incident, countIf(answer = 'accepted') > 0 AS taken, argMax(detail, (at_ns, attempt)) AS detail,
            countIf(answer = 'never') > 0 OR max(at_ns) - min(at_ns) > 86400000000000 AS late
        FROM deliveries_now WHERE kind = 'report' GROUP BY incident
    ) AS d ON d.incident = concat('report ', r.model, ' ', r.period)
    WHERE r.kind = 'weekly' ORDER BY r.from_ns DESC LIMIT 1 BY r.model
)
WHERE late AND NOT taken ORDER BY model LIMIT 1000
"""
ROUNDS = "SELECT name, value FROM schema_meta_now WHERE name IN {names:Array(String)} ORDER BY name"
JUDGED = "SELECT DISTINCT subject FROM actions_now WHERE action = 'verdict' AND startsWith(subject, {begin:String})"
PUSHED = """
SELECT subject, argMax(value, (at_ns, id)) AS value FROM actions_now
WHERE kind = 'grafana' AND action = {action:String} GROUP BY subject
"""
STANDING = """
SELECT content FROM incidents_now WHERE startsWith(id, {begin:String}) ORDER BY id, transition DESC LIMIT 1 BY id
"""


class Blindness:
    """`store` does not wait: a look that finds it away says so. `take` is told incidents, `away` why it is away.

    `now_ns` is the machine's own clock; `shipped` the hash of what this version has for Grafana, "" where it has none.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        now_ns: Callable[[], int],
        take: Callable[[list[Incident]], Awaitable[None]],
        away: Callable[[str], None],
        shipped: str = "",
    ) -> None:
        self.settings, self.store, self.now_ns, self.take, self.away = settings, store, now_ns, take, away
        self.shipped = shipped
        self.standing = Standing(int(settings.pager.stuck_minutes * MINUTE_NS))
        self.open: dict[str, Incident] | None = None
        self.missed = 0

    async def look(self) -> None:
        """One look: new incidents, and the end of those that are over. Raises MirqabError if they cannot be stored."""
        try:
            if self.open is None:
                known = [incident_of(row["content"]) for row in await self.store.query(STANDING, {"begin": SELF})]
                self.open = {_key(i.id): i for i in sorted(known, key=lambda i: i.opened_ns)}
            found = await self._found()
            judged = {row["subject"] for row in await self.store.query(JUDGED, {"begin": SELF})}
        except MirqabError as e:
            self.missed += 1
            if self.missed == AWAY_TIMES:
                self.away(f"{CHECKS['store_away'].title}: {e}")
            return
        if self.missed >= AWAY_TIMES:
            self.away("")
        self.missed = 0
        told = [*self._over(found, judged), *self._news(found)]
        if told:
            await self.store.insert(INCIDENTS.name, incident_rows(told))
            self.open |= {_key(i.id): i for i in told}  # not before: what was not stored is found and told again
            await self.take(told)

    async def _found(self) -> dict[str, Finding]:
        """Every trouble there is now, by the key of its incidents."""
        whys = {"rejects_rising": await self._rejected(), "readings_gone": await self._gone()}
        whys |= {"stuck_partition": await self._stuck(), "grafana_stale": await self._stale()}
        found = [Finding(rule, why) for rule, why in whys.items() if why]
        answered = {row["model"]: int(row["minutes"]) for row in await self.store.query(ANSWERED)}
        files = [(row["model"], row["version"], row["artifact"]) for row in await self.store.query(FILES)]
        lost = [(r["model"], r["kind"], r["strengths"], r["rules"]) for r in await self.store.query(LOST)]
        if self.settings.reports.mail_by:
            late = [(row["model"], row["period"], row["detail"]) for row in await self.store.query(UNMAILED)]
            found += unmailed(late)
        names = [FACT + name for name in self.settings.rounds]
        facts = await self.store.query(ROUNDS, {"names": names})
        found += rounds_failed((row["name"].removeprefix(FACT), row["value"]) for row in facts)
        found += [*unregistered(answered, self.settings.models), *exchanged(files), *drills_lost(lost)]
        return {f"{SELF}{one.rule}" + (f"-{_digest(one.subject)}" if one.subject else ""): one for one in found}

    def _over(self, found: Mapping[str, Finding], judged: set[str]) -> list[Incident]:
        """A state ends when it is found no more, an event when a person has judged it."""
        assert self.open is not None
        now = self.now_ns()
        ended = [i for key, i in self.open.items() if i.open and (i.id in judged if i.n else key not in found)]
        return [
            replace(i, state=OVER, resolved_ns=now, updated_ns=now, number=i.number + 1, reason="over") for i in ended
        ]

    def _news(self, found: Mapping[str, Finding]) -> list[Incident]:
        """What no open incident tells; of an event, what none has told."""
        assert self.open is not None
        now, news = self.now_ns(), []
        for key, one in found.items():
            before = self.open.get(key)
            if before is not None and (before.open or (one.event and one.event <= before.n)):
                continue
            check = CHECKS[one.rule]
            news.append(Incident(
                id=f"{key}-{_digest(str(now))}", state="open", level=check.level, cause=ALERT, family=check.family,
                rule=one.rule, model=one.model, lead="", alerts=(), explained=(), models=(one.model,), principals=(),
                opened_ns=now, updated_ns=now, resolved_ns=None, title=f"{check.title}: {one.why}", p=None, effect=None,
                n=one.event, reason="opened",
            ))  # fmt: skip
        return news

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

    async def _stale(self) -> str:
        rows = await self.store.query(PUSHED, {"action": PUSH}) if self.shipped else []
        return grafana_stale({row["subject"]: row["value"] for row in rows}, self.shipped)

    async def _stuck(self) -> str:
        """What the group has not read; "" where the broker does not tell."""
        try:
            ends = await lags(self.settings)
        except (KafkaError, OSError) as e:
            log.debug("lags are not known: %r", e)
            return ""
        return "; ".join(self.standing.look(ends, self.now_ns())[:10])


def _key(id: str) -> str:
    """What an incident's id begins with: the same each time a trouble comes back."""
    return id.rpartition("-")[0]


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=4).hexdigest()


def shipped() -> str:
    """Hash of the dashboards and rules installed, by the entry point group `mirqab.shipped`; "" if there are none."""
    return "".join(str(point.load()()) for point in entry_points(group="mirqab.shipped"))


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
