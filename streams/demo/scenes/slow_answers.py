"""Answers take longer and longer: a machine that serves the model runs out of memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streams.demo.scene import Scene, Traffic

GROWTH = 6.0


def slower(traffic: Traffic, rows: NDArray[np.bool_]) -> None:
    """Multiply latency by a factor that differs from call to call, up to `GROWTH`."""
    share = (traffic.ts_ns[rows] // 1000 % 997) / 997
    traffic.latency_ms[rows] *= 2 + (GROWTH - 2) * share


SCENE = Scene(
    name="slow-answers",
    model="card-payments",
    start_minute=100,
    minutes=15,
    say="a serving machine of card-payments swaps, and answers take two to six times as long; "
    "look at card-payments, latency",
    answered=slower,
)
