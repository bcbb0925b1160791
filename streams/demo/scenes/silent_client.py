"""The largest client stops sending."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streams.demo.scene import Scene, Traffic

CLIENT = "mail-gateway-1"


def others(traffic: Traffic) -> NDArray[np.bool_]:
    """What still arrives: everything that the client did not send."""
    return np.array([who != CLIENT for who in traffic.who], dtype=np.bool_)


SCENE = Scene(
    name="silent-client",
    model="phishing-sites",
    start_minute=85,
    minutes=15,
    say=f"{CLIENT}, the busiest client of phishing-sites, went silent; look at phishing-sites, its clients and volume",
    arrives=others,
    principal=CLIENT,
)
