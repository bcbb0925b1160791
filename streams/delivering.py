"""Stage `deliver`: pages to one receiver, tried again by its answer, each attempt recorded.

Pages of one incident go one after another, those of several side by side. *accepted* and *never* settle a page; *again*
is tried after pauses that double up to five minutes, or after what the receiver asks for. Nothing is dropped: what is
not settled when the process ends is found in the store by the next one.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from random import Random

from schemas.pages import ACCEPTED, AGAIN, Answer, Page
from streams.backoff import pauses
from streams.notifiers import Notifier

log = logging.getLogger("mirqab.pager")
AT_ONCE = 8
FIRST, LONGEST = 1.0, 300.0  # seconds between attempts
LONGEST_SEND = 60.0
Record = Callable[[Page, str, Answer, int, float], Awaitable[None]]


class Desk:
    """One receiver's pages.

    `record(page, receiver, answer, attempt, seconds)` stores an attempt; `late(page, receiver, answer)` is called once
    for a page that is refused for good, or that has not been taken after `patience` seconds; `taken` when it is, after.
    """

    def __init__(
        self,
        name: str,
        notifier: Notifier,
        record: Record,
        *,
        late: Callable[[Page, str, Answer], None],
        taken: Callable[[Page, str], None],
        patience: float,
        seconds: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        random: Random | None = None,
    ) -> None:
        self.name, self.notifier, self.record = name, notifier, record
        self.late, self.taken, self.patience = late, taken, patience
        self.seconds, self.sleep, self.random = seconds, sleep, random or Random()
        self.waiting: dict[str, deque[tuple[Page, float]]] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.slots = asyncio.Semaphore(AT_ONCE)

    def put(self, page: Page, since: float) -> None:
        """Deliver a page after those of the same key; `since` is when its news was known, by `seconds`."""
        line = self.waiting.get(page.key)
        if line is not None:
            line.append((page, since))
            return
        self.waiting[page.key] = deque([(page, since)])
        task = asyncio.create_task(self._work(page.key))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    @property
    def busy(self) -> int:
        """Pages that are not settled."""
        return sum(map(len, self.waiting.values()))

    async def close(self) -> None:
        """Stop trying, and release the receiver."""
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.notifier.close()

    async def _work(self, key: str) -> None:
        line = self.waiting[key]
        while line:
            await self._deliver(*line[0])
            line.popleft()
        del self.waiting[key]

    async def _deliver(self, page: Page, since: float) -> None:
        waits = pauses(FIRST, self.random, LONGEST)
        begun, attempt, told = self.seconds(), 0, False
        while True:
            attempt += 1
            answer = await self._send(page)
            now = self.seconds()
            await self.record(page, self.name, answer, attempt, now - since)
            if answer.word == ACCEPTED:
                if told:
                    self.taken(page, self.name)
                return
            log.warning("%s: page %s: %s: %s", self.name, page.key, answer.word, answer.detail)
            if not told and (answer.word != AGAIN or now - begun >= self.patience):
                told = True
                self.late(page, self.name, answer)
            if answer.word != AGAIN:
                return
            await self.sleep(max(next(waits), answer.after or 0.0))

    async def _send(self, page: Page) -> Answer:
        async with self.slots:
            try:
                return await asyncio.wait_for(self.notifier.send(page), LONGEST_SEND)
            except TimeoutError:
                return Answer(AGAIN, f"no answer within {LONGEST_SEND:.0f} s")
            except Exception as e:  # a receiver that breaks its promise must not end the pager
                log.exception("%s broke", self.name)
                return Answer(AGAIN, f"broke: {type(e).__name__}")
