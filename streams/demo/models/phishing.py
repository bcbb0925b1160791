"""`phishing-sites`: is a linked site a trap. Logistic regression on the Phishing data packaged with River."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from river import datasets
from sklearn.linear_model import LogisticRegression

from schemas.events import Floats

TRAINED_ON = 625


class Phishing:
    """Trained on the first half of the sites; the stream draws from the other half, with replacement."""

    name = "phishing-sites"
    version = "2026.09"
    features: tuple[str, ...] = (
        "age_of_domain", "anchor_from_other_domain", "empty_server_form_handler", "https", "ip_in_url",
        "is_popular", "long_url", "popup_window", "request_from_other_domain",
    )  # fmt: skip
    categories: Mapping[str, Sequence[str]] = MappingProxyType({})
    latency_ms = 9.0

    def __init__(self, seed: int) -> None:
        rows = list(datasets.Phishing())
        sites = np.array([[float(x[name]) for name in self.features] for x, _ in rows])
        traps = np.array([bool(y) for _, y in rows])
        self._model = LogisticRegression(C=0.5, random_state=seed).fit(sites[:TRAINED_ON], traps[:TRAINED_ON])
        rest = sites[TRAINED_ON:]
        # Sorted by how suspicious they look, so that a caller's taste can lean to the later or the earlier ones.
        self._sites: Floats = rest[np.argsort(self.answer(rest)[:, 1], kind="stable")]

    def draw(self, rng: np.random.Generator, taste: Floats) -> Floats:
        # Mail carries more harmless links than traps: u ** 1.5 leans to the harmless end.
        where = rng.random(len(taste)) ** (1.5 - 0.2 * taste)
        return self._sites[(where * len(self._sites)).astype(np.int64)]

    def answer(self, features: Floats) -> Floats:
        # A feature that is missing counts as "unknown", the middle of the scale, as the service does it.
        found: Floats = self._model.predict_proba(np.where(np.isnan(features), 0.5, features))
        return found

    def outputs(self, probabilities: Floats) -> list[dict[str, Any]]:
        scores = np.round(probabilities[:, 1], 5).tolist()
        return [{"score": score, "prediction": "phishing" if score >= 0.5 else "legitimate"} for score in scores]
