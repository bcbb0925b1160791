"""The attacker's own model: a small neural network on the unit cube whose gradient is known."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from schemas.events import Floats, Ints


class Surrogate:
    """Trained on rows (n, fields) and the labels (n,) that the target gave them."""

    def __init__(self, rows: Floats, found: Ints, seed: int) -> None:
        self.classes = np.unique(found)
        self._model: MLPClassifier | None = None
        if len(self.classes) > 1:
            model = MLPClassifier((24,), solver="lbfgs", alpha=0.01, max_iter=150, random_state=seed)
            with warnings.catch_warnings():
                # An attacker stops when it is good enough.
                warnings.simplefilter("ignore", ConvergenceWarning)
                self._model = model.fit(rows, found)

    def scores(self, rows: Floats) -> Floats:
        """Probabilities (n, len(classes))."""
        if self._model is None:
            return np.ones((len(rows), 1))
        found: Floats = self._model.predict_proba(rows)
        return found

    def predict(self, rows: Floats) -> Ints:
        found: Ints = self.classes[self.scores(rows).argmax(axis=1)]
        return found

    def gradient(self, rows: Floats, of: Ints) -> Floats:
        """Gradient (n, fields) of the logit of class `of` (n,) against the other classes' mean."""
        if self._model is None:
            return np.zeros_like(rows)
        (first, last), bias = self._model.coefs_, self._model.intercepts_[0]
        if last.shape[1] == 1:
            last = np.concatenate([-last, last], axis=1)
        contrast = last - last.mean(axis=1, keepdims=True)
        place = np.searchsorted(self.classes, of).clip(0, len(self.classes) - 1)
        alive = (rows @ first + bias) > 0
        found: Floats = (alive * contrast[:, place].T) @ first.T
        return found
