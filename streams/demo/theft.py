"""Stealing a scorer by its answers: requests all over the space that fields allow, then where the copy is unsure.

In the manner of Tramer et al. (USENIX Security 2016), adaptive retraining. It sees what a client sees: its own
requests, and decisions. It exists so that the demo's attack is a real one; it takes the demo's own models and nothing
else.
"""

from __future__ import annotations

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from schemas.events import Floats
from streams.demo.models.base import Model

OWN = 300  # ordinary requests it has seen, to know what fields can hold
ROUND = 100
POOL = 1000


def steal(model: Model, rng: np.random.Generator, budget: int) -> Floats:
    """The queries (budget, features), in the order asked: half anywhere, half where the copy so far is unsure."""
    own = model.draw(rng, np.zeros(OWN))
    asked = _anywhere(model, own, rng, budget // 2)
    answers = _labels(model, asked)
    while len(asked) < budget:
        copy = copied(asked, answers)
        pool = _anywhere(model, own, rng, POOL)
        sure = copy.predict_proba(np.nan_to_num(pool, nan=-1.0)).max(axis=1)
        more = pool[np.argsort(sure, kind="stable")[: min(ROUND, budget - len(asked))]]
        asked = np.concatenate([asked, more])
        answers = np.concatenate([answers, _labels(model, more)])
    return asked


def copied(asked: Floats, answers: Floats) -> DecisionTreeClassifier:
    """The copy that these answers make."""
    tree = DecisionTreeClassifier(max_leaf_nodes=80, min_samples_leaf=2, random_state=0)
    tree.fit(np.nan_to_num(asked, nan=-1.0), answers)
    return tree


def _labels(model: Model, rows: Floats) -> Floats:
    return np.asarray(model.answer(rows).argmax(axis=1), dtype=np.float64)


def _anywhere(model: Model, own: Floats, rng: np.random.Generator, n: int) -> Floats:
    """Each field anywhere between the smallest and the largest value seen; whole where all of them are."""
    low, high = np.nanmin(own, axis=0), np.nanmax(own, axis=0)
    rows = low + rng.random((n, own.shape[1])) * (high - low)
    for place, name in enumerate(model.features):
        if name in model.categories:
            rows[:, place] = rng.integers(len(model.categories[name]), size=n)
        elif (np.nan_to_num(own[:, place]) % 1 == 0).all():
            rows[:, place] = np.round(rows[:, place])
    return np.asarray(rows)
