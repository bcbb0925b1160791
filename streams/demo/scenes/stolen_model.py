"""A client asks for payments that nobody makes, to train a copy of the scorer on the answers."""

from __future__ import annotations

from streams.demo.scene import Scene
from streams.demo.theft import steal

QUERIES = 800

SCENE = Scene(
    name="stolen-model",
    model="card-payments",
    start_minute=30.5,
    minutes=4,
    say="partner-fintech asks card-payments for 800 payments that nobody makes, to copy the scorer; "
    "look at the page of the principal partner-fintech",
    intruder=lambda model, rng: steal(model, rng, QUERIES),
    principal="partner-fintech",
)
