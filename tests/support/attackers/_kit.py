"""What attackers are given and what they win. They think in the unit cube: each field's usual range is [0, 1].

An attack is a function `attack(ask, known, rng)`: it asks rows (n, fields) and gets class probabilities (n, classes),
as often as it likes, until `ask` raises `BudgetSpent`; it yields what it has won as it goes. Rows are asked as a
request can carry them: clipped to the cube, whole where the field is whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from schemas.events import Floats, Ints

Ask = Callable[[Floats], Floats]


class BudgetSpent(Exception):
    """The attacker has asked as many queries as it may."""


@dataclass(frozen=True)
class Known:
    """What an attacker knows before the first query."""

    own: Floats  # (n, fields) honest rows of its own, none of them trained on
    step: Floats  # (fields,) distance of two values of a whole field; 0 elsewhere
    suspects: Floats  # (n, fields) other people's rows, of which some were trained on
    labels: Ints  # (n,) what came true for them
    shape: tuple[int, int] | None  # of an image

    @property
    def fields(self) -> int:
        return len(self.step)


@dataclass(frozen=True)
class Moved:
    """A row of one class was walked until the answer was what the attacker wanted."""

    origin: Floats
    first: Floats  # where the walk began
    last: Floats  # where it ended
    wanted: int | None = None  # the class looked for; None: any other than the origin's


@dataclass(frozen=True)
class Copied:
    """A copy of the model: class labels (n,) of rows of the cube (n, fields)."""

    predict: Callable[[Floats], Ints]


@dataclass(frozen=True)
class Guessed:
    """The hidden field of somebody's record."""

    row: Floats
    field: int
    value: float


@dataclass(frozen=True)
class Judged:
    """How firmly the model holds a record's label, which is the sign of a trained record; in [0, 1]."""

    row: Floats
    firmness: float


Won = Moved | Copied | Guessed | Judged
Attack = Callable[[Ask, Known, np.random.Generator], Iterator[Won]]


@dataclass(frozen=True)
class Kind:
    """One published attack. `on` names the models it is meant for."""

    name: str
    family: str
    attack: Attack
    on: tuple[str, ...] = ("cards", "tumours", "digits")


def labels(ask: Ask, rows: Floats) -> Ints:
    """Predicted classes (n,): all that a decision-based attacker sees."""
    found: Ints = ask(rows).argmax(axis=1)
    return found


def other_side(ask: Ask, known: Known, rng: np.random.Generator, label: int) -> Floats | None:
    """A row with another label: noise, and if noise is never misread a row of one's own. None if neither is found."""
    for tries in (rng.random((20, known.fields)), known.own[rng.permutation(len(known.own))[:60]]):
        for row in tries:
            if labels(ask, row[None])[0] != label:
                found: Floats = row
                return found
    return None


def begun(ask: Ask, known: Known, rng: np.random.Generator) -> Iterator[tuple[Floats, int, Floats]]:
    """Each origin that an attack may begin from, with its label and a row with another one."""
    for origin in origins(known, rng):
        label = int(labels(ask, origin[None])[0])
        start = other_side(ask, known, rng, label)
        if start is not None:
            yield origin, label, start


def approach(ask: Ask, origin: Floats, row: Floats, label: int, tolerance: float = 0.01) -> Floats:
    """Binary search on the line to the origin: the row with another label that is nearest to it."""
    near, far = 0.0, 1.0
    while far - near > tolerance:
        middle = (near + far) / 2
        if labels(ask, ((1 - middle) * origin + middle * row)[None])[0] == label:
            near = middle
        else:
            far = middle
    return (1 - far) * origin + far * row


def origins(known: Known, rng: np.random.Generator) -> Iterator[Floats]:
    """One's own rows in random order, for ever."""
    while True:
        yield from known.own[rng.permutation(len(known.own))]


def margin(scores: Floats, label: int) -> Floats:
    """Log probability of the label over that of the best other class (n,): below 0 is misread."""
    logs = np.log(np.maximum(scores, 1e-9))
    mine = logs[:, label].copy()
    logs[:, label] = -np.inf
    found: Floats = mine - logs.max(axis=1)
    return found


def slope(ask: Ask, row: Floats, loss: Callable[[Floats], Floats], rng: np.random.Generator, n: int) -> Floats:
    """Gradient of the loss of the scores by n antithetic Gaussian probes (natural evolution strategies)."""
    width = 0.05
    steps = rng.normal(size=(n // 2, len(row)))
    steps = np.concatenate([steps, -steps])
    found: Floats = loss(ask(np.clip(row + width * steps, 0, 1))) @ steps / (len(steps) * width)
    return found
