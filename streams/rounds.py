"""Work done in rounds for ever (reports, drills). How the last round ended is a fact of the store, `round_NAME`.

The console's health page and the pager's look read it there: a round that fails is seen, and the next one is tried.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from schemas.errors import MirqabError
from schemas.tables import SCHEMA_META
from streams.rows import arrow
from streams.store import Store

log = logging.getLogger(__name__)
EVERY_SECONDS = 3600.0
FACT = "round_"
SHOWN = 5  # troubles that are kept


class Round(NamedTuple):
    """How a round ended: what went wrong in it, each in a sentence, and when the next one is due, seconds."""

    troubles: Sequence[str] = ()
    pause: float = EVERY_SECONDS


async def for_ever(
    store: Store,
    name: str,
    work: Callable[[], Awaitable[Round]],
    clock: Callable[[], int],
    sleep: Callable[[float], Awaitable[Any]],
) -> None:
    """Rounds until cancelled; neither a store that is away nor a defect ends them."""
    while True:
        try:
            found = await work()
        except MirqabError as e:
            log.warning("%s: not now: %s", name, e)
            found = Round([str(e)])
        except Exception as e:
            # Whoever reads the fact is sent to the log: an error's own text may hold what only the log may.
            log.exception("%s: a round failed", name)
            found = Round([f"a defect ({type(e).__name__}): the log of the process says where"])
        value = "; ".join(found.troubles[:SHOWN])
        row = {"name": FACT + name, "value": value, "at_ns": clock()}
        try:
            await store.insert(SCHEMA_META.name, arrow(SCHEMA_META, row))
        except MirqabError as e:  # a store that is away has an alarm of its own
            log.warning("%s: how the round ended is not kept: %s", name, e)
        await sleep(found.pause)
