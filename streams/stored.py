"""Judges the stored minutes again, through the same code as a rebuilding worker; nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from monitors.tally import Told
from monitors.week import DAY_NS
from schemas.alerts import Alert
from schemas.baselines import Baseline
from schemas.errors import UsageError
from schemas.events import MINUTE_NS
from schemas.formats._record import Bad, timestamp
from schemas.rules import Rule
from schemas.settings import Settings
from streams.judging import Judging
from streams.known import Baselines
from streams.meter import Meter
from streams.opened import opened
from streams.store import Store

STORED = """
SELECT min(minute_ns) AS first, max(minute_ns) AS last FROM closes_now
GROUP BY intDiv(minute_ns, {day:Int64}) ORDER BY first
"""
ALERTS = "SELECT id, rule, model, at_ns, if(state = 'open', level, state) AS reached, summary FROM alerts_now"


@dataclass(frozen=True, slots=True)
class Span:
    """What time is stored: event time, ns. `parts` are the days of it, each from its first closed minute to the end of
    its last; a day without any, as between two logs, is none of them.
    """

    parts: tuple[tuple[int, int], ...]

    @property
    def from_ns(self) -> int:
        return self.parts[0][0]

    @property
    def to_ns(self) -> int:
        return self.parts[-1][1]

    @property
    def days(self) -> float:
        """How much time that is together."""
        return sum(until - since for since, until in self.parts) / DAY_NS

    def within(self, since: int, until: int) -> Span | None:
        """What of it lies there; None if nothing does."""
        cut = [(max(a, since), min(b, until)) for a, b in self.parts if a < until and b > since]
        return Span(tuple(cut)) if cut else None


async def span(store: Store) -> Span | None:
    """None while nothing was closed."""
    rows = await store.query(STORED, {"day": DAY_NS})
    return Span(tuple((int(row["first"]), int(row["last"]) + MINUTE_NS) for row in rows)) if rows else None


async def judged_again(
    store: Store, settings: Settings, rules: tuple[Rule, ...], seen: Callable[[int], None] = lambda minute_ns: None
) -> list[Alert]:
    """Every alert transition that the stored closes give under these rules, in order of time.

    `seen` is called with each minute. Raises RuleError, StoreUnavailable or StoreRefused.
    """
    baselines = Baselines()
    await baselines.read(store)
    alerts: list[Alert] = []
    for shard in range(settings.kafka.partitions):
        judging = Judging(
            shard, settings, rules, store, baselines, tell=_tell_nobody, floor=lambda offset: None, meter=Meter()
        )
        alerts += await judging.replay_all(seen)
    return sorted(alerts, key=lambda alert: (alert.transitions[-1].at_ns, alert.id))


def told_of(alerts: Sequence[Alert]) -> list[Told]:
    """Those transitions as they are counted."""
    last = [(alert, alert.transitions[-1]) for alert in alerts]
    return [Told(a.id, a.rule, a.series.model, t.at_ns, t.level, a.summary) for a, t in last]


async def told_then(store: Store) -> list[Told]:
    """The transitions that were recorded when it happened."""
    rows = await store.query(ALERTS)
    return [Told(r["id"], r["rule"], r["model"], int(r["at_ns"]), r["reached"], r["summary"]) for r in rows]


async def replay_stored(
    settings: Settings, rules: tuple[Rule, ...], model: str | None, until: str | None
) -> list[Alert]:
    """Every alert transition that the stored closes give, in order; of one model, up to a time, if wanted.

    Raises UsageError for a time that cannot be read, StoreUnavailable or StoreRefused.
    """
    end_ns = None if until is None else moment(until, "--until")
    async with opened(settings) as store:
        alerts = await judged_again(store, settings, rules)
    return [
        alert
        for alert in alerts
        if (model is None or alert.series.model == model) and (end_ns is None or alert.transitions[-1].at_ns <= end_ns)
    ]


def moment(text: str, option: str) -> int:
    """A time given to an option, seconds or ISO 8601, as ns. Raises UsageError."""
    try:
        return int(timestamp(float(text) if text.replace(".", "", 1).isdecimal() else text) * 1e6) * 1000
    except Bad as e:
        raise UsageError(f"{option}: {e}") from e


async def _tell_nobody(alerts: Sequence[Alert], baselines: Sequence[Baseline]) -> None:
    return None
