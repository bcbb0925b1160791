"""Which drills are due, and running them: each kind of each model every `drills.every_days`, for ever.

Drills that were missed while nothing ran are made up at the next start, once. What is stored is not due, so a round
that was cut short goes on with the models that it had not come to. What could not be tried is tried again next day.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from monitors.drills import all_kinds
from schemas.errors import BaselineError, StoreRefused, StoreUnavailable
from schemas.rules import Rule
from schemas.settings import Settings
from streams import drilled
from streams.apart import apart
from streams.drilling import Before, Drilled, drill, untried
from streams.rounds import Round, for_ever
from streams.shadowing import Case, case_of
from streams.store import Store

log = logging.getLogger(__name__)
DAY_NS = 86_400_000_000_000
NEWEST = """
SELECT model, kind, maxIf(at_ns, untried = '') AS tried_ns, max(at_ns) AS asked_ns FROM drills_now GROUP BY model, kind
"""
FAILED = "it failed; the log of the process that runs drills says how"
LAST_FAILED = "SELECT model FROM drills_now GROUP BY model HAVING argMax(failed, at_ns) = 1 ORDER BY model"
Run = Callable[[Settings, tuple[Rule, ...], Case, Sequence[str], Before], Awaitable[list[Drilled]]]


async def due(store: Store, every_days: float, now_ns: int) -> dict[str, list[str]]:
    """Kinds that are due, by model. Raises StoreUnavailable or StoreRefused."""
    every_ns = int(every_days * DAY_NS)
    again_ns = min(every_ns, DAY_NS)
    rows = await store.query(NEWEST)
    done = {
        (row["model"], row["kind"])
        for row in rows
        if now_ns - int(row["tried_ns"]) < every_ns or now_ns - int(row["asked_ns"]) < again_ns
    }
    found = {
        model: [kind for kind in all_kinds() if (model, kind) not in done] for model in await drilled.models(store)
    }
    return {model: kinds for model, kinds in found.items() if kinds}


async def drill_model(
    store: Store,
    settings: Settings,
    rules: tuple[Rule, ...],
    model: str,
    kinds: Sequence[str],
    at_ns: int,
    run: Run = drill,
) -> list[Drilled]:
    """Drill one model and keep the outcomes; a model that cannot be drilled gets outcomes that say why."""
    try:
        case = await case_of(store, settings, rules, model, settings.drills.events)
    except BaselineError as e:
        found = untried(model, "", str(e), kinds)
    else:
        found = await run(settings, rules, case, kinds, await drilled.before(store, model))
    await drilled.keep(store, settings, rules, found, at_ns)
    return found


async def keep_drilling(
    store: Store,
    settings: Settings,
    rules: tuple[Rule, ...],
    clock: Callable[[], int],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """For ever, every hour what is due, in a process apart."""
    if settings.drills.every_days <= 0:
        return

    async def work() -> Round:
        waiting = await due(store, settings.drills.every_days, clock())
        for model, kinds in waiting.items():
            await _drill(store, settings, rules, model, kinds, clock())
        failed = await store.query(LAST_FAILED)
        return Round([f"{row['model']} cannot be drilled: {FAILED}" for row in failed])

    await for_ever(store, "drills", work, clock, sleep)


async def _drill(
    store: Store, settings: Settings, rules: tuple[Rule, ...], model: str, kinds: Sequence[str], now_ns: int
) -> None:
    try:
        found = await drill_model(store, settings, rules, model, kinds, now_ns, _apart)
    except (StoreUnavailable, StoreRefused):
        raise
    except Exception:
        # A defect that one model's traffic brings out, too little memory for it among them, must not keep all others
        # from their drills.
        log.exception("%s cannot be drilled", model)
        failed = untried(model, "", FAILED, kinds, failed=True)
        await drilled.keep(store, settings, rules, failed, now_ns)
        return
    for each in found:
        if each.lost:
            log.warning("%s: %s %s was seen by earlier drills and is not any more", model, each.strength, each.kind)
    log.info("%s: %d drills are done", model, len(found))


async def _apart(
    settings: Settings, rules: tuple[Rule, ...], case: Case, kinds: Sequence[str], before: Before
) -> list[Drilled]:
    return await apart(drill_now, settings, rules, case, tuple(kinds), before)


def drill_now(
    settings: Settings, rules: tuple[Rule, ...], case: Case, kinds: Sequence[str], before: Before
) -> list[Drilled]:
    """`drill`, for a process that has no event loop."""
    return asyncio.run(drill(settings, rules, case, kinds, before))
