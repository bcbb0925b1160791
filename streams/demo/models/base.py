"""What the demo asks of a model: draw plausible requests, and answer them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from schemas.events import Floats, Ints


class Model(Protocol):
    """A model and the requests it is made for.

    Features are one matrix (n, len(`features`)). A column named in `categories` holds codes into its list of names;
    NaN is a value that was not given.
    """

    name: str
    version: str
    features: tuple[str, ...]
    categories: Mapping[str, Sequence[str]]
    latency_ms: float

    def draw(self, rng: np.random.Generator, taste: Floats) -> Floats:
        """Requests, one row per caller; `taste` (n,) in [-1, 1] leans each caller's mix a little."""

    def answer(self, features: Floats) -> Floats:
        """Class probabilities (n, classes)."""

    def outputs(self, probabilities: Floats) -> list[dict[str, Any]]:
        """The output fields of the log records: `prediction`, and `score` or `scores`."""


def lean(rng: np.random.Generator, weights: Floats, taste: Floats) -> Ints:
    """One choice per row from `weights`; a taste t moves mass to the later (t > 0) or earlier choices, a little."""
    slope = np.linspace(-0.25, 0.25, len(weights))
    leaned = weights * (1 + taste[:, None] * slope)
    edges = np.cumsum(leaned / leaned.sum(axis=1, keepdims=True), axis=1)
    chosen = (rng.random(len(taste))[:, None] > edges).sum(axis=1)
    found: Ints = np.minimum(chosen, len(weights) - 1).astype(np.int64)
    return found
