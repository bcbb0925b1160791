"""Amounts arrive in riyals where the model was trained on dollars: a feature drifts, its answers follow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streams.demo.scene import Scene, Traffic

RIYALS_PER_DOLLAR = 3.64


def to_riyals(traffic: Traffic, rows: NDArray[np.bool_]) -> None:
    """Write the amounts in the wrong currency."""
    amount = traffic.column("amount")
    amount[rows] = np.round(amount[rows] * RIYALS_PER_DOLLAR, 2)


SCENE = Scene(
    name="currency-shift",
    model="card-payments",
    start_minute=15,
    minutes=15,
    say="the payment switch now sends amounts in riyals instead of dollars; look at card-payments, feature amount",
    asked=to_riyals,
)
