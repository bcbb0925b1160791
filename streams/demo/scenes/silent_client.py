"""The busiest client stops sending."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streams.demo.scene import Scene, Traffic

CLIENT = "pos-acquirer-north"


def others(traffic: Traffic) -> NDArray[np.bool_]:
    """What still arrives: everything that the client did not send."""
    return np.array([who != CLIENT for who in traffic.who], dtype=np.bool_)


SCENE = Scene(
    name="silent-client",
    model="card-payments",
    start_minute=85,
    minutes=15,
    say=f"{CLIENT}, the busiest client of card-payments, went silent; look at card-payments, its clients and volume",
    arrives=others,
    principal=CLIENT,
    young="no alert will tell, because a client that is quiet at night is missed only once a week is known",
)
