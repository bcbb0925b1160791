"""Readings to questions: which rule asks about which reading, several features together where the rule says so.

A model of 64 features that drifts has one trouble, not 64: a rule with `together` asks once per pane, about the most
significant of the material readings, its p multiplied by the number of features that were tested (Bonferroni). Each is
first divided by what is usual for it, or the one with the strongest rhythm would be asked about every night.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any

from monitors.detectors import remembers
from monitors.ledger import UNREMARKABLE
from monitors.usual import scaled
from schemas.readings import Reading, Series
from schemas.rules import Rule

NAMED = 20  # features listed in the evidence


@dataclass(frozen=True, slots=True)
class Question:
    """One rule about one reading; `about` is what an alert would be about, where that is more than the one series.

    Its p is divided by what is usual (`by`) and would be `p_before` without that. Where `by` is infinite none is known,
    and the answer is "not enough data": quiet would end an alert. Only what is no surprise even undivided is quiet
    then, too, or an alert that outlives its baseline would never end. `strangest` is the smallest p before that of
    what could be told, and `found` that of every feature tested.
    """

    rule: Rule
    reading: Reading
    about: Series | None
    by: float
    p_before: float | None
    strangest: float | None
    found: Mapping[str, float]


Scale = Callable[[Rule, Reading], float]  # what a surprise is divided by


def unscaled(rule: Rule, reading: Reading) -> float:
    """By nothing."""
    return 1.0


def ask(rules: Mapping[str, Sequence[Rule]], readings: Iterable[Reading], scale: Scale = unscaled) -> list[Question]:
    """All questions of a pane; `rules` are by metric. Those asked together stand where their first reading stood."""
    single: list[Question | tuple[str, ...]] = []
    several: dict[tuple[str, ...], tuple[Rule, list[Reading]]] = {}
    for reading in readings:
        for rule in rules.get(reading.series.metric, ()):
            if rule.match and rule.id != reading.series.feature:
                continue  # what another rule looks for
            if not rule.together or remembers(rule.detector):
                single.append(_alone(rule, reading, scale))
                continue
            series = reading.series
            key = rule.id, series.model, series.version, series.metric, series.principal
            if key not in several:
                several[key] = rule, []
                single.append(key)
            several[key][1].append(reading)
    return [each if isinstance(each, Question) else _together(*several[each], scale) for each in single]


def _alone(rule: Rule, reading: Reading, scale: Scale) -> Question:
    p, by = reading.p, scale(rule, reading)
    if p is None:
        return Question(rule, reading, None, by, None, None, {})
    tested = reading.n >= rule.min_n
    found = {reading.series.feature: p} if tested else {}
    divided = _unsurprising(p) if by == inf else scaled(p, by)
    return Question(rule, replace(reading, p=divided), None, by, p, p if tested else None, found)


def _unsurprising(p: float) -> float | None:
    """A p that says the same by whatever it is divided, which makes it larger only; None if it does not."""
    return p if p > UNREMARKABLE else None


def _together(rule: Rule, readings: Sequence[Reading], scale: Scale) -> Question:
    """One question about all features: about the strongest, or the largest one where none has enough data."""
    about = replace(readings[0].series, feature="")
    found = {r.series.feature: (r.p, r) for r in readings if r.p is not None and r.n >= rule.min_n}
    if not found:
        return replace(_alone(rule, max(readings, key=lambda r: r.n), scale), about=about)
    by = {feature: scale(rule, r) for feature, (_, r) in found.items()}
    material = [f for f, (_, r) in found.items() if r.effect is not None and r.effect >= rule.min_effect]
    divided = {feature: scaled(found[feature][0], by[feature]) for feature in material or found}
    ranked = sorted(divided, key=lambda f: (divided[f], -(found[f][1].effect or 0.0), f))
    (before, best), count = found[ranked[0]], len(found)
    strangest = min(1.0, count * min(found[feature][0] for feature in divided))
    p = _unsurprising(strangest) if by[ranked[0]] == inf else min(1.0, count * divided[ranked[0]])

    def evidence() -> dict[str, Any]:
        # Those named beside the strongest would breach alone, at a level that names few by chance.
        also = [feature for feature in ranked[1:NAMED] if material and divided[feature] * count <= 0.01]
        return {**best.evidence(), "features": [ranked[0], *also], "tested_together": count}

    return Question(
        rule,
        replace(best, p=p, evidence=evidence),
        about,
        by[ranked[0]],
        min(1.0, count * before),
        strangest,
        {feature: p for feature, (p, _) in found.items()},
    )
