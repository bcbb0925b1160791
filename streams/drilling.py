"""Runs drills: a model's recent traffic, read from the store, goes down the same line in memory, with trouble in it.

Nothing of a drill reaches the store's events, baselines, alerts or pages: its line writes nowhere and tells only us.
What alerts without the trouble too is not counted. Results are kept in the table `drills`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from monitors.drills import STRENGTHS, Record, Shadow, all_kinds
from monitors.drills.surrogate import FAITHFUL, Surrogate
from monitors.judge import judged_under
from schemas.alerts import LEVELS, SUSPECTED, Alert
from schemas.baselines import PROPOSED, Baseline, decode, rank
from schemas.errors import BaselineError
from schemas.events import RawRecord, Source
from schemas.rules import Rule
from schemas.settings import Settings
from schemas.tables import DRILLS
from streams.pipeline import Line
from streams.rows import arrow
from streams.sinks.nowhere import Nowhere
from streams.store import Store
from streams.storedevents import FEATURE_SETS, as_record

SECOND_NS = 1_000_000_000
MONTH_SECONDS, WEEK_SECONDS = 30 * 86_400, 7 * 86_400
BLOCK = 512
NEWEST = """
SELECT log_id, topic, partition, offset, toUnixTimestamp64Milli(ts) / 1000 AS at, model, version, principal, id,
    session, segment, status, source_ip, prediction, score, scores, latency_ms, tokens_in, tokens_out, feature_set,
    num, cat, label
FROM events_now
WHERE model = {model:String} AND version = {version:String} AND bitAnd(flags, 1) = 0
ORDER BY ts DESC LIMIT {most:UInt32}
"""
MODELS = "SELECT DISTINCT model FROM baselines_now WHERE origin != 'proposed' ORDER BY model"
CONTENTS = "SELECT version, number, origin, id, content FROM baselines_now WHERE model = {model:String}"
LAST = """
SELECT kind, strength, argMax(level, at_ns) AS level FROM drills_now
WHERE model = {model:String} GROUP BY kind, strength
"""


@dataclass(frozen=True, slots=True)
class Drilled:
    """One drill's outcome; the columns of `drills` without its time and hash."""

    model: str
    version: str
    kind: str
    strength: str
    level: str
    rules: tuple[str, ...]
    seconds: float | None
    records: int | None
    injected: int
    dummy: float
    fidelity: float
    lost: int


async def models(store: Store) -> list[str]:
    """Every model that has a baseline."""
    return [str(row["model"]) for row in await store.query(MODELS)]


