"""Bets that labels are wrong in one of three ways, and the capital they win: a test that may be looked at at any time.

Labels are turned round (`flip`), or set to yes (`up`) or to no (`down`), each in a share of cases beyond what honest
labels may show. Each bet multiplies its capital by the odds of what came. Before every pane the bets are paid anew, in
all 1 a week, so whatever begins when is met by fresh money. Under honest labels the capital is never expected to
exceed what was paid: the chance that it reaches c within a week is at most 1 / c (Ville, Shiryaev-Roberts).

It fails where honest labels are worse than the shares given as honest.
"""

from __future__ import annotations

import numpy as np

from schemas.events import Floats

FLIP, UP, DOWN = 0, 1, 2
WORDS = ("turned round", "set to yes", "set to no")
WAYS = np.array([FLIP, FLIP, UP, UP, DOWN, DOWN])
RISES = np.array([0.3, 0.8, 0.3, 0.8, 0.4, 0.9])  # of the way from the honest share to all
BETS = len(WAYS)
MOST = 1e12  # capital beyond that says no more, and would take long to lose


def odds(low: Floats, high: Floats, true: Floats, honest: Floats) -> Floats:
    """Logarithm of what each label multiplies each bet's capital by, shape (labels, BETS).

    `low`, `high`: bounds of the chance that it is true, by label; `honest`: shares of the three ways, (labels, 3).
    """
    share = honest[:, WAYS]
    more = share + (1 - share) * RISES
    low, high = low[:, None], high[:, None]
    middle = np.where(high < 0.5, high, np.where(low > 0.5, low, 0.5))
    base = np.choose(WAYS, [middle, high, low])
    null, bet = _wrong(base, share), _wrong(base, more)
    null, bet = np.clip(null, 1e-4, 1 - 1e-4), np.clip(bet, 1e-4, 1 - 1e-4)
    return np.where(true[:, None] > 0, np.log(bet / null), np.log((1 - bet) / (1 - null)))


def _wrong(base: Floats, share: Floats) -> Floats:
    """Chance of a yes where that share of the labels is wrong in the bet's way."""
    # More yes than expected, a share below nothing, makes no answer certain.
    down = base - share * np.where(share > 0, base, np.minimum(base, 1 - base))
    return np.choose(WAYS, [base + share * (1 - 2 * base), base + share * (1 - base), down])


def play(stakes: Floats, paid: Floats, log_odds: Floats) -> Floats:
    """Stakes after a pane, shape (series, BETS): what was there and what was paid, times the odds."""
    return np.minimum((stakes + paid[:, None] / BETS) * np.exp(np.clip(log_odds, -500, 500)), MOST)
