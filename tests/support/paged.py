"""Who is told what of a day's alerts: by our pager, by "every alert pages", by Alertmanager's grouping alone.

Ours is the real code on the day's own clock: `Correlator`, `Paging`, its stages. Alertmanager is its documented rules,
because the real one knows no clock but the wall's: a group is told `group_wait` after its first alert, and at its next
`group_interval` whenever an alert has joined. Reminders and escalations are off everywhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from schemas.alerts import ATTACKS, LEVELS, PAGE, TICKET, Alert
from schemas.incidents import Incident
from schemas.pages import ACCEPTED, SPREAD, TRIGGER, UPDATE, Answer, Page
from schemas.receivers import Receiver, Route
from schemas.settings import Settings
from streams.correlating import Correlator
from streams.paging import Paging
from streams.sinks.memory import MemoryStore

SECOND_NS = 1_000_000_000
WAIT_NS, INTERVAL_NS = 30 * SECOND_NS, 300 * SECOND_NS


class Note(NamedTuple):
    """One notification: when, how loud, of which models, whom it accuses. A quiet one updates what was told before."""

    at_ns: int
    level: str
    models: tuple[str, ...]
    quiet: bool = False
    accused: tuple[str, ...] = ()


class Kept:
    """A receiver that keeps what it is told, with the day's time."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self.clock, self.pages = clock, list[tuple[int, Page]]()

    async def send(self, page: Page) -> Answer:
        self.pages.append((self.clock(), page))
        return Answer(ACCEPTED)

    async def close(self) -> None:
        """Nothing is held."""


def opened(told: Sequence[Alert]) -> list[tuple[int, str, Alert]]:
    """(time, level, alert) of each alert when it first reached ticket level and, if it did, page level."""
    reached: dict[tuple[str, str], tuple[int, str, Alert]] = {}
    for alert in told:
        last = alert.transitions[-1]
        if last.level in (TICKET, PAGE):
            reached.setdefault((alert.id, last.level), (last.at_ns, last.level, alert))
    return sorted(reached.values(), key=lambda r: (r[0], r[2].id))


def every_alert(told: Sequence[Alert]) -> list[Note]:
    """Each alert by itself."""
    return [_note(at, level, [alert]) for at, level, alert in opened(told)]


def alertmanager(told: Sequence[Alert], group_by: Callable[[Alert], str]) -> list[Note]:
    """Alertmanager's grouping alone, tickets and pages in groups of their own, as routes by severity make them."""
    groups: dict[tuple[str, str], list[tuple[int, Alert]]] = {}
    for at, level, alert in opened(told):
        groups.setdefault((level, group_by(alert)), []).append((at, alert))
    notes = []
    for (level, _), members in groups.items():
        flush, waiting = None, list[Alert]()
        for at, alert in members:
            if flush is not None and at > flush:
                notes.append(_note(flush, level, waiting))
                flush, waiting = max(at, flush + INTERVAL_NS), []
            elif flush is None:
                flush = at + WAIT_NS
            waiting.append(alert)
        if flush is not None and waiting:
            notes.append(_note(flush, level, waiting))
    return sorted(notes)


def _note(at_ns: int, level: str, alerts: Sequence[Alert]) -> Note:
    """One that tells these alerts."""
    accused = {who for a in alerts if a.family in ATTACKS for who in a.principals}
    return Note(at_ns, level, tuple(sorted({a.series.model for a in alerts})), accused=tuple(sorted(accused)))


def ours(told: Sequence[Alert], settings: Settings) -> list[Note]:
    """What our pager sends: what is new or worse, and quiet updates, each with the models known at that moment."""
    return asyncio.run(_ours(told, settings))


async def _ours(told: Sequence[Alert], settings: Settings) -> list[Note]:
    receivers = {"duty": Receiver("duty", "webhook"), "desk": Receiver("desk", "webhook")}
    routes = (Route(receivers=("duty",)), Route(receivers=("desk",), levels=(TICKET,)))
    settings = settings.replace("pager", repeat_minutes=0.0, escalate_minutes=0.0, wait_seconds=1.0)
    settings = replace(settings, receivers=receivers, routes=routes)
    now = [0]
    clock = lambda: now[0]  # noqa: E731 - read by both
    store = MemoryStore()
    kept = {name: Kept(clock) for name in receivers}
    correlator, paging = Correlator(store, settings), Paging(settings, (), store, kept, clock)
    notes: list[Note] = []
    known: dict[tuple[str, int], Incident] = {}
    for at, alerts in _by_time(told):
        now[0] = at
        changed = await correlator.feed(alerts)
        known |= {(i.id, i.number): i for i in changed}
        await paging.take(changed)
        now[0] = at + SECOND_NS
        await paging.look()
        while paging.busy:
            await asyncio.sleep(0)
    for name, receiver in kept.items():
        for at, page in receiver.pages:
            if page.kind in (TRIGGER, UPDATE, SPREAD) and (name == "duty") == (page.level == PAGE):
                one = known[page.key, page.number]
                accused = one.principals if one.family in ATTACKS else ()
                notes.append(Note(at, page.level, one.models, page.kind != TRIGGER, accused))
    await paging.close()
    return sorted(notes)


def _by_time(told: Sequence[Alert]) -> Iterable[tuple[int, list[Alert]]]:
    """Alerts by the event time of their last transition, as live they would come."""
    by: dict[int, list[Alert]] = {}
    for alert in told:
        by.setdefault(alert.transitions[-1].at_ns, []).append(alert)
    return sorted(by.items())


def worst(levels: Iterable[str]) -> str:
    """The loudest of some levels."""
    return max(levels, key=LEVELS.index, default="")
