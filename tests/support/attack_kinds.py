"""The published attacks, one module each in `attackers`, found by being there; and what one of them asks of a model."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from schemas.events import Floats
from tests.support.attack_models import Target
from tests.support.attackers._kit import BudgetSpent, Kind, Won


@dataclass(frozen=True)
class Asked:
    """What an attacker asked (n, fields) in the model's units, in order, what it was answered, and what it won."""

    rows: Floats
    scores: Floats
    won: list[Won]


@cache
def kinds() -> dict[str, Kind]:
    """Every attack by name, sorted."""
    names = sorted(path.stem for path in (Path(__file__).parent / "attackers").glob("[!_]*.py"))
    found: list[Kind] = [import_module(f"tests.support.attackers.{name}").KIND for name in names]
    return {kind.name: kind for kind in found}


def ask_model(kind: Kind, target: Target, seed: int, budget: int) -> Asked:
    """Let the attacker ask the model until the budget is spent. Equal seeds give equal queries."""
    rng = np.random.default_rng([seed, *kind.name.encode()])
    oracle = _Oracle(target, budget)
    won: list[Won] = []
    # These matrices are small: more threads wait for each other, on a busy machine a hundred times longer.
    with threadpool_limits(1), suppress(BudgetSpent):
        for each in kind.attack(oracle.ask, target.known(rng), rng):
            won.append(each)
    return Asked(np.concatenate(oracle.asked), np.concatenate(oracle.answered), won)


class _Oracle:
    """The model behind its interface: it answers, and remembers."""

    def __init__(self, target: Target, budget: int) -> None:
        self.asked: list[Floats] = []
        self.answered: list[Floats] = []
        self._target = target
        self._left = budget

    def ask(self, rows: Floats) -> Floats:
        """Class probabilities (n, classes) of rows of the unit cube (n, fields). Raises BudgetSpent."""
        requests = self._target.from_unit(rows[: self._left])
        if len(requests):
            self.asked.append(requests)
            self.answered.append(self._target.answer(requests))
        if len(rows) > self._left:
            self._left = 0
            raise BudgetSpent
        self._left -= len(rows)
        return self.answered[-1].copy()
