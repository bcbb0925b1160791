"""A release under the old version number shifts the scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streams.demo.scene import Scene, Traffic

SHIFT = 1.8  # in log-odds


def shifted(traffic: Traffic, rows: NDArray[np.bool_]) -> None:
    """Move the scores up, as a model trained on another share of traps does."""
    p = np.clip(traffic.probabilities[rows, 1], 1e-6, 1 - 1e-6)
    moved = 1 / (1 + np.exp(-(np.log(p / (1 - p)) + SHIFT)))
    traffic.probabilities[rows, 1] = moved
    traffic.probabilities[rows, 0] = 1 - moved


SCENE = Scene(
    name="silent-release",
    model="phishing-sites",
    start_minute=45,
    minutes=20,
    say="phishing-sites was retrained and released under its old version number, and calls more sites phishing; "
    "look at phishing-sites, score and predictions",
    answered=shifted,
    young="a ticket tells of it, and only when it is over, because a week that is not known may differ",
)
