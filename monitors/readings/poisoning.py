"""Labels that lie, by who or what they lie about: a source, a range of a feature, a planted trigger.

Read whenever labels arrive, of what `monitors.poisoning` suspects. The value is the share of labels that say yes, the
effect the share that is wrong beyond what is honest, both since the suspicion began. p is the chance that honest labels
ever look so within a week, all sources (ranges, triggers) of the model together, whenever one looks.
"""

from __future__ import annotations

from collections.abc import Iterable

from monitors.pane import Pane
from monitors.poisoning.found import Found
from monitors.view import View
from schemas.events import Ints
from schemas.readings import Reading

OF_LABELS = True
WHOLE = True
METRICS = ("poisoning.source", "poisoning.subgroup", "poisoning.backdoor")


def summarise(view: View) -> dict[str, Ints]:
    """No counts: label rows travel by themselves (`schemas.labelled`)."""
    return {}


def read(pane: Pane) -> Iterable[Reading]:
    """What is suspected, or was until now. A source stands where a principal does."""
    return [_reading(pane, found) for found in pane.labels.found]


def _reading(pane: Pane, found: Found) -> Reading:
    source = found.metric == METRICS[0]
    return pane.reading(
        found.metric,
        found.n,
        found.value,
        feature="" if source else found.name,
        principal=found.name if source else "",
        expected=found.expected,
        p=found.p,
        effect=found.effect,
        evidence=lambda: found.evidence,
    )
