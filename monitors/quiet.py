"""The summary of a pane in which nobody was heard."""

from __future__ import annotations

import numpy as np

from monitors.readings import latency, outputs
from schemas.summaries import Summary


def silence() -> Summary:
    """The summary of a pane without events: zero in every vector that every event counts in."""
    widths = {"n": 1, "failed": 1, "latency": len(latency.EDGES) + 1, "score": outputs.BINS, "score_sum": 1}
    return Summary({name: np.zeros(width, dtype=np.int64) for name, width in widths.items()}, {}, {}, [])