async def shadow_of(store: Store, model: str, most: int) -> tuple[Shadow, Baseline]:
    """The newest traffic of a model, the second half of which trouble is put into, and the baseline in force.

    Raises BaselineError where there is no baseline, too little traffic, or a surrogate that is not faithful.
    """
    rows = [row for row in await store.query(CONTENTS, {"model": model}) if row["origin"] != PROPOSED]
    if not rows:
        raise BaselineError(f"{model}: there is no baseline, so nothing could see a drill")
    best = max(rows, key=lambda row: rank(row["number"], row["origin"], row["id"]))
    baseline = decode(best["content"])
    found = list(await store.query(NEWEST, {"model": model, "version": baseline.version, "most": most}))
    ids = sorted({int(row["feature_set"]) for row in found})
    sets = await store.query(FEATURE_SETS, {"ids": ids}) if ids else []
    names = {int(row["id"]): (row["num_names"], row["cat_names"]) for row in sets}
    records = sorted((as_record(row, names) for row in found), key=lambda record: float(record["ts"]))
    try:
        surrogate = Surrogate(records)
    except ValueError as e:
        raise BaselineError(f"{model}: no drill: {e}") from e
    if surrogate.fidelity < FAITHFUL:
        raise BaselineError(
            f"{model}: no drill: the surrogate gives {surrogate.fidelity:.1%} of the logged answers, less than "
            f"{FAITHFUL:.0%}; it would test another model"
        )
    return Shadow(records, float(records[len(records) // 2]["ts"]), surrogate), baseline


async def drill(
    settings: Settings,
    rules: tuple[Rule, ...],
    shadow: Shadow,
    baseline: Baseline,
    only: str | None,
    before: dict[tuple[str, str], str],
    seen: Callable[[str, str], None] = lambda kind, strength: None,
) -> list[Drilled]:
    """Every kind in every strength. `before` says what level the last drill of (kind, strength) reached."""
    usual = {_about(alert) for alert in await _alerts(settings, rules, baseline, shadow.records)}
    dummy = _dummy(settings, float(shadow.records[-1]["ts"]) - shadow.start)
    found = []
    for name, kind in all_kinds().items():
        if only not in (None, name):
            continue
        for strength, word in enumerate(STRENGTHS):
            records = kind.inject(shadow, strength, np.random.default_rng(strength + 1))
            seen(name, word)
            if records is None:
                continue
            alerts = [
                alert
                for alert in await _alerts(settings, rules, baseline, records)
                if alert.series.model == baseline.model
                and alert.family in kind.FAMILIES
                and _about(alert) not in usual
                and _first(alert) >= shadow.start
            ]
            found.append(_outcome(shadow, baseline, name, word, records, alerts, dummy, before.get((name, word), "")))
    return found


def _outcome(
    shadow: Shadow,
    baseline: Baseline,
    kind: str,
    strength: str,
    records: Sequence[Record],
    alerts: Sequence[Alert],
    dummy: float,
    before: str,
) -> Drilled:
    level = max((alert.level for alert in alerts), key=LEVELS.index, default="")
    counting = [alert for alert in alerts if level == SUSPECTED or alert.level != SUSPECTED]
    counting.sort(key=lambda alert: (_first(alert), alert.rule))
    same = {id(record) for record in shadow.records}
    mine = [r for r in records if r["model"] == baseline.model]
    times = sorted(float(r["ts"]) for r in mine if id(r) not in same)
    gone = max(0, len(shadow.records) - len(mine))
    first = _first(counting[0]) if counting else None
    return Drilled(
        model=baseline.model,
        version=baseline.version,
        kind=kind,
        strength=strength,
        level=level,
        rules=tuple(dict.fromkeys(alert.rule for alert in counting)),
        seconds=None if first is None else first - shadow.start,
        records=None if first is None or gone else sum(t <= first for t in times),
        injected=len(times) + gone,
        dummy=dummy,
        fidelity=shadow.surrogate.fidelity,
        lost=int(before not in ("", SUSPECTED) and level in ("", SUSPECTED)),
    )


def _about(alert: Alert) -> tuple[Any, ...]:
    """What an alert is on, whenever it opened: the same without the trouble is not the drill's."""
    return alert.rule, alert.series


def _first(alert: Alert) -> float:
    """When it was known, in seconds: as a ticket or page if it became one."""
    return (alert.opened_ns if alert.opened_ns is not None else alert.transitions[0].at_ns) / SECOND_NS


def _dummy(settings: Settings, seconds: float) -> float:
    """Chance that alarms at random, as often as false ones are promised to a team, fall into the time of the drill."""
    judge = settings.judge
    per_second = judge.false_tickets_per_week / WEEK_SECONDS + judge.false_pages_per_month / MONTH_SECONDS
    return float(1 - np.exp(-per_second * seconds))


async def _alerts(
    settings: Settings, rules: tuple[Rule, ...], baseline: Baseline, records: Iterable[Record]
) -> list[Alert]:
    """All alerts of the whole line over these records, as they stand in the end."""
    settings = settings.replace("line", format="json_lines").replace("kafka", partitions=1)
    raw = [RawRecord(i, json.dumps(record).encode(), None) for i, record in enumerate(records)]
    now_ns = int(json.loads(raw[-1].value)["ts"] * SECOND_NS) + 3600 * SECOND_NS
    last: dict[str, Alert] = {}

    def told(alert: Alert) -> None:
        last[alert.id] = alert

    line = Line(settings, rules, Nowhere(), clock=lambda: now_ns, told=told)
    line.baselines.add(baseline)
    source = Source("drill", "drill", 0)
    feeds = [(source, raw[at : at + BLOCK]) for at in range(0, len(raw), BLOCK)]
    await line.run(feeds, [("drill", 0)])
    return list(last.values())


async def before(store: Store, model: str) -> dict[tuple[str, str], str]:
    """The level that the last drill of each kind and strength reached."""
    return {(row["kind"], row["strength"]): row["level"] for row in await store.query(LAST, {"model": model})}


async def keep(store: Store, settings: Settings, rules: tuple[Rule, ...], found: Sequence[Drilled], at_ns: int) -> None:
    """Add the outcomes to the history."""
    if not found:
        return
    rows = [asdict(each) for each in found]
    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in rows[0]}
    same = {"at": at_ns, "at_ns": at_ns, "rules_hash": judged_under(rules, settings)}
    await store.insert(DRILLS.name, arrow(DRILLS, {**columns, **same}))
