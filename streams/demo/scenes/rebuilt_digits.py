"""A client climbs to the images that the digit reader is surest of, to see what it was trained on."""

from __future__ import annotations

from streams.demo.rebuilding import rebuild
from streams.demo.scene import Scene

QUERIES = 1000

SCENE = Scene(
    name="rebuilt-digits",
    model="cheque-digit-reader",
    start_minute=65.5,
    minutes=4,
    say="mobile-deposit climbs with 1,000 images to what the digit reader is surest of, to see what it learnt; "
    "look at the page of the principal mobile-deposit",
    intruder=lambda model, rng: rebuild(model, rng, QUERIES),
    principal="mobile-deposit",
)
