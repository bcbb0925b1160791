"""The pager without the broker: incidents in, pages out; the stages are silence, group, wait, repeat, route, deliver.

The store is the outbox: what is owed to a receiver follows from `incidents`, `actions` and `deliveries`. After a kill
it is read again, and whatever no receiver is known to have settled is told again, with the same key.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from monitors.pagetext import clean, notice, page_of
from monitors.routing import routed
from monitors.silences import KEEPING, in_force, silenced
from monitors.stages import NOTHING, Case, Pace, decide
from schemas.actions import ACKNOWLEDGE, UNSILENCE, VERDICT, Action
from schemas.alerts import PAGE
from schemas.incidents import Incident
from schemas.pages import (
    ACKNOWLEDGED,
    ESCALATION,
    HEARTBEAT,
    HELD,
    RESOLVE,
    TRIGGER,
    UNDELIVERED,
    UPDATE,
    Answer,
    Page,
)  # fmt: skip
from schemas.rules import Rule
from schemas.settings import Settings
from schemas.tables import SCHEMA_META
from streams.actions import acts_since
from streams.delivering import Desk
from streams.deliveryrows import record, settle, told
from streams.incidentrows import incident_of
from streams.notifiers import Notifier, keyed
from streams.rows import arrow
from streams.store import Store

log = logging.getLogger("mirqab.pager")
SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
KEEP_NS = 2 * 1440 * MINUTE_NS
QUIET_NS = 60 * MINUTE_NS  # what has long been settled is forgotten; the store remembers
QUIET = (UPDATE, ACKNOWLEDGED)  # what a receiver that knows no keys is not told
STANDING = """
SELECT id, content FROM (SELECT * FROM incidents_now WHERE content != '' ORDER BY id, transition DESC LIMIT 1 BY id)
WHERE state = 'open'
    OR (at_ns >= (SELECT max(at_ns) FROM incidents_now) - {keep:Int64} AND at_ns > {began:Int64})
