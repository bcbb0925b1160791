"""`cheque-digit-reader`: which digit is on a scanned cheque. Logistic regression on scikit-learn's 8x8 digits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from schemas.events import Floats
from streams.demo.models.base import lean

TRAINED_ON = 900
INK = 16.0


class Cheques:
    """Trained on the first 900 images; the rest are what the scanners send, with scan noise."""

    name = "cheque-digit-reader"
    version = "3"
    features: tuple[str, ...] = tuple(f"pixel_{row}_{column}" for row in range(8) for column in range(8))
    categories: Mapping[str, Sequence[str]] = MappingProxyType({})
    latency_ms = 18.0

    def __init__(self, seed: int) -> None:
        images, digits = load_digits(return_X_y=True)
        self._model = LogisticRegression(C=0.3, max_iter=300, random_state=seed)
        self._model.fit(images[:TRAINED_ON] / INK, digits[:TRAINED_ON])
        self._images: Floats = images[TRAINED_ON:]
        self._by_digit = [np.flatnonzero(digits[TRAINED_ON:] == digit) for digit in range(10)]

    def draw(self, rng: np.random.Generator, taste: Floats) -> Floats:
        # Amounts have more low digits than high ones.
        digits = lean(rng, 1 / np.arange(5.0, 15.0), taste)
        luck = rng.random(len(digits)).tolist()
        choices = [self._by_digit[digit] for digit in digits.tolist()]
        picks = [int(pool[int(u * len(pool))]) for pool, u in zip(choices, luck, strict=True)]
        images = self._images[np.array(picks, dtype=np.int64)]
        noise = rng.integers(-1, 2, images.shape) * (images > 0)
        return np.clip(images + noise, 0, INK)

    def answer(self, features: Floats) -> Floats:
        found: Floats = self._model.predict_proba(np.nan_to_num(features) / INK)
        return found

    def outputs(self, probabilities: Floats) -> list[dict[str, Any]]:
        best = probabilities.argmax(axis=1).tolist()
        rows = np.round(probabilities, 5).tolist()
        return [{"scores": row, "prediction": str(digit)} for row, digit in zip(rows, best, strict=True)]
