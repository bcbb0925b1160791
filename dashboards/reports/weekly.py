"""The weekly report of one model: gathered, judged, and put together from the sections of the folder `sections`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

import dashboards.reports.sections
from dashboards.console.words import count
from dashboards.reader import Reader
from dashboards.reports.document import Document
from dashboards.reports.gather import ask, gather
from dashboards.reports.judged import Judged, judge, verdict
from dashboards.reports.render import Made, made
from dashboards.reports.weeks import Week
from schemas.rules import Rule
from schemas.settings import Settings

KIND = "weekly"


async def weekly(
    reader: Reader, settings: Settings, rules: Iterable[Rule], model: str, week: Week, now_ns: int
) -> Made:
    """The report of a model and week. Raises StoreUnavailable or StoreRefused."""
    asked = await gather(reader, settings, rules, model, week, now_ns)
    return made(await asyncio.to_thread(lambda: document_of(judge(asked))))


async def models(reader: Reader, week: Week) -> list[str]:
    """Every model that answered in a week, or in the one before: one that fell silent gets its report too."""
    rows = await ask(reader, "report_models", from_ns=week.back(1).from_ns, until_ns=week.until_ns)
    return [str(row["model"]) for row in rows]


def document_of(judged: Judged) -> Document:
    """The report as data."""
    asked, week = judged.asked, judged.asked.week
    word, sentences = verdict(judged)
    open_yet = "" if asked.now_ns >= week.until_ns else ", not over when this was made"
    found = (module.section(judged) for module in sections())
    return Document(
        kind=KIND,
        title=f"{asked.model}: week {week.name}",
        subtitle=f"{week.days}{open_yet}. {count(asked.events)} answers.",
        model=asked.model,
        period=week.name,
        from_ns=week.from_ns,
        until_ns=week.until_ns,
        made_ns=asked.now_ns,
        verdict=word,
        sentences=sentences,
        sections=tuple(section for section in found if section is not None),
    )


def sections() -> list[ModuleType]:
    """Every section: the modules of the folder `sections`, in the order of their PLACE."""
    names = sorted(m.name for m in iter_modules(dashboards.reports.sections.__path__))
    found = [import_module(f"dashboards.reports.sections.{name}") for name in names]
    return sorted(found, key=lambda module: (module.PLACE, module.__name__))
