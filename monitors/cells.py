"""Where a drift of features sits, down to feature, segment and bin: the cells that contribute most.

PSI adds up over all three (`monitors.worst`), so a cell's share is of the summed PSI of the features that moved. It
only explains. Nothing where no segment is counted, or fewer than two of them can be compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from monitors.parts import Part
from monitors.prepared import Prepared
from monitors.segments import Dimension
from monitors.worst import COUNTS, FEWEST, TOP, split

INPUTS = "feature.psi"


def cells(
    features: Iterable[str], key: str, prepared: Prepared, parts: Mapping[str, Part], dimensions: tuple[Dimension, ...]
) -> list[dict[str, Any]]:
    """The largest cells of these features by the segments of one key: feature, segment, value (its bin), share."""
    dimension = next((each for each in dimensions if each.key == key), None)
    if dimension is None:
        return []
    found: list[tuple[float, str, str, str]] = []
    total = 0.0
    for feature in sorted(set(features) - {key}):
        taken = split(COUNTS[INPUTS], INPUTS, feature, 0.0, prepared, parts, dimension)
        if taken is None:
            continue
        total += float(taken.parts.sum())
        for row, segment, events in zip(taken.parts.tolist(), taken.segments, taken.events, strict=True):
            if events >= FEWEST:
                found += [(-part, feature, segment, name) for part, name in zip(row, taken.bins) if part > 0]
    if total <= 0:
        return []
    return [
        {
            "feature": feature,
            "segment": segment,
            "value": name,
            "share": -part / total,
            "name": f"{feature} {name}, {segment}",
        }
        for part, feature, segment, name in sorted(found)[:TOP]
    ]
