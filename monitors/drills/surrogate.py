"""A surrogate: a model fitted on logged inputs and answers, that answers for the real one in a drill.

Its fidelity is the share of held-out logged answers that it gives too; `balanced` the mean of that share over the
decisions, because one that says "no" to everything is right 95 times of 100 where one case in twenty is a "yes". Below
FAITHFUL, or FAIR, a drill would test something else than the model.
scikit-learn's import costs a quarter of a second, so it is imported when a surrogate is fitted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from schemas.events import Floats

FAITHFUL = 0.9
FAIR = 0.75  # halfway between what always saying the same of two decisions reaches and giving every answer
FEWEST = 300  # records to be fitted on
MOST_WORDS = 64
TREES = 40
HELD_OUT = 4  # every fourth record is held out


class Surrogate:
    """Fit on records with features and predictions. Raises ValueError with fewer than FEWEST, or one answer only.

    `rare` are further, earlier records of decisions that are rare among them: of thirty nobody learns what is declined.
    """

    def __init__(
        self, records: Sequence[Mapping[str, Any]], rare: Sequence[Mapping[str, Any]] = (), seed: int = 1
    ) -> None:
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        usual = [r for r in records if answered(r)]
        usable = [*usual, *(r for r in rare if answered(r))]
        if len(usual) < FEWEST:
            raise ValueError(f"{len(usual)} answers with features are stored; a surrogate needs {FEWEST}")
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
        self.fidelity = float(agreed[: -(-len(usual) // HELD_OUT)].mean())
        self.balanced = float(np.mean([agreed[decisions[held] == d].mean() for d in np.unique(decisions[held])]))
        scores = np.array([r.get("score", np.nan) for r in usable], dtype=np.float64)
        scored = ~np.isnan(scores)
        self.rate = None
        if scored.mean() > 0.5:
            self.rate = RandomForestRegressor(TREES, min_samples_leaf=3, random_state=seed)
            self.rate.fit(x[scored & ~held], scores[scored & ~held])
        self.usual = {key: usual[-1][key] for key in ("latency_ms", "status") if key in usual[-1]}
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

    @property
    def unfaithful(self) -> str:
        """Why no drill may be run with it, "" if one may."""
        if self.fidelity < FAITHFUL:
            return f"the surrogate gives {self.fidelity:.1%} of the logged answers, less than {FAITHFUL:.0%}"
        if self.balanced < FAIR:
            return (
                f"the surrogate gives {self.fidelity:.1%} of the logged answers, and on average over the decisions "
                f"{self.balanced:.1%} of each, less than {FAIR:.0%}: it does not know when the rare ones are taken"
            )
        return ""

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


def answered(record: Mapping[str, Any]) -> bool:
    """Whether a record has features and an answer to them."""
    return bool(record.get("features")) and record.get("prediction") not in (None, "")


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
