"""Rebuilding what a model has learnt: climbing, probe by probe, to the image that it is surest of for a class.

In the manner of Fredrikson et al. (CCS 2015) with estimated gradients (Wierstra et al., JMLR 2014). It sees only
probabilities, as a client does; it takes the demo's own models and nothing else.
"""

from __future__ import annotations

import numpy as np

from schemas.events import Floats
from streams.demo.models.base import Model

TOP = 16.0  # pixels are 0 to 16
PROBES = 16  # pairs a step
STEPS = 14  # of one class
WIDTH, RATE = 0.8, 2.0  # of probes, and of a step, in grey levels


def rebuild(model: Model, rng: np.random.Generator, budget: int) -> Floats:
    """The queries (budget, pixels), in the order asked: one class after another."""
    asked: list[Floats] = []
    own = model.draw(rng, np.zeros(50)).mean(axis=0)
    classes = model.answer(own[None]).shape[1]
    wanted = 0
    while len(asked) < budget:
        image = np.clip(own + rng.normal(0, 1.5, own.shape), 0, TOP)
        for _ in range(STEPS):
            steps = rng.normal(size=(PROBES, len(image)))
            steps = np.concatenate([steps, -steps])
            probes = np.clip(image + WIDTH * steps, 0, TOP)
            asked.extend(probes)
            sure = np.log(np.maximum(model.answer(probes)[:, wanted % classes], 1e-9))
            climb = (sure - sure.mean()) @ steps
            image = np.clip(image + RATE * climb / max(float(np.abs(climb).max()), 1e-12), 0, TOP)
        asked.append(image)
        wanted += 1
    return np.array(asked[:budget])
