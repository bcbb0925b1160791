"""An upstream table is empty after a failed load: a feature arrives as null."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streams.demo.scene import Scene, Traffic


def lost(traffic: Traffic, rows: NDArray[np.bool_]) -> None:
    """Null the feature in two of three requests; the third cache still has it."""
    traffic.column("days_since_last")[rows & (traffic.ts_ns % 3 != 0)] = np.nan


SCENE = Scene(
    name="lost-feature",
    model="card-payments",
    start_minute=70,
    minutes=15,
    say="the nightly load of card history failed, and two of three payments lack days_since_last; "
    "look at card-payments, missing share of days_since_last",
    asked=lost,
)
