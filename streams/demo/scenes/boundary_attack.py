"""A client walks along the decision boundary of the digit reader to find a cheque that it misreads."""

from __future__ import annotations

from streams.demo.boundary import boundary_walk
from streams.demo.scene import Scene

QUERIES = 1400

SCENE = Scene(
    name="boundary-attack",
    model="cheque-digit-reader",
    start_minute=35,
    minutes=8,
    say="kiosk-07 asks the digit reader 1,400 nearly equal images to find one that it misreads; "
    "look at cheque-digit-reader, client kiosk-07",
    intruder=lambda model, rng: boundary_walk(model, rng, QUERIES),
    principal="kiosk-07",
)
