"""Seals what people and Mirqab did into the audit chain, and checks the chain against the tables it was made from.

Acts of people, baselines, pages that were sent, and reports are chained as they stand when they are sealed: hourly
where reports are made, and at every `mirqab audit` and `report evidence`. What is changed before that is not seen.
One process seals; of two at once the chain forks, and the check says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from schemas.audit import Entry, digest, faults, link
from schemas.tables import AUDIT
from streams.rows import arrow
from streams.store import Store

# Per table: its rows with `subject`, `at_ns`, `actor` and `what`; the other columns are the content that is hashed.
SOURCES = {
    "actions": """SELECT concat(kind, ' ', subject, ' ', id) AS subject, at_ns, actor,
        concat(action, if(value = '', '', concat(' ', value)), ' on ', kind) AS what, id, reason, value
        FROM actions_now""",
    "baselines": """SELECT concat(model, ' ', version, ' ', toString(number), ' ', id) AS subject,
        toInt64(toUnixTimestamp64Nano(learnt_to)) AS at_ns, JSONExtractString(content, 'approved_by') AS actor,
        concat('baseline ', origin) AS what, id, hex(SHA256(content)) AS content
        FROM baselines_now""",
    "deliveries": """SELECT
        concat(incident, ' ', toString(transition), ' ', receiver, ' ', kind, ' ', toString(attempt)) AS subject,
        at_ns, receiver AS actor, concat('page ', kind, ' ', answer) AS what, detail
        FROM deliveries_now""",
    "reports": """SELECT concat(kind, ' ', model, ' ', period, ' ', toString(made_ns)) AS subject, made_ns AS at_ns,
        '' AS actor, concat('report ', kind) AS what, verdict, hex(SHA256(html)) AS html, hex(SHA256(json)) AS json
        FROM reports_now""",
}
REPLACED = {"reports"}  # a report that is made again replaces the row; the chain keeps both
CHAIN = """SELECT seq, at_ns, source, subject, actor, what, digest, previous, hash FROM audit_now ORDER BY seq, hash"""


async def chain(store: Store) -> tuple[list[Entry], list[str]]:
    """All entries, and the hashes stored beside them."""
    rows = await store.query(CHAIN)
    entries = [Entry(**{name: row[name] for name in Entry.__dataclass_fields__}) for row in rows]
    return entries, [str(row["hash"]) for row in rows]


async def seal(store: Store) -> int:
    """Chain what is new; how many entries were added."""
    entries, _ = await chain(store)
    known = {(entry.source, entry.subject) for entry in entries}
    news = [found for source in SOURCES for found in await _rows(store, source) if (source, found.subject) not in known]
    news.sort(key=lambda entry: (entry.at_ns, entry.source, entry.subject))
    added = list(link(entries[-1] if entries else None, news))
    if added:
        names = tuple(Entry.__dataclass_fields__)
        columns: dict[str, Any] = {name: [getattr(entry, name) for entry in added] for name in names}
        rows = {**columns, "at": columns["at_ns"], "hash": [entry.hash for entry in added]}
        await store.insert(AUDIT.name, arrow(AUDIT, rows))
    return len(added)


async def check(store: Store) -> list[str]:
    """What is wrong: with the chain itself, and with rows that are no longer what was sealed. Empty: nothing."""
    entries, hashes = await chain(store)
    wrong = list(faults(entries, hashes))
    for source in SOURCES:
        now = {entry.subject: entry.digest for entry in await _rows(store, source)}
        for entry in entries:
            if entry.source != source:
                continue
            if entry.subject not in now:
                if source not in REPLACED:
                    wrong.append(f"{source}: {entry.what} ({entry.subject}) was sealed and is gone")
            elif now[entry.subject] != entry.digest:
                wrong.append(f"{source}: {entry.what} ({entry.subject}) is not what was sealed")
    return wrong


async def _rows(store: Store, source: str) -> list[Entry]:
    return [_entry(source, row) for row in await store.query(SOURCES[source])]


def _entry(source: str, row: Mapping[str, Any]) -> Entry:
    return Entry(0, int(row["at_ns"]), source, row["subject"], row["actor"], row["what"], digest(row), "")


def as_rows(entries: Sequence[Entry], hashes: Sequence[str]) -> list[dict[str, Any]]:
    """For an export: each entry with its hash."""
    names = tuple(Entry.__dataclass_fields__)
    return [{**{n: getattr(e, n) for n in names}, "hash": kept} for e, kept in zip(entries, hashes, strict=True)]
