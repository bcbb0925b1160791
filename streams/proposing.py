"""Proposes a new baseline where a model has changed for good; a person approves it, nothing adopts it by itself.

Due is a model version with a drift alert of the whole model that has been open for `judge.propose_days`, or on which
somebody gave the verdict "expected". The proposal is learnt from the events stored since then, gets the next number and
the origin "proposed", and is stored. It scores nothing. `mirqab baseline show` lists it, `baseline diff` compares it,
`baseline approve` makes a given one of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from monitors.learn import SMALLEST
from monitors.week import DAY_NS
from schemas.baselines import PROPOSED, Baseline
from schemas.errors import BaselineError, MirqabError
from schemas.events import MINUTE_NS
from schemas.settings import Settings
from streams.baselinefile import Gatherer
from streams.giving import numbered
from streams.known import store_baseline
from streams.store import Store
from streams.storedevents import gather

log = logging.getLogger("mirqab.worker")
EVERY_SECONDS = 3600.0
SAMPLED = 10  # times `judge.baseline_events`: stored events read for one proposal
# Alerts as they stand, on whole models; what anybody said of one last counts. A model version for which a baseline was
# learnt from time after the change, whoever made it, has what it needs.
DUE = """
SELECT model, version, min(first_seen_ns) AS since_ns, argMin(summary, first_seen_ns) AS summary,
    max(said = 'expected') AS expected
FROM (
    SELECT id, model, version, state, level, first_seen_ns, summary, toUnixTimestamp64Nano(assumeNotNull(opened)) AS at
    FROM alerts_now WHERE family = 'drift' AND segment = '' AND opened IS NOT NULL
    ORDER BY id, transition DESC LIMIT 1 BY id
) AS told
LEFT JOIN (
    SELECT subject, argMax(value, (at_ns, id)) AS said FROM actions_now
    WHERE kind = 'alert' AND action = 'verdict' GROUP BY subject
) AS acts ON subject = told.id
LEFT JOIN (
    SELECT model AS of_model, version AS of_version, max(toUnixTimestamp64Nano(learnt_from)) AS learnt_ns
    FROM baselines_now GROUP BY of_model, of_version
) AS learnt ON of_model = model AND of_version = version
WHERE first_seen_ns > learnt_ns
    AND (said = 'expected' OR ({days:Float64} > 0 AND state = 'open' AND at + {wait_ns:Int64} <= {now_ns:Int64}))
GROUP BY model, version ORDER BY model, version
"""


class Due(NamedTuple):
    """A model version that needs a new baseline, since when, and why."""

    model: str
    version: str
    since_ns: int
    reason: str


async def due(store: Store, settings: Settings, now_ns: int) -> list[Due]:
    """All that need one now. `now_ns` is event time. Raises StoreUnavailable or StoreRefused."""
    days = settings.judge.propose_days
    asked = {"days": days, "wait_ns": int(days * DAY_NS), "now_ns": now_ns}
    return [
        Due(
            row["model"],
            row["version"],
            int(row["since_ns"]),
            f"{'expected' if row['expected'] else f'open for {days:g} days'}: {row['summary']}",
        )
        for row in await store.query(DUE, asked)
    ]


async def propose(store: Store, settings: Settings, model: str, version: str, since_ns: int) -> Baseline:
    """Learn a baseline from the events stored since then, and store it as proposed.

    Raises BaselineError where there are too few events, StoreUnavailable or StoreRefused.
    """
    judge = settings.judge
    into = Gatherer(settings.with_format("json_lines"), lambda m, v: (m, v) == (model, version))
    await gather(store, into, model, version, since_ns, SAMPLED * judge.baseline_events)
    found = into.gathering.found.get((model, version))
    events = 0 if found is None else found.events
    minutes = 0 if found is None else (found.to_ns - found.from_ns) // MINUTE_NS
    if events < max(SMALLEST, judge.baseline_events) or minutes < judge.baseline_minutes:
        name = f"{model} {version}".strip()
        raise BaselineError(
            f"{name}: {events:,} events of {minutes:,} minutes are stored since then; a baseline needs "
            f"{judge.baseline_events:,} (judge.baseline_events) of {judge.baseline_minutes:,} minutes"
        )
    (next_one,) = await numbered(store, [into.gathering.learn(model, version, 1)])
    baseline = msgspec.structs.replace(next_one, origin=PROPOSED)
    await store_baseline(store, baseline)
    return baseline


async def propose_due(store: Store, settings: Settings, now_ns: int) -> list[tuple[Due, Baseline]]:
    """Propose what is due and has events enough; what has not is asked again the next time."""
    made = []
    for each in await due(store, settings, now_ns):
        try:
            made.append((each, await propose(store, settings, each.model, each.version, each.since_ns)))
        except BaselineError as e:
            log.info("no baseline is proposed yet: %s", e)
    return made


async def keep_proposing(store: Store, settings: Settings, clock: Callable[[], int], ours: Callable[[], bool]) -> None:
    """For ever, every hour, where `ours` says that it is for this process to do; a store that is away is no error."""
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        if not ours():
            continue
        try:
            for each, baseline in await propose_due(store, settings, clock()):
                log.info("%s %s: baseline %d is proposed, %s", each.model, each.version, baseline.number, each.reason)
        except MirqabError as e:
            log.warning("cannot look for baselines to propose: %s", e)