"""
BEGAN = "SELECT value FROM schema_meta_now WHERE name = {name:String}"
NEWEST = "SELECT max(at_ns) AS at_ns FROM incidents_now"
FACT = "pager_began"  # a name in schema_meta


@dataclass(slots=True)
class Entry:
    """An incident, when the pager first knew of its news, and what was done with each receiver."""

    incident: Incident
    known_ns: int
    news_ns: int
    cases: dict[str, Case] = field(default_factory=dict)


class Paging:
    """`clock` is the machine's own, ns: receivers and people live by it, whatever time the models live in."""

    def __init__(
        self,
        settings: Settings,
        rules: Iterable[Rule],
        store: Store,
        notifiers: Mapping[str, Notifier],
        clock: Callable[[], int],
    ) -> None:
        self.settings, self.store, self.clock = settings, store, clock
        self.rules = {rule.id: rule for rule in rules}
        pager = settings.pager
        minutes = (int(pager.repeat_minutes * MINUTE_NS), int(pager.escalate_minutes * MINUTE_NS))
        self.pace = Pace(int(pager.wait_seconds * SECOND_NS), minutes[0], minutes[1] if pager.escalate_to else 0)
        self.book: dict[str, Entry] = {}
        self.acts: dict[str, Action] = {}
        self.held: set[tuple[str, str]] = set()
        self.desks = {
            name: Desk(
                name, notifier, self._record, late=self._late, taken=self._taken,
                patience=pager.undelivered_seconds, seconds=lambda: clock() / 1e9,
            )
            for name, notifier in notifiers.items()
        }  # fmt: skip

    async def rebuild(self) -> None:
        """What the store holds: incidents that matter, what people did, what receivers settled.

        Without receivers nothing is owed, and paging has not begun: whoever is named later is told what stands then.
        """
        self.book = {}
        if not self.desks:
            return
        await self.read_acts(0)
        rows = await self.store.query(STANDING, {"keep": KEEP_NS, "began": await self._began()})
        await self.take([incident_of(row["content"]) for row in rows])

    async def _began(self) -> int:
        """How far incidents were when the first pager of this store began, event time; what was over then is no news.

        Written down before anything is told, or a pager that dies after its first page would take its successor for
        the first.
        """
        found = await self.store.query(BEGAN, {"name": FACT})
        if found:
            return int(found[0]["value"])
        newest = int((await self.store.query(NEWEST, {}))[0]["at_ns"] or 0)
        row = {"name": FACT, "value": str(newest), "at_ns": self.clock()}
        await self.store.insert(SCHEMA_META.name, arrow(SCHEMA_META, row))
        return newest

    async def read_acts(self, since_ns: int | None = None) -> None:
        """What people did since the last look; a minute before it, because clocks differ."""
        newest = max((a.at_ns for a in self.acts.values()), default=0)
        since = newest - MINUTE_NS if since_ns is None else since_ns
        found = await acts_since(self.store, [ACKNOWLEDGE, VERDICT, *KEEPING, UNSILENCE], since)
        self.acts |= {a.id: a for a in found}

    async def take(self, incidents: Sequence[Incident]) -> None:
        """News of incidents, in any order; what is known already changes nothing."""
        if not self.desks:
            return
        now = self.clock()
        fresh = [i for i in incidents if i.id not in self.book]
        settled = await told(self.store, fresh, now) if fresh else {}
        for one in incidents:
            entry = self.book.get(one.id)
            if entry is None:
                self.book[one.id] = Entry(one, now, now, settled.get(one.id, {}))
            elif one.number > entry.incident.number:
                entry.incident, entry.news_ns = one, now

    async def look(self) -> None:
        """Every incident through the stages."""
        now = self.clock()
        kept = in_force(self.acts.values(), now)
        said = self._said()
        for entry in list(self.book.values()):
            held = silenced(entry.incident, kept)
            acknowledged, verdict = said.get(entry.incident.id, ("", ""))
            for name in self._receivers(entry, now):
                case = entry.cases.setdefault(name, Case(entry.incident, entry.known_ns))
                case.incident, case.held = entry.incident, held
                case.acknowledged, case.verdict = acknowledged, verdict
                await self._decide(entry, name, case, now)
            settled = all(case.over and case.ended for case in entry.cases.values()) and not entry.incident.open
            if settled and now - entry.news_ns > QUIET_NS:
                del self.book[entry.incident.id]

    def _said(self) -> dict[str, tuple[str, str]]:
        """Per incident who looks into it, and its verdict."""
        found: dict[str, tuple[str, str]] = {}
        for a in sorted(self.acts.values(), key=lambda a: (a.at_ns, a.id)):
            if a.kind == "incident" and a.action in (ACKNOWLEDGE, VERDICT):
                who, verdict = found.get(a.subject, ("", ""))
                found[a.subject] = (a.actor, verdict) if a.action == ACKNOWLEDGE else (who, a.value)
        return found

    def _receivers(self, entry: Entry, now_ns: int) -> list[str]:
        """Stage `route`; whoever was told once is told the rest."""
        infos = [self.settings.model(model) for model in entry.incident.models]
        names = routed(entry.incident, infos, self.settings.routes, self.settings.receivers, now_ns)
        return list(dict.fromkeys([*entry.cases, *names]))

    async def _decide(self, entry: Entry, name: str, case: Case, now: int) -> None:
        found = decide(case, self.pace, now)
        if found.kind == NOTHING:
            if case.held is not None and (entry.incident.id, name) not in self.held:
                self.held.add((entry.incident.id, name))
                await self._record(
                    self._page(entry.incident, TRIGGER, found.reason), name, Answer(HELD, found.reason), 0, 0.0
                )
            return
        if found.kind == ESCALATION:
            for each in entry.cases.values():
                each.escalated = True
            for other in self.settings.pager.escalate_to:
                case = entry.cases.setdefault(other, Case(entry.incident, entry.known_ns, escalated=True))
                self._send(entry, other, case, ESCALATION, found.reason, now)
            return
        self._send(entry, name, case, found.kind, found.reason, now)

    def _send(self, entry: Entry, name: str, case: Case, kind: str, reason: str, now: int) -> None:
        """Stage `deliver`. The case counts as told from here on; after a kill the store says whether it was."""
        settle(case, kind, entry.incident.number, entry.incident.level, now)
        if kind in QUIET and not keyed(self.settings.receivers[name]):
            return
        self.desks[name].put(self._page(entry.incident, kind, reason), entry.news_ns / 1e9)

    def _page(self, incident: Incident, kind: str, reason: str) -> Page:
        info = self.settings.model(incident.model)
        return page_of(incident, kind, reason, info, self.rules, self.settings.console.url, self.clock())

    async def _record(self, page: Page, name: str, answer: Answer, attempt: int, seconds: float) -> None:
        if page.kind != HEARTBEAT:
            await record(self.store, page, name, answer, attempt=attempt, at_ns=self.clock(), seconds=max(0.0, seconds))

    def _late(self, page: Page, name: str, answer: Answer) -> None:
        """A page that is not taken is itself a page, to somebody else."""
        other = self._other(page, name)
        if not other:
            log.error("%s does not take pages, and there is no other receiver to tell: %s", name, answer.detail)
            return
        line = f"PAGE NOT DELIVERED to {clean(name)} ({clean(answer.detail, 120)}): {page.line}"
        self.desks[other].put(
            notice(_undelivered(page, name), UNDELIVERED, line, self.clock(), page.url), self.clock() / 1e9
        )

    def _other(self, page: Page, name: str) -> str:
        """Who is told that a receiver does not take a page: `pager.fallback`, else the first other one.

        "" if it is alone, or the page is itself such news.
        """
        if page.kind in (UNDELIVERED, HEARTBEAT):
            return ""
        return next((each for each in (self.settings.pager.fallback, *self.desks) if each not in ("", name)), "")

    def store_away(self, why: str) -> None:
        """The store is away, or, with "", is there again: told at once, without it and without the stages."""
        log.log(logging.ERROR if why else logging.INFO, "%s", why or "the store answers again")
        pager, now = self.settings.pager, self.clock()
        kind, text = (
            (TRIGGER, f"PAGE Mirqab is blind: {clean(why, 300)}") if why else (RESOLVE, "RESOLVED the store answers")
        )
        routes = {name for route in self.settings.routes if PAGE in route.levels for name in route.receivers}
        for name in sorted({*(routes or self.desks), pager.fallback} & self.desks.keys()):
            self.desks[name].put(notice("mirqab-store-away", kind, text, now, self.settings.console.url), now / 1e9)

    def _taken(self, page: Page, name: str) -> None:
        other = self._other(page, name)
        if other:
            line = f"RESOLVED {clean(name)} takes pages again: {page.line}"
            self.desks[other].put(
                notice(_undelivered(page, name), RESOLVE, line, self.clock(), page.url), self.clock() / 1e9
            )

    @property
    def busy(self) -> int:
        """Pages on their way."""
        return sum(desk.busy for desk in self.desks.values())

    async def close(self) -> None:
        """Stop trying."""
        for desk in self.desks.values():
            await desk.close()


def _undelivered(page: Page, name: str) -> str:
    return f"undelivered-{name}-{page.key}"
