"""What `streams` finds here by the entry point group `mirqab.reports`: each kind of report by its name.

`streams` opens the store, asks for a report and keeps what it gets; nothing here writes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dashboards.reader import Reader
from dashboards.reports import pack, weekly
from dashboards.reports.evidence import Pack
from dashboards.reports.evidence.assets import register
from dashboards.reports.explain import explain
from dashboards.reports.incident import incident
from dashboards.reports.render import Made, made, plain
from dashboards.reports.weeks import Week, week_at, week_of
from schemas.rules import Rule
from schemas.settings import Settings

__all__ = [
    "make_evidence",
    "make_explanation",
    "make_incident",
    "make_register",
    "make_weekly",
    "models_of",
    "weeks_due",
]


async def make_weekly(
    reader: Reader, settings: Settings, rules: Iterable[Rule], model: str, week: str, now_ns: int
) -> dict[str, Any]:
    """The row of `reports` of one model and week."""
    return _row(await weekly.weekly(reader, settings, rules, model, week_of(week), now_ns))


async def models_of(reader: Reader, week: str) -> list[str]:
    """Models that get a report on a week."""
    return await weekly.models(reader, week_of(week))


async def make_incident(
    reader: Reader, settings: Settings, rules: Iterable[Rule], id: str, now_ns: int
) -> dict[str, Any]:
    """The row of `reports` of one incident."""
    return _row(made(await incident(reader, settings, rules, id, now_ns)))


async def make_explanation(reader: Reader, request: str, model: str, now_ns: int) -> dict[str, Any]:
    """One decision explained; `text` says all of it, for a terminal."""
    document = await explain(reader, request, model, now_ns)
    return {**_row(made(document)), "text": plain(document)}


async def make_evidence(
    reader: Reader, settings: Settings, rules: Iterable[Rule], from_ns: int, until_ns: int, now_ns: int
) -> dict[str, str]:
    """The files of an evidence pack, by name."""
    return await pack.files(reader, settings, rules, from_ns, until_ns, now_ns)


async def make_register(
    reader: Reader, settings: Settings, rules: Iterable[Rule], from_ns: int, until_ns: int
) -> list[dict[str, Any]]:
    """The asset register: one entry per model version."""
    known = {rule.id: rule for rule in rules}
    return await register(Pack(reader, settings, known, from_ns, until_ns, until_ns))


def _row(made: Made) -> dict[str, Any]:
    return {**made.row, "name": made.name}


def weeks_due(now_ns: int, back: int) -> list[str]:
    """The last whole weeks, the earliest first."""
    now: Week = week_at(now_ns)
    return [now.back(n).name for n in range(back, 0, -1)]
