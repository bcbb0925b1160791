"""Readings to questions: which rule asks about which reading, several features together where the rule says so.

A model of 64 features that drifts has one trouble, not 64: a rule with `together` asks once per pane, about the most
significant of the material readings, its p multiplied by the number of features that were tested (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from monitors.detectors import remembers
from schemas.readings import Reading, Series
from schemas.rules import Rule

NAMED = 20  # features listed in the evidence


@dataclass(frozen=True, slots=True)
class Question:
    """One rule about one reading; `about` is what an alert would be about, where that is more than the one series."""

    rule: Rule
    reading: Reading
    about: Series | None = None


def ask(rules: Mapping[str, Sequence[Rule]], readings: Iterable[Reading]) -> list[Question]:
    """All questions of a pane; `rules` are by metric. Those asked together stand where their first reading stood."""
    single: list[Question | tuple[str, ...]] = []
    several: dict[tuple[str, ...], tuple[Rule, list[Reading]]] = {}
    for reading in readings:
        for rule in rules.get(reading.series.metric, ()):
            if rule.match and rule.id != reading.series.feature:
                continue  # what another rule looks for
            if not rule.together or remembers(rule.detector):
                single.append(Question(rule, reading))
                continue
            series = reading.series
            key = rule.id, series.model, series.version, series.metric, series.principal
            if key not in several:
                several[key] = rule, []
                single.append(key)
            several[key][1].append(reading)
    return [each if isinstance(each, Question) else _together(*several[each]) for each in single]


def _together(rule: Rule, readings: Sequence[Reading]) -> Question:
    """One question about all features."""
    return Question(rule, _strongest(rule, readings), replace(readings[0].series, feature=""))


def _strongest(rule: Rule, readings: Sequence[Reading]) -> Reading:
    """The reading to ask about; the largest one where none has enough data."""
    tested = [r for r in readings if r.p is not None and r.n >= rule.min_n]
    if not tested:
        return max(readings, key=lambda r: r.n)
    material = [r for r in tested if r.effect is not None and r.effect >= rule.min_effect]
    ranked = sorted(material or tested, key=lambda r: (r.p, -(r.effect or 0.0), r.series.feature))
    best, count = ranked[0], len(tested)

    def evidence() -> dict[str, Any]:
        # Those named beside the strongest would breach alone, at a level that names few by chance.
        also = [r.series.feature for r in ranked[1:NAMED] if material and (r.p or 0.0) * count <= 0.01]
        return {**best.evidence(), "features": [best.series.feature, *also], "tested_together": count}

    return replace(best, p=min(1.0, count * (best.p or 0.0)), evidence=evidence)
