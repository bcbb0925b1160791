"""Share of events whose half-space score lies beyond the baseline's 99th percentile.

The exact beta-binomial tail over the calibration scores makes p valid whatever the score's distribution, as long as
events are exchangeable with the baseline's. Names the principals that contribute most.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from monitors.pane import Pane
from monitors.prepared import unusual
from monitors.readings_kit import reference_of, share_reading, top_principals
from monitors.view import View
from schemas.events import ANOMALOUS, Ints
from schemas.readings import Reading
from schemas.summaries import Summary

TOGETHER = True
SPARSE = True


def summarise(view: View) -> dict[str, Ints]:
    """`unusual`: scored, beyond the threshold; nothing where no event was scored."""
    beyond = view.sums((view.flags & ANOMALOUS) != 0)
    return {"unusual": np.hstack([view.sums(~np.isnan(view.anomaly)), beyond])}


def read(pane: Pane) -> Iterable[Reading]:
    """`anomaly.share`."""
    if pane.prepared is None or pane.scored is None or "unusual" not in pane.scored.vectors:
        return
    scored, beyond = (int(x) for x in pane.scored.vectors["unusual"])
    forest = pane.prepared.baseline.forest
    if not scored or forest is None:
        return
    rows, scored_by = len(forest.calibration), pane.scored
    own = reference_of(pane, "unusual", 2)  # a segment's: it may have more unusual events than the model at all times
    before = (unusual(rows), rows) if own is None else (int(own[1]), int(own[0]))
    yield share_reading(pane, "anomaly.share", beyond, scored, before, lambda: _evidence(scored_by))


def _evidence(scored: Summary) -> dict[str, Any]:
    contributors = top_principals(scored, 1)
    return {"contributors": contributors, "principals": _culprits(scored, contributors)}


def _culprits(scored: Summary, contributors: list[dict[str, Any]]) -> list[str]:
    """Principals that sent most of the unusual events, at twice the others' rate or more: a drift is nobody's doing."""
    events = sum(row[0] for row in scored.principals.values())
    unusual_events = sum(row[1] for row in scored.principals.values())
    named = []
    for contributor in contributors:
        sent, beyond, _ = scored.principals[contributor["name"]]
        others = (unusual_events - beyond) / max(1, events - sent)
        if contributor["share"] >= 0.5 and beyond / sent >= 2 * others:
            named.append(contributor["name"])
    return named
