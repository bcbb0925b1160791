"""A surrogate: a model fitted on logged inputs and answers, that answers for the real one in a drill.

Its fidelity is the share of held-out logged answers that it gives too; `balanced` the mean of that share over the
decisions, which says more where one of them is rare. Below FAITHFUL a drill would test something else than the model.
scikit-learn's import costs a quarter of a second, so it is imported when a surrogate is fitted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from schemas.events import Floats

FAITHFUL = 0.9
FEWEST = 300  # records to be fitted on
MOST_WORDS = 64
TREES = 40
HELD_OUT = 4  # every fourth record is held out


class Surrogate:
    """Fit on records with features and predictions. Raises ValueError with fewer than FEWEST, or one answer only."""

    def __init__(self, records: Sequence[Mapping[str, Any]], seed: int = 1) -> None:
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        usable = [r for r in records if r.get("features") and r.get("prediction", "") != ""]
        if len(usable) < FEWEST:
            raise ValueError(f"{len(usable)} answers with features are stored; a surrogate needs {FEWEST}")
        names = sorted({name for r in usable for name in r["features"]})
        number = {n: all(isinstance(r["features"].get(n, 0.0), (int, float)) for r in usable) for n in names}
        self.names = names
        self.words = {n: _words(usable, n) for n in names if not number[n]}
        x = self._matrix([r["features"] for r in usable])
        decisions = np.array([str(r["prediction"]) for r in usable], dtype=object)
        if len(np.unique(decisions)) < 2:
            raise ValueError("the model gives one answer only; there is no decision to attack")
        held = np.arange(len(usable)) % HELD_OUT == 0
        # Forests, because they take missing values and use one core: a drill runs beside the line.
        self.decide = RandomForestClassifier(TREES, random_state=seed).fit(x[~held], decisions[~held])
        agreed = self.decide.predict(x[held]) == decisions[held]
        self.fidelity = float(agreed.mean())
        self.balanced = float(np.mean([agreed[decisions[held] == d].mean() for d in np.unique(decisions[held])]))
        scores = np.array([r.get("score", np.nan) for r in usable], dtype=np.float64)
        scored = ~np.isnan(scores)
        self.rate = None
        if scored.mean() > 0.5:
            self.rate = RandomForestRegressor(TREES, min_samples_leaf=3, random_state=seed)
            self.rate.fit(x[scored & ~held], scores[scored & ~held])
        self.usual = {key: usable[-1][key] for key in ("latency_ms", "status") if key in usable[-1]}
        self.numbers = _ranked(
            x, [n for n in names if number[n]], names, scores if scored.any() else decisions == decisions[0]
        )

    def answers(self, queries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """prediction, and score where the model gives one, for each set of features."""
        x = self._matrix(queries)
        predictions = self.decide.predict(x)
        scores = None if self.rate is None else np.clip(self.rate.predict(x), 0.0, 1.0)
        return [
            {**self.usual, "prediction": str(p)} | ({} if scores is None else {"score": float(scores[i])})
            for i, p in enumerate(predictions)
        ]

    def _matrix(self, queries: Sequence[Mapping[str, Any]]) -> Floats:
        columns = []
        for name in self.names:
            words = self.words.get(name)
            values = [q.get(name) for q in queries]
            if words is None:
                columns.append([float(v) if isinstance(v, (int, float)) else np.nan for v in values])
            else:
                columns.append([words.get(str(v), np.nan) if v is not None else np.nan for v in values])
        return np.array(columns, dtype=np.float64).T


def _words(records: Sequence[Mapping[str, Any]], name: str) -> dict[str, float]:
    found, counts = np.unique([str(r["features"].get(name, "")) for r in records], return_counts=True)
    common = found[np.argsort(-counts, kind="stable")][:MOST_WORDS]
    return {str(word): float(i) for i, word in enumerate(common)}


def _ranked(x: Floats, numbers: list[str], names: list[str], target: Any) -> list[str]:
    """Numeric features that vary, the one most correlated with the answer first."""
    y = np.asarray(target, dtype=np.float64)
    strength = {}
    for name in numbers:
        column = x[:, names.index(name)]
        known = ~np.isnan(column) & ~np.isnan(y)
        if known.sum() > 2 and column[known].std() > 0 and y[known].std() > 0:
            strength[name] = abs(float(np.corrcoef(column[known], y[known])[0, 1]))
    return sorted(strength, key=lambda name: (-strength[name], name))
