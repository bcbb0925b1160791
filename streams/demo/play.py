"""The demo as a play in three acts: models become known, their past is loaded and judged, then things break live.

What a person reads goes to `say`. It counts through the worker's meter and judges nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode, urljoin

from schemas.errors import BrokerUnavailable
from schemas.events import MINUTE_NS
from streams.demo.child import TrafficChild, traffic_child
from streams.demo.clock import BANK_ZONE, DAY_NS, Clock
from streams.demo.messages import Announcement, Order
from streams.onebox import Box

MODELS = 3
POLL_SECONDS = 0.2
PROGRESS_SECONDS = 2.0
# A slow machine is waited for as long as it gets on; one that stands still is not, because nobody watches a demo wait.
PATIENCE_SECONDS = 30.0
# Minutes behind the live phase that may still be open when it starts: the allowed lateness and the newest pane.
OPEN_MINUTES = 6
STILL_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Play:
    """One run. `live` is called when the live phase starts; `seconds` is its length, None for no end."""

    box: Box
    order: Order
    clock: Clock
    say: Callable[[str], None]
    live: Callable[[], None]
    seconds: float | None = None

    async def run(self) -> None:
        """All acts. Raises BrokerUnavailable if the traffic ends by itself."""
        async with traffic_child(self.order) as traffic:
            progress = asyncio.create_task(self._progress())
            try:
                await self._history(traffic)
            finally:
                progress.cancel()
            self.clock.go()
            traffic.go()
            self.live()
            telling = asyncio.create_task(self._tell(traffic))
            try:
                await asyncio.wait_for(telling, self.seconds)
            except TimeoutError:
                pass
            finally:
                telling.cancel()
        await self._still()

    async def _history(self, traffic: TrafficChild) -> None:
        """Load the first hours, wait for the baselines learnt from them, load the rest, wait until it is judged.

        Without the pause the observer would be days ahead of the judge that learns, and those days would go unscored.
        """
        meter = self.box.meter
        await traffic.loaded()
        await self._patiently(lambda: meter.baselines >= MODELS)
        traffic.go()
        count = await traffic.loaded()
        await _until(lambda: meter.events + meter.rejects >= count)
        await self._patiently(lambda: self._closed() >= self._last_minute())
        if self._closed() < self._last_minute():
            self.say("this machine is too busy to judge the past first; what breaks now is told late, or not at all")

    async def _patiently(self, true: Callable[[], bool]) -> None:
        """Wait until it is true, or until nothing was stored and no minute was closed for a while."""
        meter = self.box.meter
        before, since = (-1, -1), 0.0
        while not true():
            now = (meter.events + meter.rejects, self._closed())
            if now != before:
                before, since = now, time.monotonic()
            elif time.monotonic() - since > PATIENCE_SECONDS:
                return
            await asyncio.sleep(POLL_SECONDS)

    def _closed(self) -> int:
        return max(self.box.meter.last_closed_ns.values(), default=0)

    def _last_minute(self) -> int:
        return self.order.live_ns - OPEN_MINUTES * MINUTE_NS

    async def _progress(self) -> None:
        start = self.order.live_ns - int(self.order.days * DAY_NS)
        while True:
            await asyncio.sleep(PROGRESS_SECONDS)
            days = max(0.0, (self._closed() - start) / DAY_NS)
            self.say(f"{self.box.meter.events:,} events stored, {days:.1f} of {self.order.days:g} days judged")

    async def _tell(self, traffic: TrafficChild) -> None:
        async for heard in traffic.announcements():
            at = datetime.fromtimestamp(self.clock.now_ns() / 1e9, UTC)
            here = f"{at.astimezone(BANK_ZONE):%A %H:%M} in the bank, {at:%H:%M} UTC"
            self.say(f"{here}: {heard.say}: {page_of(heard, self.box.url)}")
        raise BrokerUnavailable("the demo's traffic ended by itself; see the lines above")

    async def _still(self) -> None:
        """Wait until what was sent last is stored: nothing new for a moment."""
        meter = self.box.meter
        before = -1

        async def quiet() -> None:
            nonlocal before
            while before != meter.events:
                before = meter.events
                await asyncio.sleep(2 * self.box.settings.line.linger_seconds + POLL_SECONDS)

        with suppress(TimeoutError):
            await asyncio.wait_for(quiet(), STILL_SECONDS)


def page_of(heard: Announcement, url: str) -> str:
    """The console's page of what was broken: the client whose doing it is, else the model."""
    page = "principal" if heard.principal else "model"
    return urljoin(url, f"{page}?{urlencode({'name': heard.principal or heard.model})}")


async def _until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(POLL_SECONDS)


async def counts(box: Box) -> dict[str, int]:
    """What the store holds: events, alerts and rejects."""
    found: dict[str, int] = {}
    for name, sql in {
        "events": "SELECT count() AS n FROM events_now",
        "alerts": "SELECT uniqExact(id) AS n FROM alerts_now",
        "rejects": "SELECT count() AS n FROM rejects_now",
    }.items():
        found[name] = int((await box.store.query(sql))[0]["n"])
    return found
