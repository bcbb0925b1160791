"""Who is accused while something moves: the part of a verdict's facts that speaks for an attack.

What is open about the same model version when the alert is told: alerts of attacks with the share of the pane's events
that their principals sent, alerts of poisoned labels, and the principal that most of the unusual events come from.
Attacks explain what inputs and answers show, poisoned labels what labels show. Nothing is tested and no budget spent.
It does not look at other models or versions, and a drift that is told before its attacker is named keeps the verdict
until its next transition.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from monitors.attacks import METRICS
from monitors.ledger import Ledger
from monitors.readings import poisoning
from monitors.verdict import Attack
from schemas.alerts import Alert
from schemas.signals import Signal
from schemas.summaries import Summary

LABELS = "labels."
UNUSUAL = "anomaly.share"
RANGE = "poisoning.subgroup"
NAMED = 3


def attack(metric: str, signal: Signal, ledger: Ledger, total: Summary) -> Attack | None:
    """What speaks for an attack behind a change of `metric`; `ledger` is the whole model's, `total` the pane's events.

    None where nothing does.
    """
    standing = [each.alert for each in ledger.standings.values() if each.alert is not None]
    if metric.startswith(LABELS):
        lies = [alert for alert in standing if alert.series.metric in poisoning.METRICS]
        ranges = sorted({_about(alert) for alert in lies if alert.series.metric == RANGE})
        sources = sorted({_about(alert) for alert in lies if alert.series.metric != RANGE})
        return Attack(sources=tuple(sources[:NAMED]), ranges=tuple(ranges[:NAMED])) if lies else None
    attacks = [alert for alert in standing if alert.series.metric in METRICS]
    accused = {name for alert in attacks for name in alert.principals}
    sent = sum(total.principals[name][0] for name in accused if name in total.principals)
    who, share = _most([signal.evidence, *(a.evidence for a in standing if a.series.metric == UNUSUAL)])
    if not sent and not who:
        return None
    shapes = [alert.evidence.get("shape", {}) for alert in attacks]
    return Attack(
        families=tuple(sorted({alert.family for alert in attacks})) if sent else (),
        certain=any(alert.opened_ns is not None for alert in attacks),
        sent=sent / max(1, total.n),
        chains=_largest(shapes, ("near", "crowd", "one")),
        boundary=_largest(shapes, ("unsure",)),
        who=who,
        concentration=share,
    )


def _about(alert: Alert) -> str:
    return alert.series.principal or alert.series.feature or alert.series.metric


def _most(evidence: Iterable[dict[str, object]]) -> tuple[str, float]:
    """The principal whose doing it most is, of those that a reading names as such, and its share."""
    for facts in evidence:
        parts, named = facts.get("contributors"), facts.get("principals")
        if isinstance(parts, Sequence) and isinstance(named, Sequence):
            for part in parts:
                if part["name"] in named:
                    return str(part["name"]), float(part["share"])
    return "", 0.0


def _largest(shapes: Iterable[dict[str, float]], names: tuple[str, ...]) -> float:
    return max((float(shape.get(name, 0.0)) for shape in shapes for name in names), default=0.0)
