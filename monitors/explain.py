"""Why a drift alert was raised, as facts for a person; asked for only when an alert makes a transition.

`quiet_if`: the smallest floor, sample or budget at which it had not been raised. `stages`: which part of the way
schema -> feature -> score -> decision breached first, and when. `last_quiet`: the pane before it, for comparison.
`contributors` and `inputs`: the bins that contribute most, over all features that breached (PSI adds up).
Pure and deterministic; what it needs from earlier panes is in the ledger and in `Before`, both in profiles.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import floor, log, log10
from typing import Any

import msgspec

from monitors.context import Scene, context
from monitors.ledger import Ledger
from monitors.usual import scaled
from schemas.alerts import Alert
from schemas.readings import Reading
from schemas.rules import Rule
from schemas.signals import BREACH, Signal

EXPLAINED = "drift"  # the family of rules whose alerts are explained
STAGES = ("schema", "feature", "score", "decision")
STAGE_OF = {
    "schema.changed": "schema",
    "feature.missing": "schema",
    "feature.unseen": "schema",
    "feature.out_of_range": "schema",
    "feature.psi": "feature",
    "feature.repeated": "feature",
    "embedding.shift": "feature",
    "output.score_psi": "score",
    "output.prediction_psi": "decision",
    "output.decision_share": "decision",
}
COMPARED = frozenset((*STAGE_OF, "output.score_mean"))
INPUTS = "feature.psi"
TOP = 5


class Before(msgspec.Struct, frozen=True):
    """The pane judged last: its end, and value by metric and feature. In a profile as it stands."""

    at_ns: int = 0
    values: dict[str, dict[str, float]] = {}

    @staticmethod
    def of(at_ns: int, readings: Iterable[Reading]) -> Before:
        values: dict[str, dict[str, float]] = {}
        for reading in readings:
            if reading.value is not None and reading.series.metric in COMPARED:
                values.setdefault(reading.series.metric, {})[reading.series.feature] = reading.value
        return Before(at_ns, values)


def explain_all(
    changed: Sequence[tuple[Signal, Alert]],
    signals: Sequence[Signal],
    readings: Sequence[Reading],
    ledger: Ledger,
    before: Before,
    scene: Scene,
) -> list[Alert]:
    """The alerts that changed in a pane, with what explains them, which the ledger keeps."""
    alerts = []
    for signal, alert in changed:
        if alert.resolved_ns is None:
            facts, said = context(signal, alert, signals, readings, ledger, scene)
            if alert.family == EXPLAINED:
                facts |= _explain(signal, alert, signals, readings, ledger, before)
            if facts:
                alert = ledger.amend(signal, facts, said)
        alerts.append(alert)
    return alerts


def _explain(
    signal: Signal,
    alert: Alert,
    signals: Sequence[Signal],
    readings: Sequence[Reading],
    ledger: Ledger,
    before: Before,
) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "quiet_if": quiet_if(signal, ledger.rules[signal.rule], readings),
        "stages": stages(ledger, readings),
    }
    value = before.values.get(alert.series.metric, {}).get(alert.series.feature)
    if len(alert.transitions) == 1 and value is not None:
        facts["last_quiet"] = {"at_ns": before.at_ns, "value": value}
    moved = {name for s in signals if s.verdict == BREACH and s.series.metric == INPUTS for name in _features(s)}
    parts = contributors([r for r in readings if r.series.metric == INPUTS and r.series.feature in moved])
    facts["contributors" if signal.series.metric == INPUTS else "inputs"] = parts
    return {name: fact for name, fact in facts.items() if fact}


def _features(signal: Signal) -> Sequence[str]:
    return signal.evidence.get("features") or [signal.series.feature]


def quiet_if(signal: Signal, rule: Rule, readings: Iterable[Reading]) -> dict[str, float]:
    """What alone had been enough: a higher `min_effect`, a higher `min_n`, so many `events`, a share of `budget`.

    For rules that ask about several features together every one of them must have been quiet. `events` takes it that
    the surprise, -ln p, grows in step with the number of events. Nothing for a detector that only says yes or no.
    """
    judged = signal.evidence.get("judged")
    if judged is None or signal.p is None:
        return {}
    level, by = float(judged["level"]), float(judged["surprise_divided_by"])
    count = signal.evidence.get("tested_together", 1)
    material = [
        (reading.n, reading.effect, reading.p)
        for reading in readings
        if reading.series.metric == rule.metric
        and reading.p is not None
        and reading.effect is not None
        and reading.effect >= rule.min_effect
    ]
    rivals = [
        (n, effect) for n, effect, p in material if n >= rule.min_n and scaled(min(1.0, count * p), by) <= level
    ] or [(signal.n, signal.effect or 0.0)]
    # With a higher minimum fewer features are tested together, so others would breach with less.
    alone = [n for n, _, p in material if scaled(p, by) <= level]
    found: dict[str, float] = {"min_n": max([n for n, _ in rivals] + alone) + 1}
    if (effect := max(effect for _, effect in rivals)) > 0:
        found["min_effect"] = above(effect)
    if 0 < signal.p < level < 1:
        found["budget"] = signal.p / level
        found["events"] = max(int(signal.n * log(level) / log(signal.p)), rule.min_n - 1)
    return found


def above(value: float) -> float:
    """The next number of two digits that is larger.

    >>> above(0.3412), above(0.35), above(12.0)
    (0.35, 0.36, 13.0)
    """
    step = 10.0 ** (floor(log10(value)) - 1)
    return round((floor(value / step + 1e-9) + 1) * step, 12)


def stages(ledger: Ledger, readings: Iterable[Reading]) -> list[dict[str, Any]]:
    """In order of the way an event takes; those that are watched at all. `since_ns` None: quiet."""
    watched = {STAGE_OF[r.series.metric] for r in readings if r.series.metric in STAGE_OF and r.p is not None}
    open_since: dict[str, tuple[int, str, str]] = {}
    for standing in ledger.standings.values():
        alert = standing.alert
        if alert is None or alert.p is None or alert.series.metric not in STAGE_OF:
            continue
        stage = STAGE_OF[alert.series.metric]
        mine = (alert.first_seen_ns, alert.series.metric, alert.series.feature)
        open_since[stage] = min(open_since.get(stage, mine), mine)
    told = []
    for stage in STAGES:
        if stage in open_since:
            since, metric, feature = open_since[stage]
            told.append({"stage": stage, "since_ns": since, "metric": metric, "feature": feature})
        elif stage in watched:
            told.append({"stage": stage, "since_ns": None})
    return told


def contributors(readings: Sequence[Reading]) -> list[dict[str, Any]]:
    """The five bins with the largest share of the summed PSI of these features; exact, as each names its own five."""
    total = sum(reading.value or 0.0 for reading in readings)
    if total <= 0:
        return []
    parts = [
        {"name": part["name"], "share": part["share"] * (reading.value or 0.0) / total}
        for reading in readings
        for part in reading.evidence().get("contributors", ())
    ]
    return sorted(parts, key=lambda part: (-part["share"], part["name"]))[:TOP]
