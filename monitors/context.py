"""What stands around an alert when it is told: the segment it comes from, a release just before, and the verdict.

Facts of the same pane only, beside what the ledger has open; nothing is tested and no budget spent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from monitors import release, suspects, verdict, worst
from monitors.cells import INPUTS, cells
from monitors.ledger import Ledger
from monitors.parts import Part
from monitors.prepared import Prepared
from monitors.release import Release
from monitors.segments import Dimension, key_of
from monitors.truth import youngest_ns
from schemas.alerts import Alert
from schemas.readings import Reading
from schemas.signals import BREACH, Signal
from schemas.summaries import Summary

FAMILIES = ("drift", "fault", "anomaly")
ABOUT = ("feature.", "schema.", "output.", "embedding.", "pair.", "anomaly.", "labels.", "errors.")
BROKEN = {
    "missing": ("feature.missing", "schema.vanished"),
    "constant": ("feature.repeated",),
    "unseen": ("feature.unseen",),
    "out_of_range": ("feature.out_of_range",),
}
SCHEMA, LABELLED = "schema.changed", "labels.errors"


@dataclass(frozen=True, slots=True)
class Scene:
    """What the judge knows beside the ledger. `parts` and `dimensions` are empty for a segment: it has none.

    `whole` is the ledger of the whole model, `total` what the pane holds.
    """

    prepared: Prepared | None = None
    parts: dict[str, Part] | None = None
    dimensions: tuple[Dimension, ...] = ()
    release: Release | None = None
    whole: Ledger | None = None
    total: Summary | None = None


def context(
    signal: Signal, alert: Alert, signals: Iterable[Signal], readings: Sequence[Reading], ledger: Ledger, scene: Scene
) -> tuple[dict[str, Any], list[str]]:
    """Facts for the evidence, and what is to be said in the alert's sentence."""
    if alert.family not in FAMILIES or not alert.series.metric.startswith(ABOUT):
        return {}, []
    facts: dict[str, Any] = {}
    spoken = []
    if scene.prepared is not None and scene.parts and not alert.series.segment:
        series = signal.series
        found = worst.worst(
            series.metric, series.feature, signal.expected, scene.prepared, scene.parts, scene.dimensions
        )
        if found:
            facts["segments"] = found
            if series.metric == INPUTS:
                moved, key = {*_features(signal), series.feature}, key_of(found[0]["name"])
                facts["cells"] = cells(moved, key, scene.prepared, scene.parts, scene.dimensions)
            spoken.append(worst.said(found))
    answered_ns = _answered_ns(alert)
    if scene.release is not None and release.near(scene.release, answered_ns):
        facts["release"] = {"version": scene.release.version, "at_ns": scene.release.at_ns}
        of = " the last of these answers" if answered_ns < alert.first_seen_ns else ""
        spoken.append(release.said(scene.release, answered_ns) + of)
    said = verdict.judge(_facts(signal, alert, signals, readings, ledger, scene))
    facts["verdict"] = said.word
    facts["verdict_why"] = {"reasons": list(said.reasons), "shares": said.shares}
    return facts, [text for text in spoken if text]


def _facts(
    signal: Signal, alert: Alert, signals: Iterable[Signal], readings: Sequence[Reading], ledger: Ledger, scene: Scene
) -> verdict.Facts:
    breached = {(s.series.metric, name) for s in signals if s.verdict == BREACH for name in _features(s)}
    standing = {s.alert.series.metric: s.alert for s in ledger.standings.values() if s.alert is not None}
    seen = {metric for metric, _ in breached} | set(standing)
    broken = {name: not seen.isdisjoint(metrics) for name, metrics in BROKEN.items()}
    fresh, schema = scene.release, standing.get(SCHEMA)
    attack = None
    if scene.whole is not None and scene.total is not None:
        attack = suspects.attack(alert.series.metric, signal, scene.whole, scene.total)
    answered_ns = _answered_ns(alert)
    since = fresh is not None and release.near(fresh, answered_ns)
    return verdict.Facts(
        since_release_ns=answered_ns - fresh.at_ns if fresh is not None and since else None,
        version=fresh.version if fresh is not None else "",
        since_schema_ns=None if schema is None else max(0, alert.first_seen_ns - schema.first_seen_ns),
        missing=broken["missing"],
        constant=broken["constant"],
        unseen=broken["unseen"],
        out_of_range=broken["out_of_range"],
        moved=len({feature for metric, feature in breached if metric == INPUTS}),
        watched=len({r.series.feature for r in readings if r.series.metric == INPUTS and r.p is not None}),
        attack=attack,
    )


def _answered_ns(alert: Alert) -> int:
    """When the last of the answers were given that an alert is about; labels come later, and no release explains what
    was answered before it.
    """
    late = youngest_ns(alert.series.feature) if alert.series.metric == LABELLED else 0
    return alert.first_seen_ns - late


def _features(signal: Signal) -> Sequence[str]:
    return signal.evidence.get("features") or [signal.series.feature]
