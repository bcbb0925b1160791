"""Agent `correlate`, without the broker: changed alerts to stored, numbered incidents.

The protocol, per batch:
 1. take the alerts, of each the newest transition;
 2. group all alerts that still matter, open ones and those of the last two days of event time (`monitors.incidents`);
 3. store every incident that changed, numbered on, before it is told;
 4. hand them back to be published.
Which alerts stand together does not depend on the order or the cut in which they came; how many changes were told on
the way does. After a restart the alerts and the last changes are read from the store, and the last change of every
incident that still matters is told again: whoever hears it knows it by id and number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from monitors.incidents import Member, change, features_of, grouped, member, release_of
from schemas.alerts import WITHDRAWN, Alert
from schemas.incidents import MANY, MERGED, OVER, SELF, Incident
from schemas.settings import Settings
from schemas.tables import INCIDENTS
from streams.alertwire import decode
from streams.incidentrows import incident_of, incident_rows
from streams.jsontext import read_object
from streams.store import Store

KEEP_NS = 2 * 86_400_000_000_000
STANDING = """
SELECT id, transition, content FROM incidents_now
WHERE content != '' AND NOT startsWith(id, {begin:String}) ORDER BY id, transition DESC LIMIT 1 BY id
"""
ALERTS = """
SELECT id, transition, rule, family, metric, level, state, model, feature, principal, principals, evidence, summary,
    p, effect, n, first_seen_ns, at_ns, toUnixTimestamp64Milli(opened) * 1000000 AS opened_ns,
    toUnixTimestamp64Milli(resolved) * 1000000 AS resolved_ns
FROM (SELECT * FROM alerts_now WHERE opened IS NOT NULL ORDER BY id, transition DESC LIMIT 1 BY id)
WHERE state = 'open' OR at_ns >= {since:Int64} OR id IN {ids:Array(String)}
"""
NOTICES = """
SELECT content FROM notices_now WHERE at_ns >= {since:Int64} OR id IN {ids:Array(String)}
ORDER BY id, transition DESC LIMIT 1 BY id
"""
NEWEST = "SELECT max(at_ns) AS at_ns FROM alerts_now"


class Correlator:
    """Holds the alerts that still matter and what was last told of each incident."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store, self.settings = store, settings
        self.members: dict[str, Member] = {}
        self.told: dict[str, Incident] = {}
        self.rebuilt = False  # set to False again where another worker may have told meanwhile

    async def feed(self, alerts: Sequence[Alert]) -> list[Incident]:
        """Take alert transitions, store the incidents that changed by them; returns those, to be published."""
        again = [] if self.rebuilt else await self._rebuild()
        self._take(m for m in map(member, alerts) if m is not None)
        return [*again, *await self._tell()]

    async def _rebuild(self) -> list[Incident]:
        """What the store holds; returns the last change of every incident that still matters, to be told again."""
        newest = await self.store.query(NEWEST)
        since = int(newest[0]["at_ns"] or 0) - KEEP_NS if newest else 0
        rows = await self.store.query(STANDING, {"begin": SELF})
        standing = [incident_of(row["content"]) for row in rows]
        self.told = {i.id: i for i in standing if i.open or i.updated_ns >= since}
        ids = sorted({id for i in self.told.values() if i.state != MERGED for id in i.alerts})
        found = await self.store.query(ALERTS, {"since": since, "ids": ids})
        notices = await self.store.query(NOTICES, {"since": since, "ids": ids})
        self.members = {}
        self._take(_stored(row) for row in found)
        self._take(m for m in (member(decode(row["content"])) for row in notices) if m is not None)
        self.rebuilt = True
        return sorted(self.told.values(), key=lambda i: (i.updated_ns, i.id))

    def _take(self, members: Iterable[Member]) -> None:
        for each in members:
            known = self.members.get(each.id)
            if known is None or each.number > known.number:
                self.members[each.id] = each

    async def _tell(self) -> list[Incident]:
        standing = grouped(self.members.values(), lambda model: self.settings.model(model).upstreams)
        changed = []
        for now in standing:
            before = self.told.get(now.id)
            reason = change(before, now)
            if reason:
                changed.append(numbered(before, now, reason))
        changed += self._gone(standing)
        changed.sort(key=lambda i: (i.updated_ns, i.id))
        if changed:
            await self.store.insert(INCIDENTS.name, incident_rows(changed))
        self.told.update((i.id, i) for i in changed)
        self._forget(standing)
        return changed

    def _gone(self, standing: Sequence[Incident]) -> list[Incident]:
        """Incidents that were told and are part of another one now, or rested on notices that did not hold."""
        where = {alert: i for i in standing for alert in i.alerts}
        ids = {i.id for i in standing}
        found = []
        for before in self.told.values():
            if before.state == MERGED or before.early == WITHDRAWN or before.id in ids:
                continue
            notices = [m for m in (self.members.get(id) for id in before.alerts) if m is not None and not m.stands]
            names = [before.alerts[0]] if not notices else [*(m.ended for m in notices), *before.alerts]
            into = next((where[name] for name in names if name in where), None)
            if into is not None:
                over = replace(before, state=MERGED, merged=into.id, updated_ns=into.updated_ns)
                over = replace(over, resolved_ns=into.updated_ns, reason=f"belongs to {into.id}")
            elif notices:
                last = max(notices, key=lambda m: (m.at_ns, m.id))
                over = replace(before, state=OVER, early=WITHDRAWN, updated_ns=last.at_ns)
                over = replace(over, resolved_ns=last.at_ns, reason=last.ended)
            else:
                continue
            found.append(replace(over, number=before.number + 1))
        return found

    def _forget(self, standing: Sequence[Incident]) -> None:
        """Incidents that have long been over; whatever comes now is another one."""
        newest = max((m.at_ns for m in self.members.values()), default=0)
        for one in standing:
            if not one.open and one.updated_ns < newest - KEEP_NS:
                self.told.pop(one.id, None)
                for id in one.alerts:
                    del self.members[id]
        gone = [i for i in self.told.values() if i.state == MERGED or i.early == WITHDRAWN]
        for id in [i.id for i in gone if i.updated_ns < newest - KEEP_NS]:
            del self.told[id]
        for id in [m.id for m in self.members.values() if not m.stands and m.at_ns < newest - KEEP_NS]:
            del self.members[id]


def numbered(before: Incident | None, now: Incident, reason: str) -> Incident:
    """The next change of an incident, with `spread` and `grown` as they are after it."""
    if before is None:
        return replace(now, reason=reason)
    number = before.number + 1
    spread = before.spread if set(now.models) <= set(before.models) else number
    grown = number if len(before.models) < MANY <= len(now.models) else before.grown
    return replace(now, reason=reason, number=number, spread=spread, grown=grown)


def _stored(row: Any) -> Member:
    evidence = read_object(row["evidence"])
    about = [row["principal"]] if row["principal"] and not row["principals"] else []
    return Member(
        row["id"],
        int(row["transition"]),
        row["rule"],
        row["family"],
        row["metric"],
        row["level"],
        row["model"],
        features_of(row["feature"], evidence),
        tuple(sorted({*row["principals"], *about})),
        int(row["first_seen_ns"]),
        int(row["opened_ns"]),
        int(row["at_ns"]),
        None if row["resolved_ns"] is None else int(row["resolved_ns"]),
        row["summary"],
        row["p"],
        row["effect"],
        int(row["n"]),
        release_of(evidence),
    )
