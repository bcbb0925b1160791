"""Reports: made by `dashboards`, found through the entry point group `mirqab.reports`, and kept in the table `reports`.

`keep_reporting` makes what is missing of the last whole weeks and mails it, for ever: a week whose report was missed
while nothing ran gets it at the next start. A report is known by (kind, model, week), so making it again replaces it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from schemas.errors import MirqabError, UsageError
from schemas.rules import Rule
from schemas.settings import Settings
from schemas.tables import REPORTS
from streams import auditing, mailing
from streams.rounds import EVERY_SECONDS, Round, for_ever
from streams.rows import arrow
from streams.store import Store

log = logging.getLogger(__name__)
AGAIN_SECONDS = 300.0
FORMS = {"html": "html", "json": "json", "text": "txt"}
MADE = "SELECT kind, model, period, made_ns, until_ns FROM reports_now WHERE kind = {kind:String}"


def maker() -> Any:
    """The module that makes reports. Raises UsageError if it is not installed."""
    found = list(entry_points(group="mirqab.reports"))
    if not found:
        raise UsageError("reports are not installed; install mirqab as a whole")
    return found[0].load()


async def keep(store: Store, row: Mapping[str, Any]) -> None:
    """Store one report; an earlier one about the same is replaced."""
    names = {column.name for column in REPORTS.columns}
    columns = {name: [value] for name, value in row.items() if name in names}
    await store.insert(REPORTS.name, arrow(REPORTS, {**columns, "made": [row["made_ns"]]}))


def write(folder: Path, row: Mapping[str, Any]) -> list[Path]:
    """Write its three forms as files. Raises UsageError if they cannot be written."""
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for form, ending in FORMS.items():
            path = folder / f"{row['name']}.{ending}"
            path.write_text(row[form], encoding="utf-8")
            written.append(path)
    except OSError as e:
        raise UsageError(f"{folder}: cannot write there: {e.strerror}") from e
    return written


async def weekly(
    store: Store, settings: Settings, rules: tuple[Rule, ...], model: str, week: str, now_ns: int
) -> dict[str, Any]:
    """Make and store one weekly report."""
    row: dict[str, Any] = await maker().make_weekly(store, settings, rules, model, week, now_ns)
    await keep(store, row)
    return row


async def missing(store: Store, settings: Settings, now_ns: int) -> AsyncIterator[tuple[str, str]]:
    """(model, week) of the last whole weeks that have no report, or one that was made before the week was over."""
    made = await store.query(MADE, {"kind": "weekly"})
    done = {(row["model"], row["period"]) for row in made if row["made_ns"] >= row["until_ns"]}
    for week in maker().weeks_due(now_ns, settings.reports.catch_up_weeks):
        for model in await maker().models_of(store, week):
            if (model, week) not in done:
                yield model, week


async def report_missing(
    store: Store, settings: Settings, rules: tuple[Rule, ...], now_ns: int
) -> tuple[int, list[str]]:
    """Make every missing one: how many were made, and those that failed, which are tried again the next time.

    Raises StoreUnavailable or StoreRefused.
    """
    made, failed = 0, []
    async for model, week in missing(store, settings, now_ns):
        try:
            await weekly(store, settings, rules, model, week, now_ns)
        except MirqabError:
            raise
        except Exception:
            # A defect that one model's log brings out must not keep all others from their reports.
            log.exception("%s: the report on week %s cannot be made", model, week)
            failed.append(f"{model}: the report on week {week} cannot be made: the log of the process says why")
            continue
        made += 1
        log.info("%s: the report on week %s is made", model, week)
    return made, failed


async def keep_reporting(
    store: Store,
    settings: Settings,
    rules: tuple[Rule, ...],
    clock: Callable[[], int],
    sleep: Callable[[float], Any] = asyncio.sleep,
) -> None:
    """For ever, every hour, and sooner while a mail server puts off."""

    async def work() -> Round:
        _, failed = await report_missing(store, settings, rules, clock())
        weeks = maker().weeks_due(clock(), settings.reports.catch_up_weeks)
        owed, unsent = await mailing.mail_owed(store, settings, weeks, clock)
        await auditing.seal(store)
        return Round([*failed, *unsent], AGAIN_SECONDS if owed else EVERY_SECONDS)

    await for_ever(store, "reports", work, clock, sleep)
