"""A decision-based boundary attack in the manner of HopSkipJump (Chen, Jordan and Wainwright, 2020).

It sees only predictions, as a client does. It exists so that the demo's attack is a real one; it takes the demo's own
models and nothing else.
"""

from __future__ import annotations

import numpy as np

from schemas.events import Floats
from streams.demo.models.base import Model

TOP = 16.0  # pixels are 0 to 16
PROBES = 40  # queries per estimate of the boundary's direction


class BudgetSpent(Exception):
    """The walk has asked as many queries as it may."""


class _Oracle:
    """The model behind its interface: it answers, and remembers what it was asked."""

    def __init__(self, model: Model, budget: int) -> None:
        self.asked: list[Floats] = []
        self._model = model
        self._budget = budget

    def predict(self, images: Floats) -> Floats:
        """Predicted classes (n,) of images (n, 64). Raises BudgetSpent once the budget is used up."""
        room = self._budget - len(self.asked)
        self.asked.extend(images[:room])
        if room < len(images):
            raise BudgetSpent
        found: Floats = self._model.answer(images).argmax(axis=1).astype(np.float64)
        return found


def boundary_walk(model: Model, rng: np.random.Generator, budget: int) -> Floats:
    """The queries (budget, 64) of an attacker who follows the model's answers, in the order asked.

    It takes one image after another: find any misread image, walk back to the boundary, estimate its direction from
    random probes, step along it, come closer, repeat.
    """
    oracle = _Oracle(model, budget)
    try:
        while True:
            _attack_one(oracle, np.round(model.draw(rng, np.zeros(1))[0], 2), rng)
    except BudgetSpent:
        return np.array(oracle.asked)


def _attack_one(oracle: _Oracle, image: Floats, rng: np.random.Generator, rounds: int = 12) -> Floats:
    """The nearest misread image that was found."""
    truth = oracle.predict(image[None])[0]
    found = rng.uniform(0, TOP, image.shape)
    while oracle.predict(found[None])[0] == truth:
        found = rng.uniform(0, TOP, image.shape)
    found = _approach(oracle, image, found, truth)
    for step in range(1, rounds + 1):
        direction = _direction(oracle, found, truth, rng)
        length = float(np.linalg.norm(found - image)) / np.sqrt(step)
        while True:
            trial = np.clip(found + length * direction, 0, TOP)
            if oracle.predict(trial[None])[0] != truth:
                break
            length /= 2
            if length < 1e-3:
                trial = found
                break
        found = _approach(oracle, image, trial, truth)
    return found


def _approach(oracle: _Oracle, image: Floats, found: Floats, truth: float) -> Floats:
    """Binary search on the line to the image: the misread point nearest to it."""
    near, far = 0.0, 1.0
    while far - near > 0.01:
        middle = (near + far) / 2
        if oracle.predict(((1 - middle) * image + middle * found)[None])[0] == truth:
            near = middle
        else:
            far = middle
    return (1 - far) * image + far * found


def _direction(oracle: _Oracle, found: Floats, truth: float, rng: np.random.Generator) -> Floats:
    """The direction into the misread side at a boundary point, estimated from the answers to random probes."""
    steps = rng.normal(size=(PROBES, len(found)))
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    misread = oracle.predict(np.clip(found + 0.6 * steps, 0, TOP)) != truth
    sign = np.where(misread, 1.0, -1.0)
    # The mean is taken off to lower the variance of the estimate, unless all probes gave the same answer.
    weight = sign - sign.mean() if 0 < misread.sum() < PROBES else sign
    direction = weight @ steps
    found_direction: Floats = direction / np.linalg.norm(direction)
    return found_direction
