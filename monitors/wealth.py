"""How sure it is that a principal's queries are not benign: a test that may be looked at after every query.

Each query is a few yes-or-no observations whose benign rate is at most `null`. Against every one stand bets on higher
rates; capital that wins multiplies. A query first pays in what it may spend on false alarms, so the expected capital
never exceeds what was paid in: P(capital ever reaches 1) <= sum of what was spent (Shiryaev-Roberts with Ville's
inequality). Waiting loses nothing but time: a benign past costs at most what it paid in. Capital beyond `MOST` is given
away: it would say no more, and outlive what won it by hundreds of benign queries.

It fails where benign queries break `null`, and is slow where an attack does little more than that.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from schemas.events import Floats, Ints

RISES = (0.1, 0.3, 0.75)  # the bets: how far from the benign rate to certainty
MOST = 1e4  # far beyond what a page costs, and lost again in some twenty benign queries
HOPELESS = 0.7  # where most benign queries look so, an observation says nothing


def odds(null: Floats) -> tuple[Floats, Floats]:
    """What a yes and a no multiply the capital by, shape (..., observations, bets); 1 where the null is hopeless."""
    fair = null[..., None] < HOPELESS
    null = np.where(fair, null[..., None], 0.5)
    bet = null + (1 - null) * np.array(RISES)
    return np.where(fair, bet / null, 1.0), np.where(fair, (1 - bet) / (1 - null), 1.0)


class Wealth:
    """Capital of one principal: `stakes` has one sum per observation and bet; their mean is the capital."""

    def __init__(self, observations: int) -> None:
        self.stakes = np.zeros((observations, len(RISES)))
        self.spent = 0.0

    def play(self, seen: NDArray[np.int8], spend: float, yes: Floats, no: Floats) -> Floats:
        """Queries in order, shape (queries, observations): 1 yes, 0 no, -1 not asked. The capital after each."""
        (capital,) = play([self], seen[None], np.array([len(seen)]), spend, yes, no)
        return np.asarray(capital)

    def p(self, capital: float) -> float:
        """Bound on the chance that benign queries ever brought the capital that high."""
        return min(1.0, self.spent / capital) if capital > 0 else 1.0


def play(
    players: Sequence[Wealth], seen: NDArray[np.int8], queries: Ints, spend: float, yes: Floats, no: Floats
) -> Floats:
    """`Wealth.play` of many, as it is of each alone: `seen` is (players, most queries, observations).

    `queries` is how many each of them has. The capital after each query, (players, most queries); 0 beyond the last.
    """
    stakes = np.stack([player.stakes for player in players])
    capital = np.zeros(seen.shape[:2])
    for i in range(seen.shape[1]):
        said = seen[:, i, :, None]
        after = (stakes + spend) * np.where(said > 0, yes, np.where(said == 0, no, 1.0))
        after /= np.maximum(after.mean(axis=(1, 2), keepdims=True) / MOST, 1.0)
        asks = queries > i
        stakes = np.where(asks[:, None, None], after, stakes)
        capital[asks, i] = stakes.reshape(len(players), -1).mean(axis=1)[asks]
    for player, left, asked in zip(players, stakes, queries.tolist(), strict=True):
        player.stakes = left.copy()
        player.spent += spend * asked
    return capital
