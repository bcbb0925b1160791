"""Runs drills: a model's recent traffic goes down the same line in memory, with trouble in it.

Nothing of a drill reaches the store's events, baselines, alerts or pages: its line writes nowhere and tells only us.
An alert that comes without the trouble too counts if the trouble brings it earlier or lifts it; where it hides what an
unseen drill is about for most of the time, the drill was not tried.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from monitors.drills import STRENGTHS, Record, all_kinds
from monitors.drills.lost import SEEN, Past, is_lost
from schemas.alerts import LEVELS, SUSPECTED, Alert
from schemas.events import MINUTE_NS, RawRecord, Source
from schemas.readings import Series
from schemas.rules import Rule
from schemas.settings import Settings
from streams.pipeline import Line
from streams.shadowing import SECOND_NS, Case
from streams.sinks.nowhere import Nowhere

MONTH_SECONDS, WEEK_SECONDS = 30 * 86_400, 7 * 86_400
BLOCK = 512
About = tuple[str, Series]
Before = Mapping[tuple[str, str], Sequence[Past]]  # of each kind and strength, the newest first


@dataclass(frozen=True, slots=True)
class Drilled:
    """One drill's outcome; the columns of `drills` without its time and hash."""

    model: str
    version: str
    kind: str
    strength: str
    level: str = ""
    rules: tuple[str, ...] = ()
    seconds: float | None = None
    records: int | None = None
    injected: int = 0
    dummy: float = 0.0
    fidelity: float = 0.0
    lost: int = 0
    untried: str = ""
    failed: int = 0


def untried(model: str, version: str, why: str, kinds: Iterable[str], *, failed: bool = False) -> list[Drilled]:
    """The outcomes of drills that could not be run at all, or `failed`."""
    return [
        Drilled(model, version, kind, strength, untried=why, failed=int(failed))
        for kind in kinds
        for strength in STRENGTHS
    ]


async def usual_of(settings: Settings, rules: tuple[Rule, ...], case: Case) -> dict[About, Alert]:
    """What is alerted while the trouble would be there, without it, by what it is on."""
    found = await _alerts(settings, rules, case, case.shadow.records)
    start_ns = case.shadow.start * SECOND_NS
    return {_about(a): a for a in found if a.resolved_ns is None or a.resolved_ns >= start_ns}


async def drill(
    settings: Settings,
    rules: tuple[Rule, ...],
    case: Case,
    kinds: Iterable[str],
    before: Before,
    seen: Callable[[str, str], None] = lambda kind, strength: None,
) -> list[Drilled]:
    """These kinds in every strength."""
    usual = await usual_of(settings, rules, case)
    middle = (case.shadow.start + float(case.shadow.records[-1]["ts"])) / 2

    def half(alert: Alert) -> bool:
        return alert.level in SEEN and _first(alert) < middle

    found = []
    for name in kinds:
        kind = all_kinds()[name]
        for strength, word in enumerate(STRENGTHS):
            seen(name, word)
            records = kind.inject(case.shadow, strength, np.random.default_rng(strength + 1))
            if records is None:
                found += untried(case.baseline.model, case.baseline.version, f"it needs {kind.NEEDS}", [name])
                break
            alerts = [
                alert
                for alert in await _alerts(settings, rules, case, records)
                if alert.series.model == case.baseline.model
                and alert.family in kind.FAMILIES
                and _first(alert) >= case.shadow.start
                and _more(alert, usual.get(_about(alert)))
            ]
            hidden = sorted({a.rule for a in usual.values() if a.series.metric.startswith(kind.METRICS) and half(a)})
            past = before.get((name, word), ())
            found.append(_outcome(settings, case, (name, word), records, alerts, hidden, past))
    return found


def _outcome(
    settings: Settings,
    case: Case,
    named: tuple[str, str],
    records: Sequence[Record],
    alerts: Sequence[Alert],
    hidden: Sequence[str],
    before: Sequence[Past],
) -> Drilled:
    shadow = case.shadow
    level = max((alert.level for alert in alerts), key=LEVELS.index, default="")
    counting = [alert for alert in alerts if level == SUSPECTED or alert.level != SUSPECTED]
    counting.sort(key=lambda alert: (_first(alert), alert.rule))
    same = {id(record) for record in shadow.records}
    mine = [r for r in records if r["model"] == case.baseline.model]
    times = sorted(float(r["ts"]) for r in mine if id(r) not in same)
    gone = max(0, len(shadow.records) - len(mine))
    first = _first(counting[0]) if counting else None
    why = f"alerts without the drill hide it: {', '.join(hidden)}" if hidden and level not in SEEN else ""
    return Drilled(
        model=case.baseline.model,
        version=case.baseline.version,
        kind=named[0],
        strength=named[1],
        level=level,
        rules=tuple(dict.fromkeys(alert.rule for alert in counting)),
        seconds=None if first is None else first - shadow.start,
        records=None if first is None or gone else sum(t <= first for t in times),
        injected=len(times) + gone,
        dummy=_dummy(settings, float(shadow.records[-1]["ts"]) - shadow.start),
        fidelity=shadow.surrogate.fidelity,
        lost=int(not why and is_lost(level, named[1] == STRENGTHS[-1], before)),
        untried=why,
    )


def _about(alert: Alert) -> About:
    """What an alert is on, whenever it opened."""
    return alert.rule, alert.series


def _more(alert: Alert, without: Alert | None) -> bool:
    """Whether it says more than the one on the same without the trouble."""
    if without is None:
        return True
    levels = LEVELS.index(alert.level), LEVELS.index(without.level)
    return levels[0] > levels[1] or (levels[0] == levels[1] and _first(alert) < _first(without))


def _first(alert: Alert) -> float:
    """When it was known, in seconds: as a ticket or page if it became one."""
    return (alert.opened_ns if alert.opened_ns is not None else alert.transitions[0].at_ns) / SECOND_NS


def _dummy(settings: Settings, seconds: float) -> float:
    """Chance that alarms at random, as often as false ones are promised to a team, fall into the time of the drill."""
    judge = settings.judge
    per_second = judge.false_tickets_per_week / WEEK_SECONDS + judge.false_pages_per_month / MONTH_SECONDS
    return float(1 - np.exp(-per_second * seconds))


async def _alerts(settings: Settings, rules: tuple[Rule, ...], case: Case, records: Iterable[Record]) -> list[Alert]:
    """All alerts of the whole line over these records, as they stand in the end."""
    settings = settings.replace("line", format="json_lines").replace("kafka", partitions=1)
    raw = [RawRecord(i, json.dumps(record).encode(), None) for i, record in enumerate(records)]
    # As late as lets the last minute close: a clock that went on would be a silence of its own.
    now_ns = int(json.loads(raw[-1].value)["ts"] * SECOND_NS) + settings.line.lateness_seconds * SECOND_NS + MINUTE_NS
    last: dict[str, Alert] = {}

    def told(alert: Alert) -> None:
        last[alert.id] = alert

    line = Line(settings, rules, Nowhere(), clock=lambda: now_ns, told=told)
    prepared, judge = line.baselines.add(case.baseline), line.judges[0].judge
    judge.know(prepared)
    if case.history:
        judge.load(case.history, case.begin_ns - MINUTE_NS)
    source = Source("drill", "drill", 0)
    feeds = [(source, raw[at : at + BLOCK]) for at in range(0, len(raw), BLOCK)]
    await line.run(feeds, [("drill", 0)])
    return list(last.values())
