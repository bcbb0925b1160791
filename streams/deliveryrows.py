"""Answers of receivers as rows of `deliveries`, and what was told of incidents, read back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from monitors.stages import Case
from schemas.incidents import Incident
from schemas.pages import ACCEPTED, ACKNOWLEDGED, ESCALATION, NEVER, RESOLVE, TRIGGER, Answer, Page
from schemas.tables import DELIVERIES
from streams.rows import arrow
from streams.store import Store

TOLD = """
SELECT at_ns, incident, transition, receiver, kind, level FROM deliveries_now
WHERE incident IN {ids:Array(String)} AND answer IN {done:Array(String)} ORDER BY at_ns, attempt
"""


async def record(
    store: Store, page: Page, receiver: str, answer: Answer, *, attempt: int, at_ns: int, seconds: float
) -> None:
    """One row; the same attempt twice is one."""
    await record_answer(
        store, page.key, receiver, answer, number=page.number, kind=page.kind, level=page.level, attempt=attempt,
        at_ns=at_ns, seconds=seconds,
    )  # fmt: skip


async def record_answer(
    store: Store,
    key: str,
    receiver: str,
    answer: Answer,
    *,
    number: int,
    kind: str,
    level: str,
    attempt: int,
    at_ns: int,
    seconds: float,
) -> None:
    """The same for what is no page; `key` stands where an incident's id does."""
    row: dict[str, Any] = {
        "at": at_ns, "at_ns": at_ns, "incident": key, "transition": number, "receiver": receiver, "kind": kind,
        "level": level, "answer": answer.word, "detail": answer.detail, "attempt": attempt, "seconds": seconds,
    }  # fmt: skip
    await store.insert(DELIVERIES.name, arrow(DELIVERIES, {name: [value] for name, value in row.items()}))


async def told(store: Store, incidents: Sequence[Incident], now_ns: int) -> dict[str, dict[str, Case]]:
    """What was settled with each receiver, per incident: accepted, or never to be."""
    known = {i.id: i for i in incidents}
    rows = await store.query(TOLD, {"ids": sorted(known), "done": [ACCEPTED, NEVER]})
    found: dict[str, dict[str, Case]] = {}
    for row in rows:
        cases = found.setdefault(row["incident"], {})
        case = cases.setdefault(row["receiver"], Case(known[row["incident"]], now_ns))
        settle(case, row["kind"], int(row["transition"]), row["level"], int(row["at_ns"]))
    return found


def settle(case: Case, kind: str, number: int, level: str, at_ns: int) -> None:
    """What a case remembers of a page that was told."""
    if kind == RESOLVE:
        case.ended = True
    elif kind == TRIGGER:
        case.ended = False
    if kind == ACKNOWLEDGED:
        case.told_acknowledged = True
    elif kind in (TRIGGER, ESCALATION) or case.told_ns is None:
        case.told_level = level
        case.first_told_ns = case.first_told_ns if case.first_told_ns is not None else at_ns
    case.told_number = max(case.told_number, number)
    case.told_ns = at_ns
