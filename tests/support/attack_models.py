"""Real models for attackers to attack, and the requests their honest clients make.

 cards    gradient boosted trees on card payments made up here: 9 fields, three of them categories
 limits   one decision tree on the same payments, so that its paths can be found
 tumours  logistic regression on scikit-learn's breast cancer measurements: 30 numbers
 digits   a small neural network on scikit-learn's 8x8 digits: 64 pixels, ten classes

Honest requests of `tumours` and `digits` are mixtures of two held-out rows of one class: as many as one likes, none
equal to another. A linear or neural model answers in plain numpy, because scikit-learn's checks cost more than that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from schemas.events import Floats, Ints
from tests.support.attackers._kit import Known

Draw = Callable[[np.random.Generator, int], tuple[Floats, Ints]]  # rows and what came true
Answer = Callable[[Floats], Floats]
DECIMALS = 3  # of what a request holds
PAYMENT_FIELDS = (
    "amount", "attempts_today", "card_age_days", "channel", "country", "days_since_last", "distance_km",
    "merchant_category", "same_merchant_before",
)  # fmt: skip
TYPICAL = np.array([25.0, 18, 22, 60, 240, 180, 400, 80])  # median amount per merchant category


@dataclass(frozen=True)
class Target:
    """A model: what it may be asked, what it answers. Rows are (n, fields) in the fields' own units."""

    name: str
    fields: tuple[str, ...]
    low: Floats
    high: Floats
    step: Floats  # of fields that take whole values only; 0 elsewhere
    trained_on: tuple[Floats, Ints]  # rows and what came true
    draw: Draw  # honest requests, none of which it was trained on
    answer: Answer  # (n, classes)
    shape: tuple[int, int] | None = None  # of an image

    def valid(self, rows: Floats) -> Floats:
        """The rows as a request can carry them: whole where they must be, inside the fields' ranges."""
        inside = np.clip(rows, self.low, self.high)
        whole = self.step > 0
        inside[:, whole] = np.round(inside[:, whole] / self.step[whole]) * self.step[whole]
        return np.round(inside, DECIMALS)

    def from_unit(self, rows: Floats) -> Floats:
        """Requests from rows of the unit cube, where attackers think."""
        return self.valid(self.low + rows * (self.high - self.low))

    def to_unit(self, rows: Floats) -> Floats:
        """Where in the unit cube requests lie; beyond it where they exceed the usual ranges."""
        found: Floats = (rows - self.low) / (self.high - self.low)
        return found

    def known(self, rng: np.random.Generator, own: int = 200) -> Known:
        """What an attacker begins with: `own` honest rows, and as many suspects of which half were trained on."""
        honest, _ = self.draw(rng, own)
        rows, came = self.trained_on
        trained = rng.permutation(len(rows))[: own // 2]
        others, others_came = self.draw(rng, own - len(trained))
        order = rng.permutation(own)
        suspects = np.concatenate([rows[trained], others])[order]
        labels = np.concatenate([came[trained], others_came])[order]
        honest, suspects = (np.clip(self.to_unit(self.valid(each)), 0, 1) for each in (honest, suspects))
        return Known(honest, self.step / (self.high - self.low), suspects, labels, self.shape)


@lru_cache
def targets() -> dict[str, Target]:
    """Every model by name; the same every time."""
    with threadpool_limits(1):
        return {target.name: target for target in (_cards(), _limits(), _tumours(), _digits())}


def payments(rng: np.random.Generator, n: int) -> tuple[Floats, Ints]:
    """Card payments (n, 9), categories as codes; and which of them were fraud."""
    merchant = rng.choice(8, n, p=np.array([30, 14, 22, 12, 8, 7, 4, 3]) / 100)
    country = rng.choice(8, n, p=np.array([70, 9, 6, 3, 4, 4, 2, 2]) / 100)
    rows = np.column_stack(
        [
            np.round(TYPICAL[merchant] * rng.lognormal(0.0, 0.6, n), 2),
            1.0 + rng.poisson(0.6, n),
            np.round(rng.gamma(2.0, 400.0, n)),
            rng.choice(4, n, p=[0.45, 0.2, 0.22, 0.13]),
            country,
            np.round(rng.exponential(1.8, n), 2),
            np.round(rng.lognormal(1.2, 0.9, n) * np.where(country > 0, 60.0, 1.0), 1),
            merchant,
            rng.random(n) < 0.55,
        ]
    ).astype(np.float64)
    return rows, _fraud(rng, rows)


def _fraud(rng: np.random.Generator, rows: Floats) -> Ints:
    amount, attempts, age, channel, country, since, _, merchant, same = rows.T
    odds = -1.6 + 0.9 * np.log(amount / 50) + 1.4 * (channel == 2) + 1.1 * (country > 3) + 0.6 * (attempts - 1)
    odds += 0.9 * (merchant >= 6) - 0.7 * same - 0.3 * np.log1p(since) - 0.0004 * age
    found: Ints = (rng.random(len(rows)) < 1 / (1 + np.exp(-odds))).astype(np.int64)
    return found


def payments_target(name: str, seed: int, model: ClassifierMixin) -> Target:
    """The model trained on 6,000 payments."""
    rows, fraud = payments(np.random.default_rng(seed), 6000)
    step = np.array([0.0, 1, 1, 1, 1, 0, 0, 1, 1])
    high = np.quantile(rows, 0.998, axis=0)
    high = np.where(step > 0, np.round(high), high)
    trained = model.fit(rows, fraud)
    return Target(name, PAYMENT_FIELDS, rows.min(axis=0), high, step, (rows, fraud), payments, trained.predict_proba)


def _cards() -> Target:
    return payments_target("cards", 11, GradientBoostingClassifier(n_estimators=50, max_depth=4, random_state=0))


def _limits() -> Target:
    return payments_target("limits", 12, DecisionTreeClassifier(max_leaf_nodes=40, min_samples_leaf=15, random_state=0))


def _tumours() -> Target:
    data = load_breast_cancer()
    x, y = data.data, data.target
    centre, spread = x[::2].mean(axis=0), x[::2].std(axis=0)
    model = LogisticRegression(max_iter=2000).fit((x[::2] - centre) / spread, y[::2])
    weights, bias = model.coef_[0], model.intercept_[0]

    def answer(rows: Floats) -> Floats:
        p = 1 / (1 + np.exp(-(((rows - centre) / spread) @ weights + bias)))
        return np.column_stack([1 - p, p])

    names = tuple(str(name).replace(" ", "_") for name in data.feature_names)
    draw = mixtures(x[1::2], y[1::2])
    return Target("tumours", names, x.min(axis=0), x.max(axis=0), np.zeros(30), (x[::2], y[::2]), draw, answer)


def _digits() -> Target:
    x, y = load_digits(return_X_y=True)
    model = MLPClassifier((32,), solver="lbfgs", alpha=1.0, max_iter=2000, random_state=0).fit(x[::2] / 16, y[::2])
    (hidden, out), (hidden_bias, out_bias) = model.coefs_, model.intercepts_

    def answer(rows: Floats) -> Floats:
        z = np.maximum((rows / 16) @ hidden + hidden_bias, 0) @ out + out_bias
        e = np.exp(z - z.max(axis=1, keepdims=True))
        found: Floats = e / e.sum(axis=1, keepdims=True)
        return found

    names = tuple(f"pixel_{row}_{column}" for row in range(8) for column in range(8))
    zeros = np.zeros(64)
    return Target(
        "digits", names, zeros, zeros + 16.0, zeros, (x[::2], y[::2]), mixtures(x[1::2], y[1::2]), answer, (8, 8)
    )


def mixtures(x: Floats, y: Ints) -> Draw:
    """Draws a row between two of `x` that have one class: distinct, and as ordinary as they are."""
    members = [np.flatnonzero(y == c) for c in np.unique(y)]
    sizes = np.array([len(m) for m in members])
    table = np.stack([np.resize(m, sizes.max()) for m in members])

    def draw(rng: np.random.Generator, n: int) -> tuple[Floats, Ints]:
        c = rng.choice(len(sizes), n, p=sizes / sizes.sum())
        a, b = (table[c, (rng.random(n) * sizes[c]).astype(int)] for _ in range(2))
        share = rng.beta(0.5, 0.5, n)[:, None]
        return np.round(share * x[a] + (1 - share) * x[b], DECIMALS), y[a]

    return draw
