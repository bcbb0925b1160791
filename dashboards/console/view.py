"""What a page gets: the questions, the settings, the rules, the moment it is drawn at, and the query string.

Answers are shared for one second, so that ten open browsers cost the store no more than one.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from dashboards.questions import question
from dashboards.reader import Reader, Rows
from schemas.errors import StoreUnavailable
from schemas.rules import Rule
from schemas.settings import Settings

SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS


class Clock(Protocol):
    """What time it is for the models that are watched; a demo runs on simulated time."""

    def now_ns(self) -> int: ...


class NotFound(Exception):
    """The page's subject does not exist; the text says so to a person."""


class Asker:
    """Asks questions by name, with a time limit; equal questions within one second are asked once.

    `seconds` is the machine's own clock: the models' clock may stand still while new rows arrive.
    """

    def __init__(
        self, reader: Reader, *, seconds: Callable[[], float] = time.monotonic, limit_s: float = 25.0, keep: int = 128
    ) -> None:
        self.reader = reader
        self.seconds = seconds
        self.limit_s = limit_s
        self.keep = keep
        self._asked: OrderedDict[str, asyncio.Task[Rows]] = OrderedDict()

    async def ask(self, name: str, /, **parameters: Any) -> Rows:
        """Rows of `queries/<name>.sql`.

        Raises UsageError for an unknown name, StoreUnavailable after `limit_s`, and what the reader raises.
        """
        key = f"{int(self.seconds())} {name} {sorted(parameters.items())}"
        task = self._asked.get(key)
        if task is None:
            task = asyncio.create_task(self._ask(name, parameters))
            # Whoever waits sees the error; this keeps asyncio quiet about a task whose only waiter went away.
            task.add_done_callback(lambda t: t.cancelled() or t.exception())
            self._asked[key] = task
            while len(self._asked) > self.keep:
                self._asked.popitem(last=False)
        return await asyncio.shield(task)

    async def _ask(self, name: str, parameters: Mapping[str, Any]) -> Rows:
        try:
            return await asyncio.wait_for(self.reader.query(question(name).sql, parameters), self.limit_s)
        except TimeoutError as e:
            raise StoreUnavailable(f"the store did not answer {name!r} within {self.limit_s:g} s") from e


@dataclass(frozen=True, slots=True)
class View:
    """One request for a page. `now_ns` is fixed for the whole page; `query` is the query string."""

    asker: Asker
    settings: Settings
    rules: Mapping[str, Rule]
    now_ns: int
    query: Mapping[str, str]
    wall_ns: int = 0  # the machine's time, by which people act

    async def ask(self, name: str, /, **parameters: Any) -> Rows:
        return await self.asker.ask(name, **parameters)

    def back(self, span_ns: int) -> int:
        """The whole minute that lies `span_ns` ago."""
        return max(0, (self.now_ns - span_ns) // MINUTE_NS * MINUTE_NS)
